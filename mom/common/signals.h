/* Signals as something to read: blocked for the calling thread and all that it starts later, and
 * delivered through a descriptor. libc only. */
#ifndef MOM_COMMON_SIGNALS_H
#define MOM_COMMON_SIGNALS_H

#include <stdbool.h>
#include <stddef.h>

/* Blocks them and returns a non-waiting descriptor, or -errno. SIGPIPE is ignored besides: writing
 * to whoever has gone is an error like others. Call before the first thread. */
int signals_open(const int *wanted, size_t count);

/* Takes the next one; false: none waits. */
bool signals_take(int fd, int *ret_signal);

#endif
