#include "slices/act/backend.h"

/* Without a freezer, or room in the journal, killing is repeated until it has outrun the forks.
 * A temporary pids group with pids.max=0 is no help there: moving a process takes longer than
 * killing it, and takes it out of the limit that has held its kin so far (tried at ordinary
 * priority: a bomb kept to 200 processes was not defeated in 10 s). */
static enum action_result reset(struct attempt *attempt)
{
    const struct hierarchy *hierarchy = attempt->actuator->options.hierarchy;
    if (!hierarchy->freezer[0] ||
        cage_make(attempt, JOURNAL_TEMP_FREEZER, hierarchy->freezer, &attempt->cage) < 0)
        return attempt_rounds(attempt, attempt_kill_members, ROUND_RACE_USEC);
    enum action_result result = attempt_rounds(attempt, cage_kill, ROUND_USEC);
    cage_leave(attempt);
    return result;
}

const struct backend backend_v1 = {.name = "v1", .kills = true, .carry_out = reset};
