/* The processes that die by SIGKILL, as they die: names and peak memory of whom the kernel's OOM
 * killer takes. (It takes by SIGKILL; so do others, and the kernel doesn't say which is whose: who
 * reads this has to compare with its count of OOM kills.)
 *
 *   taskstats       tells before the memory is gone: name, peak
 *   proc connector  tells a little later: the pid; the name is looked up
 *
 * Either may be missing; where both are there, a death comes twice. Needs the rights and namespaces
 * of both headers. Evidence and no more: nothing is decided by it.
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

enum death_source { DEATHS_TASKSTATS, DEATHS_PROC_CONNECTOR, DEATH_SOURCES };

struct deaths {
    const struct hierarchy *hierarchy;
    const char *proc_root;
    struct mnl_socket *socket[DEATH_SOURCES]; /* NULL: not to be had */
    int error;     /* negative errno: why one was closed; the reader sets it back to 0 */
    uint64_t lost; /* how often a socket had no room: some deaths are then not heard of */
};

/* Both arguments must outlive it. Returns how many of the sources are there; `error[i]` has words
 * where one is not. */
int deaths_open(const struct hierarchy *hierarchy, const char *proc_root, struct deaths *ret,
    struct mom_error error[static DEATH_SOURCES]);
void deaths_close(struct deaths *deaths);

/* There is a source left. */
bool deaths_are_told(const struct deaths *deaths);

/* Waits until there is something to read, or `stop_fd` is readable: then false. */
bool deaths_wait(const struct deaths *deaths, int stop_fd);

/* The next death, without its time; false: none is left. */
bool deaths_read(struct deaths *deaths, struct death *ret);

#endif
