/* The witness: the thread that hears of processes that are killed (slices/read/deaths.h), at once,
 * while /proc still knows them, and tells the governor's thread. Optional: what the kernel doesn't
 * tell here is done without. */
#ifndef MOM_GOVERNOR_WITNESS_H
#define MOM_GOVERNOR_WITNESS_H

#include "slices/base/error.h"
#include "slices/find/hierarchy.h"
#include "slices/read/death.h"

#include <stdbool.h>
#include <stdint.h>

struct witness;

/* What is not to be had is said in the log. `hierarchy` and `proc_root` must outlive it. */
int witness_open(const struct hierarchy *hierarchy, const char *proc_root, struct witness **ret,
    struct mom_error *error);
void witness_close(struct witness *witness);

/* What has been heard, for the governor's thread; false: nothing new. */
bool witness_next(struct witness *witness, struct death *ret);

/* Something of it is to be had. */
bool witness_hears(const struct witness *witness);

/* How often deaths were missed: the kernel had more to tell than there was room for, or the
 * governor's thread was late. */
uint64_t witness_missed(const struct witness *witness);

#endif
