/* The operators' programs around what is done to slices: which is due, what a reset waits for, and
 * what came of it. The warden runs them; this end asks, never waits, and is told later.
 *
 *   a decision is made       notify
 *   a reset is decided       hook_before; the ladder's and people's resets wait for its end, no
 *                            longer than hook_timeout; then all is looked at again
 *   the guard has ordered    hook_before, at once, beside the reset
 *   its outcome is known     hook_after; and restart, where it is done
 *
 * Of a dry run it is told what would have been run. All on the governor's thread. */
#ifndef MOM_GOVERNOR_HOOKS_H
#define MOM_GOVERNOR_HOOKS_H

#include "mom/common/programs.h"
#include "mom/common/ring.h"
#include "mom/governor/guard.h"
#include "policy/decide/decision.h"

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

struct governor;
struct place;

/* A reset that has programs around it, until its outcome is known. A copy of all that they take:
 * the slice may vanish meanwhile, the policy may be another. */
struct errand {
    uint64_t decision;  /* 0: a free place */
    int64_t until_usec; /* boot time: so long it waits for hook_before; 0: it doesn't */
    enum reason reason;
    struct action action; /* that waits */
    struct slice slice;
    char hook_after[PROGRAM_COMMAND_MAX], restart[PROGRAM_COMMAND_MAX];
    char user[PROGRAM_USER_MAX];
    int64_t timeout_usec;
    char facts[PROGRAM_FACTS_MAX];
};
enum { HOOKS_ERRANDS = 32 };

struct hooks {
    struct ring_writer asks;
    struct ring_reader ends; /* fd -1: not open */
    char ends_path[PATH_MAX], ends_ack[PATH_MAX];
    bool systemd; /* is process 1 */
    struct errand errand[HOOKS_ERRANDS];
    struct errand passing;  /* of what is told and not waited for */
    struct program_ask ask; /* while it is written */
};

int hooks_open(struct hooks *hooks, const char *run_dir, struct mom_error *error);

/* A decision about a slice was made: its notify is run, but for mere records. */
void hooks_notify(struct governor *governor, const struct decision *decision);

/* A reset is about to be handed over. True: it waits for its hook_before, and is handed over from
 * here. */
bool hooks_hold_back(
    struct governor *governor, struct place *place, const struct decision *decision);

/* What the guard has decided: it goes its way without us. */
void hooks_follow(struct governor *governor, const struct place *place, const struct slice *slice,
    const struct guard_order *order, struct stamp now);

/* A reset that waits is not done, for these words. `serial` 0: of all slices. */
void hooks_withdraw(struct governor *governor, uint64_t serial, const char *why, struct stamp now);

/* What came of a reset is known. */
void hooks_outcome(struct governor *governor, const struct outcome *outcome);

/* Takes what came of programs, and goes on with what waited for them, or has waited long enough. */
void hooks_answer(struct governor *governor, struct stamp now);

/* Whether a reset waits: then answers are worth looking for more often. */
bool hooks_wait(const struct hooks *hooks);

#endif
