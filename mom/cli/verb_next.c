/* next: the standing lists of the newest tick, with every term of the score: of the node, and of
 * the other domains that are watched beside it. */
#include "mom/cli/facts.h"
#include "mom/cli/verbs.h"
#include "policy/decide/standing.h"

#include <errno.h>
#include <stdlib.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

static const struct column columns[] = {
    {"within", "Within", ALIGN_LEFT},
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
    {"churn_percent", "Churn", ALIGN_RIGHT},
    {"gives_back_bytes", "Gives back", ALIGN_RIGHT},
};
static const struct section section = {"next", columns, COUNT(columns)};

/* A slice in a list. */
struct entry {
    const struct live_slice *slice;
    const struct live_standing *standing;
};

static void write_entry(
    struct output *output, const struct live_state *state, const struct entry *entry)
{
    const struct live_slice *s = entry->slice;
    const struct live_standing *standing = entry->standing;
    const struct score *score = &standing->score;
    bool spared = standing->restraint != RESTRAINT_NONE && standing->restraint < RESTRAINTS;
    const struct cell cells[] = {
        cell_text(state->domain[standing->domain].name),
        cell_integer(standing->place),
        cell_text(s->slice.key),
        cell_text(s->slice.name),
        cell_text(spared ? restraint_names[standing->restraint] : NULL),
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
        cell_percent(100 * score->churn),
        cell_bytes(standing->gives_back),
    };
    _Static_assert(COUNT(cells) == COUNT(columns), "a cell for each column");
    output_row(output, cells);
}

static int by_place(const void *a, const void *b)
{
    const struct live_standing *x = ((const struct entry *)a)->standing;
    const struct live_standing *y = ((const struct entry *)b)->standing;
    if (x->domain != y->domain)
        return x->domain < y->domain ? -1 : 1;
    return (x->place > y->place) - (x->place < y->place);
}

static bool stands(const struct live_slice *row)
{
    bool stands = false;
    for (int k = 0; k < LIVE_STANDINGS; k++)
        stands |= row->standing[k].place > 0;
    return stands;
}

/* The rows of slices on a list, copied; NULL: no memory. */
static struct live_slice *read_rows(const struct daemon *daemon, uint32_t *ret_count)
{
    struct live_slice *rows = calloc(DOMAINS_MAX * STANDING_MAX, sizeof *rows);
    uint32_t index = 0, count = 0;
    while (rows && count < DOMAINS_MAX * STANDING_MAX && daemon_next(daemon, &index, &rows[count]))
        count += stands(&rows[count]);
    *ret_count = count;
    return rows;
}

int verb_next(struct cli *cli)
{
    struct daemon daemon;
    struct mom_error error = {0};
    if (daemon_open(&daemon, &cli->paths, &error) < 0)
        return cli_failed(&error);
    static struct entry entries[LIVE_STANDINGS * DOMAINS_MAX * STANDING_MAX];
    uint32_t rows_count, count = 0;
    struct live_slice *rows = read_rows(&daemon, &rows_count);
    for (uint32_t i = 0; rows && i < rows_count; i++)
        for (int k = 0; k < LIVE_STANDINGS; k++)
            if (rows[i].standing[k].place > 0 && rows[i].standing[k].domain < DOMAINS_MAX)
                entries[count++] = (struct entry){&rows[i], &rows[i].standing[k]};
    qsort(entries, count, sizeof *entries, by_place);
    output_section(cli->output, &section);
    for (uint32_t i = 0; i < count; i++)
        write_entry(cli->output, &daemon.state, &entries[i]);
    daemon_close(&daemon);
    if (rows) {
        free(rows);
        return CLI_OK;
    }
    (void)error_errno(&error, -ENOMEM, "the slices");
    return cli_failed(&error);
}
