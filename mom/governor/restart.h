/* How a slice that was reset is started again by its runtime (`restart: auto`). Pure. */
#ifndef MOM_GOVERNOR_RESTART_H
#define MOM_GOVERNOR_RESTART_H

#include "slices/base/error.h"
#include "slices/program.h"
#include "slices/slice.h"

#include <stdbool.h>
#include <stdint.h>

struct restart_means {
    bool systemd; /* it is process 1 */
    int64_t timeout_usec;
};

/* The command, a program and its arguments with single blanks between them, none of which can be
 * mistaken for an option: a service of the system's manager by `systemctl restart`; containers of
 * docker and podman by their `restart`, under the id in the group's path, since under the name
 * there may be another by now; those of lxc by lxc-start, by name. (`start` would do nothing where
 * the manager has not yet noticed that all are dead.)
 *
 * podman and lxc make namespaces and mounts, which momd's sandbox forbids: where there is systemd,
 * it runs them for us. -ENOTSUP: nothing is known that would start such a slice; -EINVAL: its name
 * is none that one could trust; with words. */
int restart_command(const struct slice *slice, const struct restart_means *means,
    char command[PROGRAM_COMMAND_MAX], struct mom_error *error);

#endif
