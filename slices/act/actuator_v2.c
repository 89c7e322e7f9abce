#include "slices/act/backend.h"

#include "slices/act/freeze.h"
#include "slices/base/file.h"

#include <unistd.h>

/* The kernel kills the whole subtree at once, and whoever is forked meanwhile. */
static int kill_group(struct attempt *attempt)
{
    return file_write(attempt->group_fd, "cgroup.kill", "1");
}

static enum action_result reset(struct attempt *attempt)
{
    if (faccessat(attempt->group_fd, "cgroup.kill", F_OK, 0) == 0)
        return attempt_rounds(attempt, kill_group, ROUND_USEC);
    /* A group that is frozen needs no freezing, and stays as it is: SIGKILL works in it. */
    if (freeze_is_on(attempt->group_fd) ||
        cage_take_own(attempt, JOURNAL_FROZEN, &attempt->cage) < 0)
        return attempt_rounds(attempt, attempt_kill_members, ROUND_RACE_USEC);
    enum action_result result = attempt_rounds(attempt, cage_kill, ROUND_USEC);
    cage_leave(attempt);
    return result;
}

const struct backend backend_v2 = {.name = "v2", .kills = true, .carry_out = reset};
