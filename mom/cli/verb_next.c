/* next: the standing list of the newest tick, with every term of the score. */
#include "mom/cli/facts.h"
#include "mom/cli/verbs.h"
#include "policy/decide/standing.h"

#include <stdlib.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

static const struct column columns[] = {
    {"place", "", ALIGN_RIGHT},
    {"slice", "Slice", ALIGN_LEFT},
    {"name", "Name", ALIGN_LEFT},
    {"spared", "Spared", ALIGN_LEFT},
    {"mode", "Mode", ALIGN_LEFT},
    {"rank", "Rank", ALIGN_RIGHT},
    {"score", "Score", ALIGN_RIGHT},
    {"leak_weight", "Leak", ALIGN_RIGHT},
    {"resident_bytes", "Resident", ALIGN_RIGHT},
    {"swapped_bytes", "Swapped", ALIGN_RIGHT},
    {"guilt_percent", "Guilt", ALIGN_RIGHT},
    {"share_1min_percent", "1 min", ALIGN_RIGHT},
    {"share_10min_percent", "10 min", ALIGN_RIGHT},
    {"share_90min_percent", "90 min", ALIGN_RIGHT},
    {"gives_back_bytes", "Gives back", ALIGN_RIGHT},
};
static const struct section section = {"next", columns, COUNT(columns)};

static void write_entry(struct output *output, const struct live_slice *s)
{
    const struct score *score = &s->score;
    bool spared = s->restraint != RESTRAINT_NONE && s->restraint < RESTRAINTS;
    const struct cell cells[] = {
        cell_integer(s->place),
        cell_text(s->slice.key),
        cell_text(s->slice.name),
        cell_text(spared ? restraint_names[s->restraint] : NULL),
        cell_text(mode_names[s->mode]),
        cell_integer(s->rank),
        cell_of(score->unit, score->value),
        cell_number(score->weight),
        cell_bytes((uint64_t)score->resident),
        cell_bytes((uint64_t)score->swapped),
        cell_percent(100 * score->guilt),
        cell_percent(100 * score->share[SCORE_MINUTE]),
        cell_percent(100 * score->share[SCORE_TEN_MINUTES]),
        cell_percent(100 * score->share[SCORE_HOUR_AND_A_HALF]),
        cell_bytes(s->gives_back),
    };
    _Static_assert(COUNT(cells) == COUNT(columns), "a cell for each column");
    output_row(output, cells);
}

static int by_place(const void *a, const void *b)
{
    const struct live_slice *x = a, *y = b;
    return (x->place > y->place) - (x->place < y->place);
}

int verb_next(struct cli *cli)
{
    struct daemon daemon;
    struct mom_error error = {0};
    if (daemon_open(&daemon, &cli->paths, &error) < 0)
        return cli_failed(&error);
    struct live_slice entries[STANDING_MAX], slice;
    uint32_t index = 0, count = 0;
    while (daemon_next(&daemon, &index, &slice))
        if (slice.place > 0 && count < STANDING_MAX)
            entries[count++] = slice;
    daemon_close(&daemon);
    qsort(entries, count, sizeof *entries, by_place);
    output_section(cli->output, &section);
    for (uint32_t i = 0; i < count; i++)
        write_entry(cli->output, &entries[i]);
    return CLI_OK;
}
