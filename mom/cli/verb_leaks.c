/* leaks: who, since when, how fast, and how long until it hurts; and who grows and is not judged to
 * leak, and why. */
#include "mom/cli/facts.h"
#include "mom/cli/verbs.h"
#include "mom/report/text.h"

#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

static const struct column columns[] = {
    {"slice", "Slice", ALIGN_LEFT},
    {"name", "Name", ALIGN_LEFT},
    {"leak", "Leak", ALIGN_LEFT},
    {"shape", "Shape", ALIGN_LEFT},
    {"channel", "Channel", ALIGN_LEFT},
    {"since", "Since", ALIGN_LEFT},
    {"rate_bytes_per_hour", "Rate", ALIGN_RIGHT},
    {"rate_p10_bytes_per_hour", "Rate p10", ALIGN_RIGHT},
    {"rate_p90_bytes_per_hour", "Rate p90", ALIGN_RIGHT},
    {"floor_bytes", "Floor", ALIGN_RIGHT},
    {"limit_bytes", "Limit", ALIGN_RIGHT},
    {"time_to_limit_p10_seconds", "Left p10", ALIGN_RIGHT},
    {"time_to_limit_p50_seconds", "Left p50", ALIGN_RIGHT},
    {"time_to_limit_p90_seconds", "Left p90", ALIGN_RIGHT},
    {"weakest_gate", "Weakest gate", ALIGN_LEFT},
    {"weakest_strength", "Strength", ALIGN_RIGHT},
};
static const struct section section = {"leaks", columns, COUNT(columns)};

static void write_live(struct output *output, const struct live_slice *s)
{
    const struct leak_report *leak = &s->leak;
    const struct leak_gate *weakest =
        leak->weakest < leak->gates ? &leak->gate[leak->weakest] : NULL;
    const struct cell cells[] = {
        cell_text(s->slice.key),
        cell_text(s->slice.name),
        facts_verdict(leak_verdict_names[leak->verdict]),
        cell_text(leak_shape_names[leak->shape]),
        cell_text(leak_channel_names[leak->channel]),
        cell_time(s->leak.since_usec),
        cell_rate(leak->rate),
        cell_rate(leak->rate_low),
        cell_rate(leak->rate_high),
        cell_bytes(leak->floor_bytes),
        cell_limit(leak->limit_bytes),
        leak->forecast ? cell_duration(leak->left_p10) : cell_absent(),
        leak->forecast ? cell_duration(leak->left_p50) : cell_absent(),
        leak->forecast ? cell_duration(leak->left_p90) : cell_absent(),
        cell_text(weakest ? weakest->name : NULL),
        weakest ? cell_number(weakest->strength) : cell_absent(),
    };
    _Static_assert(COUNT(cells) == COUNT(columns), "a cell for each column");
    output_row(output, cells);
}

static const struct column growing_columns[] = {
    {"slice", "Slice", ALIGN_LEFT},
    {"name", "Name", ALIGN_LEFT},
    {"channel", "Channel", ALIGN_LEFT},
    {"shape", "Shape", ALIGN_LEFT},
    {"rate_bytes_per_hour", "Rate", ALIGN_RIGHT},
    {"floor_bytes", "Floor", ALIGN_RIGHT},
    {"gate", "Gate", ALIGN_LEFT},
    {"why", "Grows, but", ALIGN_LEFT},
};
static const struct section growing_section = {"growing", growing_columns, COUNT(growing_columns)};

/* The first gate is that of growth: who doesn't pass it does not grow by what matters. Where
 * persistence was asked for, only time is missing; else it was the last gate, or one beside it. */
static const char *barred_by(const struct leak_report *leak)
{
    uint32_t gates = leak->gates < LEAK_GATES_MAX ? leak->gates : LEAK_GATES_MAX;
    const char *last = leak->gate[gates - 1].name;
    for (uint32_t i = 1; i < gates && strcmp(last, "persistence") != 0; i++)
        if (!leak->gate[i].passed)
            return leak->gate[i].name;
    return last;
}

static bool grows_innocently(const struct live_slice *slice)
{
    const struct leak_report *leak = &slice->leak;
    return leak->verdict == LEAK_NONE && leak->gates > 1;
}

static void write_growing(struct output *output, const struct live_slice *s)
{
    const struct leak_report *leak = &s->leak;
    const char *gate = barred_by(leak);
    const struct cell cells[] = {
        cell_text(s->slice.key),
        cell_text(s->slice.name),
        cell_text(leak_channel_names[leak->channel]),
        cell_text(leak_shape_names[leak->shape]),
        leak->since_usec != 0 ? cell_rate(leak->rate) : cell_absent(),
        cell_bytes(leak->floor_bytes),
        cell_text(gate),
        cell_text(report_gate_failed(gate)),
    };
    _Static_assert(COUNT(cells) == COUNT(growing_columns), "a cell for each column");
    output_row(output, cells);
}

static void list_growing(struct output *output, const struct daemon *daemon)
{
    struct live_slice slice;
    uint32_t index = 0;
    bool any = false;
    while (daemon_next(daemon, &index, &slice)) {
        if (!grows_innocently(&slice))
            continue;
        if (!any)
            output_section(output, &growing_section);
        any = true;
        write_growing(output, &slice);
    }
}

static int write_stored(void *context, const struct query_slice *s)
{
    const struct cli *cli = context;
    bool leaks = *s->leak && strcmp(s->leak, leak_verdict_names[LEAK_NONE]) != 0;
    if (!s->alive || !(leaks || cli->option[OPTION_ALL]))
        return 0;
    const struct cell cells[] = {
        cell_text(s->key),
        cell_text(s->name),
        facts_verdict(s->leak),
        cell_text(s->shape),
        cell_text(s->channel),
        cell_time(s->since_unix_usec),
        cell_rate(s->rate),
        cell_absent(),
        cell_absent(),
        cell_absent(),
        cell_limit(s->limit_bytes),
        cell_duration(s->left_p10),
        cell_duration(s->left_p50),
        cell_duration(s->left_p90),
        cell_absent(),
        cell_absent(),
    };
    _Static_assert(COUNT(cells) == COUNT(columns), "a cell for each column");
    output_row(cli->output, cells);
    return 0;
}

static int leaks_stored(struct cli *cli)
{
    struct db *db;
    struct mom_error error = {0};
    if (database_open(&cli->paths, &db, &error) < 0)
        return cli_failed(&error);
    output_section(cli->output, &section);
    int r = query_slices(db, NULL, write_stored, cli, &error);
    db_close(db);
    return r < 0 ? cli_failed(&error) : CLI_OK;
}

int verb_leaks(struct cli *cli)
{
    struct daemon daemon;
    struct mom_error error = {0};
    if (cli->option[OPTION_DISMISS])
        return leaks_dismiss(cli);
    if (cli->option[OPTION_WHY])
        return cli_say(CLI_USAGE, "--why goes with --dismiss");
    if (daemon_open(&daemon, &cli->paths, &error) < 0) {
        (void)cli_say(CLI_NO_DAEMON, "%s; from the database:", error.text);
        return leaks_stored(cli);
    }
    struct live_slice slice;
    uint32_t index = 0;
    output_section(cli->output, &section);
    while (daemon_next(&daemon, &index, &slice))
        if (slice.leak.verdict != LEAK_NONE || cli->option[OPTION_ALL])
            write_live(cli->output, &slice);
    list_growing(cli->output, &daemon);
    daemon_close(&daemon);
    return CLI_OK;
}
