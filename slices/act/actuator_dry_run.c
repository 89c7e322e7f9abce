/* Everything but the last write. Whether that would be allowed is tried as well, so that a dry run
 * on a read-only cgroup mount doesn't promise what can't be kept. */
#include "slices/act/backend.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

static enum action_result rehearse(struct attempt *attempt)
{
    const struct hierarchy *hierarchy = attempt->actuator->options.hierarchy;
    int r = faccessat(attempt->group_fd, "cgroup.procs", W_OK, 0);
    if (r == 0 && hierarchy->version == HIERARCHY_V1 && hierarchy->freezer[0])
        r = faccessat(AT_FDCWD, hierarchy->freezer, W_OK, 0);
    return r == 0 ? RESULT_DRY_RUN : attempt_fail(attempt, -errno, "a reset would not be allowed");
}

const struct backend backend_dry_run = {.name = "dry-run", .carry_out = rehearse};
