/* The ladder of one slice as a table: state x event -> next state and action. LADDER.md is made
 * from it (tests/ladder). */
#ifndef POLICY_DECIDE_LADDER_H
#define POLICY_DECIDE_LADDER_H

#include "slices/action.h"

#include <stdint.h>

enum ladder_state {
    LADDER_CALM,
    LADDER_SUSPECTED, /* recorded, nothing done */
    LADDER_RAISED,    /* it has outgrown its limit, honestly as it seems, and has more for a time */
    LADDER_WARNED,    /* the owner knows (or would, but for the mode) */
    LADDER_THROTTLED, /* its limit is near; it gets no more without delay */
    LADDER_FROZEN,    /* it did nothing but wait for memory, and stands still for a time */
    LADDER_RESETTING, /* asked for, outcome not yet known */
    LADDER_PROBATION, /* was reset; watched, not acted on again until it is over */
    LADDER_STATES
};
extern const char *const ladder_state_names[LADDER_STATES];

enum ladder_event {
    LADDER_QUIET,    /* no leak for a while */
    LADDER_SUSPECT,  /* the verdict is suspected */
    LADDER_STRAINED, /* no confirmed leak; it is kept waiting at its limit, and the node has room */
    LADDER_RELIEVED, /* what it was raised by is to be given back, or it has been frozen for long
                        enough */
    LADDER_THRASHING,  /* it has been kept waiting at its limit for long, and can't be raised */
    LADDER_FREEZE_DUE, /* warned of that long enough ago, and the policy says: freeze; */
    LADDER_RESET_DUE,  /* or reset */
    LADDER_OOM,        /* its tasks wait at its limit for mom, and it can't be raised */
    LADDER_CONFIRM,    /* the verdict is confirmed */
    LADDER_DUE,        /* confirmed, warned long enough ago, time to limit below the horizon */
    LADDER_OVERDUE,    /* and has grown on under the throttle, or there is no time to throttle it */
    LADDER_LET_GO,     /* it is throttled, raised or frozen no more: somebody has it released, or it
                          failed */
    LADDER_ORDERED,    /* the guard or a person has it reset */
    LADDER_RESET_DONE,
    LADDER_RESET_FAILED, /* or no outcome came */
    LADDER_PROBATION_OVER,
    LADDER_EVENTS
};
extern const char *const ladder_event_names[LADDER_EVENTS];

struct ladder_step {
    enum ladder_state next;
    enum action_kind action;
};
extern const struct ladder_step ladder_table[LADDER_STATES][LADDER_EVENTS];

struct ladder {
    enum ladder_state state;
    int64_t since_usec;       /* of this state */
    int64_t warned_usec;      /* last warning, or what counts as one: a try to reset, a throttle let
                                 go, a thaw; 0: none in this incident */
    int64_t alarmed_usec;     /* last alarm in place of a deed; 0: none in this incident */
    int64_t quiet_usec;       /* since when there is no leak; 0: there is one */
    int64_t probation_usec;   /* until when */
    uint32_t strikes;         /* resets so far, over lives, less those that are forgiven */
    int64_t struck_unix_usec; /* when the last was, or was forgiven */
    uint64_t incident;        /* 0: none open */
};

/* Takes the step for `event` and returns its action. Counts strikes; the end of an incident (back
 * to calm) clears what was remembered of it. */
enum action_kind ladder_take(struct ladder *ladder, enum ladder_event event, struct stamp now);

/* The slice was reset at this time, after those that the ladder knows of. */
void ladder_strike(struct ladder *ladder, int64_t unix_usec);

/* The newest resets before this life, oldest first, as the record has them. What is not in the past
 * is passed over. As many as a row of `penalties` may ask for. */
#define LADDER_PAST_MAX 16
struct ladder_past {
    uint32_t strikes; /* LADDER_PAST_MAX at most */
    int64_t unix_usec[LADDER_PAST_MAX];
};
void ladder_remember(struct ladder *ladder, const struct ladder_past *past, int64_t forgive_usec,
    int64_t now_unix_usec);

/* For each `forgive_usec` without a strike one is forgiven; 0: none. By the wall clock, since the
 * record is kept by it over reboots: one that goes back forgives nothing; one that is set ahead
 * forgives what it should not, and the next resets count anew. */
void ladder_forgive(struct ladder *ladder, int64_t forgive_usec, int64_t unix_usec);

#endif
