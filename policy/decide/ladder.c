/* The ladder, read from the table below (an action stands behind the slash; what is not drawn stays
 * where it is and does nothing):
 *
 *              suspect/record           confirm/warn            due/reset, ordered/reset
 *      CALM ------------------> SUSPECTED ---------> WARNED ------------------------> RESETTING
 *        ^ \______ confirm/warn ___________________/ ^ |  ^                             |   |
 *        |          quiet (from SUSPECTED)           | |  |        reset-failed         |   |
 *        +-------------------------------------------|-+  +-----------------------------+   |
 *                   quiet/record: the all-clear      |                                      |
 *                                                    |  probation-over          reset-done  |
 *                                                    +---------------- PROBATION <----------+
 *                                                                     due/alarm: stays
 *
 * ordered/reset leads to RESETTING, and reset-done to PROBATION, from every state. A leaker that
 * was never warned is warned when it would be due, never reset at once. */
#include "policy/decide/ladder.h"

const char *const ladder_state_names[LADDER_STATES] = {
    [LADDER_CALM] = "calm",
    [LADDER_SUSPECTED] = "suspected",
    [LADDER_WARNED] = "warned",
    [LADDER_RESETTING] = "resetting",
    [LADDER_PROBATION] = "probation",
};

#define STEP(state, what)                                                                          \
    {                                                                                              \
        LADDER_##state, ACTION_##what                                                              \
    }

const struct ladder_step ladder_table[LADDER_STATES][LADDER_EVENTS] =
    {
        [LADDER_CALM] =
            {
                [LADDER_QUIET] = STEP(CALM, NONE),
                [LADDER_SUSPECT] = STEP(SUSPECTED, RECORD),
                [LADDER_CONFIRM] = STEP(WARNED, WARN),
                [LADDER_DUE] = STEP(WARNED, WARN),
                [LADDER_ORDERED] = STEP(RESETTING, RESET),
                [LADDER_RESET_DONE] = STEP(PROBATION, NONE),
                [LADDER_RESET_FAILED] = STEP(CALM, NONE),
                [LADDER_PROBATION_OVER] = STEP(CALM, NONE),
            },
        [LADDER_SUSPECTED] =
            {
                [LADDER_QUIET] = STEP(CALM, NONE),
                [LADDER_SUSPECT] = STEP(SUSPECTED, NONE),
                [LADDER_CONFIRM] = STEP(WARNED, WARN),
                [LADDER_DUE] = STEP(WARNED, WARN),
                [LADDER_ORDERED] = STEP(RESETTING, RESET),
                [LADDER_RESET_DONE] = STEP(PROBATION, NONE),
                [LADDER_RESET_FAILED] = STEP(SUSPECTED, NONE),
                [LADDER_PROBATION_OVER] = STEP(SUSPECTED, NONE),
            },
        [LADDER_WARNED] =
            {
                [LADDER_QUIET] = STEP(CALM, RECORD),
                [LADDER_SUSPECT] = STEP(WARNED, NONE),
                [LADDER_CONFIRM] = STEP(WARNED, NONE),
                [LADDER_DUE] = STEP(RESETTING, RESET),
                [LADDER_ORDERED] = STEP(RESETTING, RESET),
                [LADDER_RESET_DONE] = STEP(PROBATION, NONE),
                [LADDER_RESET_FAILED] = STEP(WARNED, NONE),
                [LADDER_PROBATION_OVER] = STEP(WARNED, NONE),
            },
        [LADDER_RESETTING] =
            {
                [LADDER_QUIET] = STEP(RESETTING, NONE),
                [LADDER_SUSPECT] = STEP(RESETTING, NONE),
                [LADDER_CONFIRM] = STEP(RESETTING, NONE),
                [LADDER_DUE] = STEP(RESETTING, NONE),
                [LADDER_ORDERED] = STEP(RESETTING, RESET),
                [LADDER_RESET_DONE] = STEP(PROBATION, NONE),
                [LADDER_RESET_FAILED] = STEP(WARNED, NONE),
                [LADDER_PROBATION_OVER] = STEP(RESETTING, NONE),
            },
        [LADDER_PROBATION] =
            {
                [LADDER_QUIET] = STEP(PROBATION, NONE),
                [LADDER_SUSPECT] = STEP(PROBATION, NONE),
                [LADDER_CONFIRM] = STEP(PROBATION, NONE),
                [LADDER_DUE] = STEP(PROBATION, ALARM),
                [LADDER_ORDERED] = STEP(RESETTING, RESET),
                [LADDER_RESET_DONE] = STEP(PROBATION, NONE),
                [LADDER_RESET_FAILED] = STEP(PROBATION, NONE),
                [LADDER_PROBATION_OVER] = STEP(WARNED, NONE),
            },
};

/* An incident is over, its strikes stay. */
static void calm_down(struct ladder *ladder)
{
    ladder->warned_usec = ladder->alarmed_usec = ladder->probation_usec = 0;
    ladder->incident = 0;
}

enum action_kind ladder_take(struct ladder *ladder, enum ladder_event event, struct stamp now)
{
    const struct ladder_step *step = &ladder_table[ladder->state][event];
    /* The reset's mail is a warning too, and a try that failed is not repeated at once. */
    if (step->action == ACTION_WARN || event == LADDER_RESET_DONE || event == LADDER_RESET_FAILED)
        ladder->warned_usec = now.boot_usec;
    if (event == LADDER_RESET_DONE)
        ladder->strikes++;
    if (step->next != ladder->state) {
        ladder->state = step->next;
        ladder->since_usec = now.boot_usec;
        if (step->next == LADDER_CALM)
            calm_down(ladder);
    }
    return step->action;
}

int64_t ladder_probation_usec(int64_t base_usec, uint32_t strikes)
{
    uint32_t doublings = strikes > 0 ? strikes - 1 : 0;
    return base_usec << (doublings < LADDER_DOUBLINGS_MAX ? doublings : LADDER_DOUBLINGS_MAX);
}
