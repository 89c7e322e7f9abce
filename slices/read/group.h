/* The directory of a group: opened without being led astray, and checked for its identity; and what
 * is charged to it. Opens and closes, but allocates nothing, and waits for no disk. */
#ifndef SLICES_READ_GROUP_H
#define SLICES_READ_GROUP_H

#include "slices/find/hierarchy.h"
#include "slices/slice.h"

#include <errno.h>
#include <stdbool.h>

/* Opens (O_PATH) the directory `path` below `root_fd`, component by component, never through a
 * symbolic link; `path` begins with '/', and "/" is the root itself (with AT_FDCWD: the machine's).
 * -EINVAL for a path with ".", ".." or empty components; -ENOENT, -ENOTDIR, -EMFILE, ... as
 * open(2). */
int group_open(int root_fd, const char *path);

/* 0 when the open directory is that of this life, -ENODEV when it is another's. The boot is not
 * looked at: what is open was opened in this one. */
int group_check(int group_fd, const struct slice_life *life);

/* Whether this result of a call on a group says that it has been removed: its directory isn't found
 * any more, or what was open of it has lost its device. */
static inline bool group_vanished(int r)
{
    return r == -ENOENT || r == -ENODEV;
}

/* Whether the open directory's group has been removed since. */
bool group_is_gone(int group_fd);

/* Memory, and memory and swap, that are charged to it, in bytes; 0 once it is gone. */
uint64_t group_memory(int group_fd, enum hierarchy_version version);
uint64_t group_charged(int group_fd, enum hierarchy_version version);

#endif
