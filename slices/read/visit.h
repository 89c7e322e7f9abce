/* Every process of a group, and every group nested below it. */
#ifndef SLICES_READ_VISIT_H
#define SLICES_READ_VISIT_H

#include "slices/find/hierarchy.h"

#include <stdbool.h>
#include <stdint.h>

/* Calls `visit` for every pid of the group and of the groups nested below it, until it returns
 * non-zero; returns that value, 0, or -errno. Pid 0 (a process of another pid namespace) is passed
 * over. */
int processes_visit(int group_fd, int (*visit)(void *context, int32_t pid), void *context);

/* The same for the group's own directory and all below it; *directory is open for reading, and
 * closed afterwards. */
int groups_visit(int group_fd, int (*visit)(void *context, int directory), void *context);

/* The same for each group right below it, with the name that it has, or has just had. -EAGAIN: one
 * vanished meanwhile, or has another name now; the others were visited. */
int children_visit(
    int group_fd, int (*visit)(void *context, int directory, const char *name), void *context);

/* Whether there is a process in the group itself. */
bool group_has_processes(int group_fd);

/* Whether there is no process in the group and those nested below it; one that has been removed
 * holds none. False while that can't be told. */
bool group_is_empty(enum hierarchy_version version, int group_fd);

#endif
