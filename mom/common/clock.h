/* What time it is, of both clocks at once, for all that is recorded and decided. (Who only waits, or
 * measures how long something takes, asks a clock of his own.) */
#ifndef MOM_COMMON_CLOCK_H
#define MOM_COMMON_CLOCK_H

#include "slices/slice.h"

#include <stdint.h>

#define USEC_PER_SEC 1000000ll

struct stamp clock_now(void);

/* How far the wall clock moved against the boot clock between two stamps, in microseconds: 0 but
 * for noise unless somebody set it. */
int64_t clock_step(struct stamp before, struct stamp after);

/* This boot's id; all zero and -errno where /proc doesn't say. */
int clock_boot_id(const char *proc_root, uint8_t ret[16]);

#endif
