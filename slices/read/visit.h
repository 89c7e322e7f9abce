/* Every process of a group, and every group nested below it. */
#ifndef SLICES_READ_VISIT_H
#define SLICES_READ_VISIT_H

#include <stdint.h>

/* Calls `visit` for every pid of the group and of the groups nested below it, until it returns
 * non-zero; returns that value, 0, or -errno. Pid 0 (a process of another pid namespace) is passed
 * over. */
int processes_visit(int group_fd, int (*visit)(void *context, int32_t pid), void *context);

/* The same for the group's own directory and all below it; *directory is open for reading, and
 * closed afterwards. */
int groups_visit(int group_fd, int (*visit)(void *context, int directory), void *context);

#endif
