#include "slices/act/backend.h"

/* In order of preference. With neither, or no room in the journal, killing is repeated until it
 * has outrun the forks. */
static bool make_cage(struct attempt *attempt)
{
    const struct hierarchy *hierarchy = attempt->actuator->options.hierarchy;
    const struct {
        enum journal_kind kind;
        const char *root;
    } ways[] = {
        {JOURNAL_TEMP_FREEZER, hierarchy->freezer},
        {JOURNAL_TEMP_PIDS, hierarchy->pids},
    };
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++)
        if (ways[i].root[0] && cage_make(attempt, ways[i].kind, ways[i].root) == 0)
            return true;
    return false;
}

static enum action_result reset(struct attempt *attempt)
{
    if (!make_cage(attempt))
        return attempt_rounds(attempt, attempt_kill_members);
    enum action_result result = attempt_rounds(attempt, cage_kill);
    cage_leave(attempt);
    return result;
}

const struct backend backend_v1 = {.name = "v1", .carry_out = reset};
