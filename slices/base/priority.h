/* The calling thread before all others, for as long as it takes: a node in trouble leaves whoever
 * waits for his turn next to nothing. What it starts meanwhile is not raised. */
#ifndef SLICES_BASE_PRIORITY_H
#define SLICES_BASE_PRIORITY_H

#include <sched.h>
#include <stdbool.h>

struct priority {
    int policy;
    struct sched_param param;
};

/* Real time (SCHED_FIFO, the least of it), where that is allowed. False: nothing was changed. */
bool priority_raise(struct priority *ret_before);
void priority_restore(const struct priority *before);

#endif
