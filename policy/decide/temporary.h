/* Something that is done to a slice for a time: asked for, in force once an outcome says so, and
 * released some time, again and again until that is known to be done. Pure. */
#ifndef POLICY_DECIDE_TEMPORARY_H
#define POLICY_DECIDE_TEMPORARY_H

#include <stdbool.h>
#include <stdint.h>

enum temporary_state {
    TEMPORARY_OVER,
    TEMPORARY_ASKED, /* the outcome is not known yet */
    TEMPORARY_ON,
    TEMPORARY_LET_GO,    /* the release is due */
    TEMPORARY_RELEASING, /* its outcome is not known yet, or it was in vain so far */
};

/* Times are boot times. */
struct temporary {
    enum temporary_state state;
    int64_t since_usec;      /* of the state */
    int64_t begun_usec;      /* when it was first asked for */
    int64_t not_before_usec; /* may it be asked for again */
};

/* It is neither in force nor under way, and may be asked for. */
bool temporary_may_begin(const struct temporary *temporary, int64_t now_usec);

void temporary_ask(struct temporary *temporary, int64_t now_usec);

/* For `rest_usec` it is not to be asked for again. */
void temporary_release(struct temporary *temporary, int64_t rest_usec, int64_t now_usec);

/* It is not wanted any more: the release is due. */
void temporary_let_go(struct temporary *temporary);

/* Whether a release is due: it was let go, or the last one failed, was lost or in vain. */
bool temporary_releases(struct temporary *temporary, int64_t now_usec);

/* What came of asking, and of releasing. What failed may have been done in part: a release is due,
 * and it is not asked for again at once. */
void temporary_asked(struct temporary *temporary, bool in_force, int64_t now_usec);
void temporary_released(struct temporary *temporary, bool done, int64_t now_usec);

#endif
