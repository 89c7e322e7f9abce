/* The processes that die by SIGKILL, as they die: names, groups and peak memory of whom the
 * kernel's OOM killer takes. (It takes by SIGKILL; so do others, and netlink doesn't say which is
 * whose: who reads this has to compare with its count of OOM kills.)
 *
 *   kernel log      tells first, and of the OOM killer's choice alone: name and group
 *   taskstats       tells before the memory is gone: name, peak
 *   proc connector  tells a little later: the pid; the name is looked up
 *
 * Each may be missing; a death comes once from each that is there. Needs the rights and namespaces
 * of the three headers. Evidence and no more: nothing is decided by it.
 *
 * Thread: any one; blocks in nothing but deaths_wait. Allocates at deaths_open only. */
#ifndef SLICES_READ_DEATHS_H
#define SLICES_READ_DEATHS_H

#include "slices/base/error.h"
#include "slices/find/hierarchy.h"
#include "slices/read/death.h"

#include <libmnl/libmnl.h>
#include <stdbool.h>
#include <stdint.h>

enum death_source {
    DEATHS_TASKSTATS,
    DEATHS_PROC_CONNECTOR,
    DEATHS_NETLINK, /* those before */
    DEATHS_KERNEL_LOG = DEATHS_NETLINK,
    DEATH_SOURCES
};

struct deaths {
    const struct hierarchy *hierarchy;
    const char *proc_root;
    struct mnl_socket *socket[DEATHS_NETLINK];
    int fd[DEATH_SOURCES]; /* -1: not to be had */
    int error;             /* negative errno: why one was closed; the reader sets it back to 0 */
    uint64_t lost;         /* how often a source had no room: some deaths are then not heard of */
};

/* Both arguments must outlive it. Returns how many of the sources are there; `error[i]` has words
 * where one is not. */
int deaths_open(const struct hierarchy *hierarchy, const char *proc_root, struct deaths *ret,
    struct mom_error error[static DEATH_SOURCES]);
void deaths_close(struct deaths *deaths);

bool deaths_are_told_by(const struct deaths *deaths, enum death_source source);

/* There is a source left. */
bool deaths_are_told(const struct deaths *deaths);

/* Waits until there is something to read, or `stop_fd` is readable: then false. */
bool deaths_wait(const struct deaths *deaths, int stop_fd);

/* The next death, without its time; false: none is left. */
bool deaths_read(struct deaths *deaths, struct death *ret);

#endif
