#include "mom/governor/governor.h"

#include "mom/common/clock.h"
#include "mom/common/log.h"
#include "slices/base/text.h"

#include <stdio.h>
#include <stdlib.h>

static void print_entry(const struct standing_entry *entry)
{
    char key[SLICE_KEY_MAX];
    (void)printf("%-48s %10.1f %6d %10.1f  %s\n", text_show(key, sizeof key, entry->key),
        (double)entry->gives_back / 1048576, entry->rank, entry->score.value / 1048576,
        entry->barred ? restraint_names[entry->restraint] : "");
}

int governor_once(const struct options *options, struct policy *policy)
{
    static struct governor governor;
    struct mom_error error = {0};
    governor_init(&governor, options, policy);
    int r = governor_open_eyes(&governor, &error);
    if (r == 0) {
        governor_look(&governor, clock_now());
        (void)printf(
            "%u slices of cgroup v%d, in the order in which they would go:\n%-48s %10s %6s %10s\n",
            tree_count(governor.tree), governor.hierarchy.version, "KEY", "MIB", "RANK", "SCORE");
        for (uint32_t i = 0; i < governor.standings.of[0].count; i++)
            print_entry(&governor.standings.of[0].entry[i]);
        if (governor.state.folded > 0)
            (void)printf("%u groups fold into their parents\n", governor.state.folded);
        if (governor.state.unreadable > 0)
            (void)printf("%u directories can't be read or watched\n", governor.state.unreadable);
    } else {
        log_error("%s", error.text);
    }
    governor_close_eyes(&governor);
    policy_free(governor.policy);
    return r == 0 ? EXIT_SUCCESS : EXIT_CANT_START;
}
