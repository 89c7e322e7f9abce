/* A slice's limits (limit.h) changed for a time, by way of the journal, and put back. Of each there
 * is one row in the journal, with what it was before mom came. Thread: the actuator's. */
#ifndef SLICES_ACT_LIMITS_H
#define SLICES_ACT_LIMITS_H

#include "slices/act/backend.h"

/* A limit, and where it stands. */
struct limit_place {
    enum limit_kind kind;
    dev_t disk;               /* LIMIT_READ, LIMIT_WRITE */
    int fd;                   /* the group's directory */
    char directory[PATH_MAX]; /* absolute, of a group in another tree than the slice's; else "" */
    struct slice_life life;   /* and its own */
};

/* From `before` to `set`, by way of the journal. 0 or -errno: it is as it was. */
int limits_change(
    struct attempt *attempt, const struct limit_place *place, uint64_t before, uint64_t set);

/* The soft limit lowered to action->bytes, but not below what the slice has: what that is above is
 * pushed out first, piece by piece, as far as that goes in a second (v2). Where the limit is as low
 * already it stays as it is. Then what the slice has of processors and disks (rates.h). Fails with
 * the journal half full: the rest of it is for resets. */
enum action_result limits_throttle(struct attempt *attempt);

/* action->bytes of its memory are pushed out, as far as that goes in a second. RESULT_INCOMPLETE:
 * it was less. Nothing is left to be undone. Fails on v1, and before Linux 5.19. */
enum action_result limits_reclaim(struct attempt *attempt);

/* No limit of its own is below action->bytes any more; on v1 it may swap as much as before. Those
 * above, and those of the groups around it, stay as they are. Fails as limits_throttle. */
enum action_result limits_raise(struct attempt *attempt);

/* Whatever was changed for this life is undone, but for what somebody else has set since (said in
 * outcome->error). RESULT_INCOMPLETE: it holds more than a raised limit was before; nobody is
 * killed for it. */
enum action_result limits_release(struct attempt *attempt);

/* Room above what the slice holds, for as long as its processes tidy up. When they are gone each
 * limit is again what it was, changed by mom or not; with survivors, as soon as they need no more
 * (actuator_tidy). */
struct headroom {
    bool given[LIMITS_OF_MEMORY];
    uint64_t before[LIMITS_OF_MEMORY];
};
void limits_give_headroom(struct attempt *attempt, struct headroom *ret);
void limits_take_headroom(struct attempt *attempt, const struct headroom *headroom);

#endif
