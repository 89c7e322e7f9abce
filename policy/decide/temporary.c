#include "policy/decide/temporary.h"

/* An outcome that does not come may yet have been a success. */
#define OUTCOME_USEC (2 * 60 * 1000000ll)
/* What failed or was in vain is tried again. */
#define AGAIN_USEC (10 * 60 * 1000000ll)

static void enter(struct temporary *temporary, enum temporary_state state, int64_t now_usec)
{
    temporary->state = state;
    temporary->since_usec = now_usec;
}

static void rest(struct temporary *temporary, int64_t until_usec)
{
    if (temporary->not_before_usec < until_usec)
        temporary->not_before_usec = until_usec;
}

bool temporary_may_begin(const struct temporary *temporary, int64_t now_usec)
{
    return temporary->state == TEMPORARY_OVER && now_usec >= temporary->not_before_usec;
}

void temporary_ask(struct temporary *temporary, int64_t now_usec)
{
    if (temporary->state == TEMPORARY_OVER)
        temporary->begun_usec = now_usec;
    enter(temporary, TEMPORARY_ASKED, now_usec);
}

void temporary_release(struct temporary *temporary, int64_t rest_usec, int64_t now_usec)
{
    rest(temporary, now_usec + rest_usec);
    enter(temporary, TEMPORARY_RELEASING, now_usec);
}

void temporary_let_go(struct temporary *temporary)
{
    if (temporary->state == TEMPORARY_ASKED || temporary->state == TEMPORARY_ON)
        temporary->state = TEMPORARY_LET_GO;
}

bool temporary_releases(struct temporary *temporary, int64_t now_usec)
{
    int64_t usec = now_usec - temporary->since_usec;
    if (temporary->state == TEMPORARY_ASKED && usec > OUTCOME_USEC)
        temporary->state = TEMPORARY_ON;
    return temporary->state == TEMPORARY_LET_GO ||
           (temporary->state == TEMPORARY_RELEASING && usec >= AGAIN_USEC);
}

void temporary_asked(struct temporary *temporary, bool in_force, int64_t now_usec)
{
    if (temporary->state != TEMPORARY_ASKED)
        return;
    if (!in_force)
        rest(temporary, now_usec + AGAIN_USEC);
    enter(temporary, in_force ? TEMPORARY_ON : TEMPORARY_LET_GO, now_usec);
}

void temporary_released(struct temporary *temporary, bool done, int64_t now_usec)
{
    if (temporary->state == TEMPORARY_RELEASING && done)
        enter(temporary, TEMPORARY_OVER, now_usec);
}
