/* Can the node still be helped, by mom or by people who log in? As long as it can, the watchdog is
 * petted. A list of vital signs, of which each may fail; pure: times come in.
 *
 * A sign is silent for as long as its beat does not move. Silence is counted in the guard's own
 * looks: when the whole machine stood still (suspend, a debugger), nobody was silent. */
#ifndef POLICY_DECIDE_RECOVERABLE_H
#define POLICY_DECIDE_RECOVERABLE_H

#include "policy/decide/rules.h"
#include "policy/file/policy.h"

#include <stdbool.h>
#include <stdint.h>

/* What is wrong; of several the first. */
enum ailment {
    AILMENT_NONE,
    AILMENT_SAMPLING, /* the governor's thread does not go round */
    AILMENT_DECIDING, /* the guard does not (not found here: it is who would look) */
    AILMENT_ACTING,   /* the hands don't */
    AILMENT_FORK,     /* no process can be started */
    AILMENT_MEMORY,   /* all do nothing but wait for memory, and none comes back */
    AILMENT_DISK,     /* nothing can be written to the database */
    AILMENTS
};
extern const char *const ailment_texts[AILMENTS]; /* "the governor's thread stands still", ... */

/* Whose beats are watched. */
enum vital { VITAL_SAMPLING, VITAL_ACTING, VITAL_FORK, VITAL_DISK, VITALS };

/* The warden starts a governor again whose threads are silent for 60 s and 300 s (mom/warden): that
 * is tried first. What is left then can't be killed, or has no warden any more. */
#define RECOVERABLE_SAMPLING_USEC (90 * 1000000ll)
#define RECOVERABLE_ACTING_USEC   (330 * 1000000ll)

/* Between two looks no more than this counts: twice the longest pause of the guard's that a policy
 * may ask for. */
#define RECOVERABLE_STEP_USEC (20 * 1000000ll)

/* Nothing but waiting: at the rules' own measures (available_below of default.yaml, with PSI and
 * without), and half of the time, which no node bears for long. It is over when it has not been so
 * for RECOVERABLE_RESPITE_USEC: a look at the right moment is no proof. */
#define RECOVERABLE_AVAILABLE       0.10
#define RECOVERABLE_STALLED         0.50
#define RECOVERABLE_AVAILABLE_BLIND 0.03
#define RECOVERABLE_RESPITE_USEC    (10 * 1000000ll)

struct vital_signs {
    int64_t at_usec;           /* boot time of the look */
    int64_t beat_usec[VITALS]; /* boot times; 0: none yet */
    bool waiting;              /* vital_signs_waiting */
};

/* What is remembered from look to look. All zero: nothing is known, and nothing found in order. */
struct recoverable {
    int64_t looked_usec;
    struct pulse {
        int64_t beat_usec, silent_usec;
        bool felt; /* there was one */
    } pulse[VITALS];
    int64_t waiting_usec, respite_usec;
};

/* Whether all do nothing but wait for memory now. */
bool vital_signs_waiting(const struct node_watch *watch, const struct node_sample *node);

/* What is wrong now, as far as the settings want to know. What has never beaten is not in order. */
enum ailment recoverable_look(struct recoverable *recoverable, const struct vital_signs *signs,
    const struct watchdog_settings *settings);

#endif
