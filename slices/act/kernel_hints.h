/* What the kernel's own OOM killer is told of a slice, so that it would choose as mom does if it
 * came first: oom_score_adj of the slice's processes and, on v2, whether they go together
 * (memory.oom.group).
 *
 * Changed is only what nobody else has set: processes whose oom_score_adj is 0, groups whose
 * memory.oom.group is 0. mom's values are odd ones, by which they are known again, and groups that
 * she has changed bear an attribute (user.mom.oom_group): so whoever finds them can put them
 * back. libc only. Thread: the actuator's, or a program's that undoes while no governor lives. */
#ifndef SLICES_ACT_KERNEL_HINTS_H
#define SLICES_ACT_KERNEL_HINTS_H

#include "slices/action.h"

#include <stdbool.h>

/* Tells it of the processes of the group and of those nested below. 0, or the first -errno; what
 * can't be told (no CAP_SYS_RESOURCE: no value below 0) is left. */
int kernel_hints_give(int group_fd, int proc_fd, const struct kernel_hint *hint);

/* Puts everything back in the group and below. */
int kernel_hints_undo(int group_fd, int proc_fd);

#endif
