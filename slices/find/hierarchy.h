/* Which cgroup tree accounts memory on this machine, and where: v2, v1 or a hybrid of both.
 *
 * Found by libcgroup, or, where it finds nothing or a root is given (--cgroup-root), from the
 * tree's own files. Called at the start only: libcgroup allocates. */
#ifndef SLICES_FIND_HIERARCHY_H
#define SLICES_FIND_HIERARCHY_H

#include "slices/base/error.h"

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>

enum hierarchy_version { HIERARCHY_V1 = 1, HIERARCHY_V2 = 2 };

struct hierarchy {
    enum hierarchy_version version; /* of the tree that has the memory controller */
    int root_fd;            /* directory of the memory tree's root, O_PATH; -1 while closed */
    char root[PATH_MAX];    /* "/sys/fs/cgroup" or "/sys/fs/cgroup/memory", no trailing '/' */
    char freezer[PATH_MAX]; /* v1: root of the freezer's tree, "" where there is none */
    char pids[PATH_MAX];    /* v1: root of the pids controller's tree, "" where there is none */
    char cpu[PATH_MAX];     /* v1: root of the processors' tree, "" where there is none */
    char unified[PATH_MAX]; /* v1: root of the memory-less v2 tree of a hybrid host, or "" */
};

/* `cgroup_root` NULL: this machine's, by libcgroup (its chatter goes to the log callback at
 * WARNING). Else a folder that is the v2 root itself, or holds the v1 trees ("memory", "freezer",
 * ...), or is a v1 memory root itself. -ENOENT: no memory controller is mounted there. */
int hierarchy_open(const char *cgroup_root, struct hierarchy *ret, struct mom_error *error);
void hierarchy_close(struct hierarchy *hierarchy);

/* Its root is the machine's, and not that of a container or a cgroup namespace. */
bool hierarchy_is_whole(const struct hierarchy *hierarchy);

/* What a mountinfo file tells (proc(5)); the fall-back where libcgroup finds nothing, public for
 * tests. Fills all but root_fd. -ENOENT: no memory controller among the mounts. */
int hierarchy_find_mounts(const char *mountinfo, struct hierarchy *ret);

/* Reads from PROC_ROOT/PID/cgroup where a process hangs in the memory tree ("/" at least). -ESRCH
 * when it is gone, -ENAMETOOLONG when `path` is too small. */
int hierarchy_group_of(
    const struct hierarchy *hierarchy, const char *proc_root, int pid, char *path, size_t size);

/* The same in v1's freezer tree, and in that of the processors. */
int hierarchy_freezer_of(const char *proc_root, int pid, char *path, size_t size);
int hierarchy_cpu_of(const char *proc_root, int pid, char *path, size_t size);

#endif
