/* What a throttled slice has of processors and disks, held back for a time by way of the journal
 * (limits.h). Thread: the actuator's. */
#ifndef SLICES_ACT_RATES_H
#define SLICES_ACT_RATES_H

#include "slices/act/backend.h"

/* A slice is held back on so many disks at most: each takes two rows of the journal. */
#define RATES_DISKS_MAX 4

/* Lowers them to action->rates; what is as low already stays as it is. v2: cpu.max and io.max of
 * the group, the disks being those that its io.stat names and those that swap lies on. v1: the
 * quota of its group in the processors' tree, where nobody else is in it; disks are not held back.
 * What can't be done is said in outcome->error. */
void rates_throttle(struct attempt *attempt);

#endif
