/* The ladder, read from the table below (the action stands behind the slash):
 *
 *     CALM <-------------------------------+-------------------.
 *       | suspect/record                   | quiet             | quiet/record: the all-clear
 *       v                                  |                   |
 *     SUSPECTED ---------------------------'                   |
 *       | confirm/warn, from CALM too                          |
 *       v                                                      |
 *     WARNED --------------------------------------------------'
 *       | due/reset        ^ reset-failed   ^ probation-over
 *       v                  |                |
 *     RESETTING -----------'                |
 *       | reset-done                        |
 *       v                                   |
 *     PROBATION (due/alarm) ----------------'
 *
 * From every state ordered/reset leads to RESETTING and reset-done to PROBATION. A leaker that was
 * never warned is warned when it would be due, never reset at once. All else stays where it is and
 * does nothing. */
#include "policy/decide/ladder.h"

const char *const ladder_state_names[LADDER_STATES] = {
    [LADDER_CALM] = "calm",
    [LADDER_SUSPECTED] = "suspected",
    [LADDER_WARNED] = "warned",
    [LADDER_RESETTING] = "resetting",
    [LADDER_PROBATION] = "probation",
};

const struct ladder_step ladder_table[LADDER_STATES][LADDER_EVENTS] = {
    [LADDER_CALM][LADDER_QUIET] = {LADDER_CALM, ACTION_NONE},
    [LADDER_CALM][LADDER_SUSPECT] = {LADDER_SUSPECTED, ACTION_RECORD},
    [LADDER_CALM][LADDER_CONFIRM] = {LADDER_WARNED, ACTION_WARN},
    [LADDER_CALM][LADDER_DUE] = {LADDER_WARNED, ACTION_WARN},
    [LADDER_CALM][LADDER_ORDERED] = {LADDER_RESETTING, ACTION_RESET},
    [LADDER_CALM][LADDER_RESET_DONE] = {LADDER_PROBATION, ACTION_NONE},
    [LADDER_CALM][LADDER_RESET_FAILED] = {LADDER_CALM, ACTION_NONE},
    [LADDER_CALM][LADDER_PROBATION_OVER] = {LADDER_CALM, ACTION_NONE},

    [LADDER_SUSPECTED][LADDER_QUIET] = {LADDER_CALM, ACTION_NONE},
    [LADDER_SUSPECTED][LADDER_SUSPECT] = {LADDER_SUSPECTED, ACTION_NONE},
    [LADDER_SUSPECTED][LADDER_CONFIRM] = {LADDER_WARNED, ACTION_WARN},
    [LADDER_SUSPECTED][LADDER_DUE] = {LADDER_WARNED, ACTION_WARN},
    [LADDER_SUSPECTED][LADDER_ORDERED] = {LADDER_RESETTING, ACTION_RESET},
    [LADDER_SUSPECTED][LADDER_RESET_DONE] = {LADDER_PROBATION, ACTION_NONE},
    [LADDER_SUSPECTED][LADDER_RESET_FAILED] = {LADDER_SUSPECTED, ACTION_NONE},
    [LADDER_SUSPECTED][LADDER_PROBATION_OVER] = {LADDER_SUSPECTED, ACTION_NONE},

    [LADDER_WARNED][LADDER_QUIET] = {LADDER_CALM, ACTION_RECORD},
    [LADDER_WARNED][LADDER_SUSPECT] = {LADDER_WARNED, ACTION_NONE},
    [LADDER_WARNED][LADDER_CONFIRM] = {LADDER_WARNED, ACTION_NONE},
    [LADDER_WARNED][LADDER_DUE] = {LADDER_RESETTING, ACTION_RESET},
    [LADDER_WARNED][LADDER_ORDERED] = {LADDER_RESETTING, ACTION_RESET},
    [LADDER_WARNED][LADDER_RESET_DONE] = {LADDER_PROBATION, ACTION_NONE},
    [LADDER_WARNED][LADDER_RESET_FAILED] = {LADDER_WARNED, ACTION_NONE},
    [LADDER_WARNED][LADDER_PROBATION_OVER] = {LADDER_WARNED, ACTION_NONE},

    [LADDER_RESETTING][LADDER_QUIET] = {LADDER_RESETTING, ACTION_NONE},
    [LADDER_RESETTING][LADDER_SUSPECT] = {LADDER_RESETTING, ACTION_NONE},
    [LADDER_RESETTING][LADDER_CONFIRM] = {LADDER_RESETTING, ACTION_NONE},
    [LADDER_RESETTING][LADDER_DUE] = {LADDER_RESETTING, ACTION_NONE},
    [LADDER_RESETTING][LADDER_ORDERED] = {LADDER_RESETTING, ACTION_RESET},
    [LADDER_RESETTING][LADDER_RESET_DONE] = {LADDER_PROBATION, ACTION_NONE},
    [LADDER_RESETTING][LADDER_RESET_FAILED] = {LADDER_WARNED, ACTION_NONE},
    [LADDER_RESETTING][LADDER_PROBATION_OVER] = {LADDER_RESETTING, ACTION_NONE},

    [LADDER_PROBATION][LADDER_QUIET] = {LADDER_PROBATION, ACTION_NONE},
    [LADDER_PROBATION][LADDER_SUSPECT] = {LADDER_PROBATION, ACTION_NONE},
    [LADDER_PROBATION][LADDER_CONFIRM] = {LADDER_PROBATION, ACTION_NONE},
    [LADDER_PROBATION][LADDER_DUE] = {LADDER_PROBATION, ACTION_ALARM},
    [LADDER_PROBATION][LADDER_ORDERED] = {LADDER_RESETTING, ACTION_RESET},
    [LADDER_PROBATION][LADDER_RESET_DONE] = {LADDER_PROBATION, ACTION_NONE},
    [LADDER_PROBATION][LADDER_RESET_FAILED] = {LADDER_PROBATION, ACTION_NONE},
    [LADDER_PROBATION][LADDER_PROBATION_OVER] = {LADDER_WARNED, ACTION_NONE},
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
