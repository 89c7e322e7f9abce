/* A slice's soft limit (soft_limit.h) lowered for a time, by way of the journal, and put back.
 * Never raised. Thread: the actuator's. */
#ifndef SLICES_ACT_THROTTLE_H
#define SLICES_ACT_THROTTLE_H

#include "slices/act/backend.h"

/* Not below what it has already. A slice whose limit is as low already is left as it is. Fails with
 * the journal half full: the rest of it is for resets. */
enum action_result throttle_begin(struct attempt *attempt);

/* Whatever was begun for this life is undone, but for what somebody else has set since. */
enum action_result throttle_end(struct attempt *attempt);

#endif
