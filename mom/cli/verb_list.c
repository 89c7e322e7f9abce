/* list: one line a slice, from the live table, else from the database. */
#include "mom/cli/facts.h"
#include "mom/cli/verbs.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

static const struct column columns[] = {
    {"slice", "Slice", ALIGN_LEFT},
    {"name", "Name", ALIGN_LEFT},
    {"kind", "Kind", ALIGN_LEFT},
    {"footprint_bytes", "Footprint", ALIGN_RIGHT},
    {"rss_bytes", "RSS", ALIGN_RIGHT},
    {"swap_bytes", "Swap", ALIGN_RIGHT},
    {"limit_bytes", "Limit", ALIGN_RIGHT},
    {"growth_bytes_per_hour", "Growth", ALIGN_RIGHT},
    {"leak", "Leak", ALIGN_LEFT},
    {"state", "State", ALIGN_LEFT},
    {"rank", "Rank", ALIGN_RIGHT},
    {"protection", "Protection", ALIGN_LEFT},
};
static const struct section section = {"slices", columns, COUNT(columns)};

static struct cell sample_cell(const struct sample *sample, enum sample_field field)
{
    return cell_field(&sample_fields[field], sample_has(sample, field), sample->value[field]);
}

static void write_live(struct output *output, const struct live_slice *s)
{
    uint64_t rss, footprint;
    const struct cell cells[] = {
        cell_text(s->slice.key),
        cell_text(s->slice.name),
        cell_text(slice_kind_names[s->slice.kind]),
        sample_footprint(&s->sample, &footprint) ? cell_bytes(footprint) : cell_absent(),
        sample_rss(&s->sample, &rss) ? cell_bytes(rss) : cell_absent(),
        sample_cell(&s->sample, SAMPLE_SWAP),
        sample_cell(&s->sample, SAMPLE_LIMIT_MAX),
        cell_rate(s->growth),
        facts_verdict(leak_verdict_names[s->leak.verdict]),
        cell_text(ladder_state_names[s->ladder]),
        cell_integer(s->rank),
        facts_protection(s),
    };
    _Static_assert(COUNT(cells) == COUNT(columns), "a cell for each column");
    output_row(output, cells);
}

static int write_stored(void *context, const struct query_slice *s)
{
    if (!s->alive)
        return 0;
    const struct cell cells[] = {
        cell_text(s->key),
        cell_text(s->name),
        cell_text(s->kind),
        cell_bytes(s->footprint_bytes),
        cell_absent(),
        cell_absent(),
        cell_limit(s->limit_bytes),
        cell_rate(s->rate),
        facts_verdict(s->leak),
        cell_absent(),
        cell_absent(),
        cell_absent(),
    };
    _Static_assert(COUNT(cells) == COUNT(columns), "a cell for each column");
    output_row(context, cells);
    return 0;
}

static int list_stored(struct cli *cli, const char *glob)
{
    struct db *db;
    struct mom_error error = {0};
    if (database_open(&cli->paths, &db, &error) < 0)
        return cli_failed(&error);
    output_section(cli->output, &section);
    int r = query_slices(db, glob, write_stored, cli->output, &error);
    db_close(db);
    return r < 0 ? cli_failed(&error) : CLI_OK;
}

int verb_list(struct cli *cli)
{
    const char *glob = cli->operands ? cli->operand[0] : NULL;
    struct daemon daemon;
    struct mom_error error = {0};
    if (daemon_open(&daemon, &cli->paths, &error) < 0) {
        (void)cli_say(CLI_NO_DAEMON, "%s; from the database:", error.text);
        return list_stored(cli, glob);
    }
    struct live_slice slice;
    uint32_t index = 0;
    output_section(cli->output, &section);
    while (daemon_next(&daemon, &index, &slice))
        if (!glob || subject_fit(glob, slice.slice.key, slice.slice.name, slice.slice.path))
            write_live(cli->output, &slice);
    daemon_close(&daemon);
    return CLI_OK;
}
