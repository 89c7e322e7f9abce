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
    int64_t since_usec;     /* of this state */
    int64_t warned_usec;    /* last warning, or what counts as one: a try to reset, a throttle let
                               go, a thaw; 0: none in this incident */
    int64_t alarmed_usec;   /* last alarm in place of a deed; 0: none in this incident */
    int64_t quiet_usec;     /* since when there is no leak; 0: there is one */
    int64_t probation_usec; /* until when */
    uint32_t strikes;       /* resets so far, over lives */
    uint64_t incident;      /* 0: none open */
};

/* Takes the step for `event` and returns its action. Counts strikes; the end of an incident (back
 * to calm) clears what was remembered of it. */
enum action_kind ladder_take(struct ladder *ladder, enum ladder_event event, struct stamp now);

/* How long a slice with so many strikes (at least 1) is on probation: `base_usec`, doubled with
 * each further strike, LADDER_DOUBLINGS_MAX times at most (2 minutes become half an hour, not a
 * year). */
#define LADDER_DOUBLINGS_MAX 4
int64_t ladder_probation_usec(int64_t base_usec, uint32_t strikes);

#endif
