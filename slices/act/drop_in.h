/* systemd puts the limits of its units back at each daemon-reload to what its files say. So what is
 * changed for a time stands in a file of its own below /run/systemd/system as long as it lasts: a
 * drop-in of the unit, of which systemd learns at that very reload. On v2 alone: what systemd does
 * with limits of v1 differs from version to version. libc only. Thread: any, but for each unit one
 * at a time. */
#ifndef SLICES_ACT_DROP_IN_H
#define SLICES_ACT_DROP_IN_H

#include "slices/act/limit.h"

#include <stdbool.h>
#include <stdint.h>

/* Whether the group is a unit of this machine's systemd: one below anything but slices is somebody
 * else's (a user's, a container's), whatever its name. `path`: below the root of the tree. */
bool drop_in_applies(const char *path);

/* Of the unit that the last component of the path names. `period_usec`: of LIMIT_CPU (limit.h). 0
 * or -errno; removing what isn't there: 0. */
int drop_in_write(
    const char *path, enum limit_kind kind, dev_t disk, uint64_t value, uint64_t period_usec);
int drop_in_remove(const char *path, enum limit_kind kind, dev_t disk);

/* Stands in the run dir after one was removed, until somebody has told systemd to reload: it may
 * have read the drop-in while that was there. */
#define DROP_IN_RELOAD_FILE "reload-due"
void drop_in_note_reload(const char *file);

#endif
