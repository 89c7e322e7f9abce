/* Beside the ladder: limits that were changed go back, and who was reset often is throttled when it
 * begins anew. Pure. Inner header of decide_slice. */
#ifndef POLICY_DECIDE_BESIDE_H
#define POLICY_DECIDE_BESIDE_H

#include "policy/decide/describe.h"

/* For so long it is on probation, by its strikes. */
int64_t probation_usec(const struct watch *watch);

/* Neither protected nor held, and the policy enforces: its limits may be changed. */
bool may_change(const struct watch *watch, const struct slice *slice);

/* What was reset often is throttled for a while from its birth on; and what is throttled is
 * released some time. True: *ret is decided. */
bool decide_throttle(struct watch *watch, const struct slice *slice, const struct outlook *outlook,
    struct decision *ret);

/* A release undoes all that was done for a time: the raise, which then is not to be asked for again
 * for `rest_usec`, the freeze, and what was ordered. */
void note_release(struct watch *watch, int64_t rest_usec, int64_t now_usec);

/* What a person has ordered is released when its time is up, or it is let go. */
bool decide_order_over(struct watch *watch, const struct slice *slice,
    const struct outlook *outlook, struct decision *ret);

/* A raise or a freeze that the ladder has left behind, or the release of which failed, is released.
 */
bool decide_left_behind(struct watch *watch, const struct slice *slice,
    const struct outlook *outlook, struct decision *ret);

#endif
