/* replay: a recorded time decided again; or the leak detector alone over a table of samples. */
#include "mom/cli/facts.h"
#include "mom/cli/replay_csv.h"
#include "mom/cli/replay_record.h"
#include "mom/cli/verbs.h"
#include "slices/base/text.h"

#include <errno.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))
/* Rows of samples are kept for two days, unless the policy says otherwise. */
#define LEAD_USEC (2 * 86400 * 1000000ll)

static const enum replay_format formats[OUTPUT_FORMATS] = {
    [OUTPUT_TABLE] = REPLAY_TABLE,
    [OUTPUT_JSON] = REPLAY_JSON,
    [OUTPUT_JSONL] = REPLAY_JSONL,
    [OUTPUT_CSV] = REPLAY_CSV,
};

static int replay_table_of_samples(struct cli *cli, const char *name)
{
    struct mom_error error = {0};
    bool standard = strcmp(name, "-") == 0;
    FILE *in = standard ? stdin : fopen(name, "re");
    if (!in) {
        (void)error_errno(&error, -errno, "%s", name);
        return cli_failed(&error);
    }
    enum output_format format = output_settings(cli->output)->format;
    int r =
        replay_csv(in, standard ? "standard input" : name, formats[format], stdout, stderr, &error);
    if (!standard)
        (void)fclose(in);
    return r < 0 ? cli_failed(&error) : CLI_OK;
}

static struct cell action_cell(enum action_kind action)
{
    return action == ACTION_NONE ? cell_absent() : cell_text(action_kind_names[action]);
}

static void write_incidents(struct output *output, const struct replay_result *result)
{
    static const struct column columns[] = {
        {"time", "Incident", ALIGN_LEFT},
        {"slice", "Slice", ALIGN_LEFT},
        {"recorded", "Recorded", ALIGN_LEFT},
        {"recorded_time", "At", ALIGN_LEFT},
        {"replayed", "Replayed", ALIGN_LEFT},
        {"replayed_time", "At", ALIGN_LEFT},
        {"differing", "Differing", ALIGN_RIGHT},
    };
    static const struct section section = {"incidents", columns, COUNT(columns)};
    output_section(output, &section);
    for (uint32_t i = 0; i < result->incident_count; i++) {
        const struct replayed_incident *incident = &result->incidents[i];
        if (incident->recorded == ACTION_NONE && incident->replayed == ACTION_NONE)
            continue; /* before the time that was asked for */
        const struct cell cells[] = {
            cell_time(incident->unix_usec),
            cell_text(incident->key),
            action_cell(incident->recorded),
            cell_time(incident->recorded_usec),
            action_cell(incident->replayed),
            cell_time(incident->replayed_usec),
            cell_toned(
                cell_count(incident->differing), incident->differing ? TONE_WARNING : TONE_PLAIN),
        };
        _Static_assert(COUNT(cells) == COUNT(columns), "a cell for each column");
        output_row(output, cells);
    }
}

static void write_differences(struct output *output, const struct replay_result *result)
{
    static const struct column columns[] = {
        {"time", "Differs", ALIGN_LEFT},
        {"where", "Where", ALIGN_LEFT},
        {"id", "Id", ALIGN_LEFT},
        {"slice", "Slice", ALIGN_LEFT},
        {"action", "Action", ALIGN_LEFT},
        {"reason", "Reason", ALIGN_LEFT},
        {"rule", "Rule", ALIGN_LEFT},
        {"restraint", "Restraint", ALIGN_LEFT},
    };
    static const struct section section = {"differences", columns, COUNT(columns)};
    output_section(output, &section);
    for (uint32_t i = 0; i < result->count; i++) {
        const struct replayed *one = &result->decisions[i];
        const struct decision *decision = &one->decision;
        if (one->recorded && one->replayed)
            continue;
        const struct cell cells[] = {
            cell_time(one->unix_usec),
            cell_text(one->recorded ? "record" : "replay"),
            cell_text(one->id),
            cell_text(decision->key),
            cell_text(action_kind_names[decision->action]),
            cell_text(reason_names[decision->reason]),
            cell_text(decision->rule),
            cell_text(decision->restraint ? restraint_names[decision->restraint] : ""),
        };
        _Static_assert(COUNT(cells) == COUNT(columns), "a cell for each column");
        output_row(output, cells);
    }
}

static void write_result(struct output *output, const struct replay_result *result)
{
    const struct field fields[] = {
        {"ticks", "Ticks", cell_count(result->ticks)},
        {"samples", "Samples", cell_count(result->samples)},
        {"looks", "Looks of the guard", cell_count(result->looks)},
        {"recorded", "Decisions recorded", cell_count(result->recorded)},
        {"replayed", "Decisions replayed", cell_count(result->replayed)},
        {"same", "The same", cell_count(result->same)},
        {"other_evidence", "By other numbers", cell_count(result->other_evidence)},
    };
    write_incidents(output, result);
    write_differences(output, result);
    output_record(output, "replay", fields, COUNT(fields));
}

static void say_problem(void *context, const char *text)
{
    (void)context;
    (void)cli_say(CLI_BAD_CONFIG, "%s", text);
}

static int replay_database(struct cli *cli, const struct policy *policy)
{
    int64_t since, until;
    struct db *db;
    struct replay_result result;
    struct mom_error error = {0};
    const char *file = cli->option[OPTION_DB];
    int code = cli_period(cli, &since, &until);
    if (code != CLI_OK)
        return code;
    int r = file ? db_open(file, DB_READ, &db, &error) : database_open(&cli->paths, &db, &error);
    if (r < 0)
        return cli_failed(&error);
    r = replay_record(db, since, until, LEAD_USEC, policy, &result, &error);
    db_close(db);
    if (r < 0)
        return cli_failed(&error);
    write_result(cli->output, &result);
    bool differs = result.same < result.recorded || result.same < result.replayed;
    replay_result_free(&result);
    return differs && !policy ? CLI_FAILED : CLI_OK;
}

int verb_replay(struct cli *cli)
{
    const char *csv = cli->option[OPTION_CSV], *file = cli->option[OPTION_POLICY];
    if (csv && (file || cli->option[OPTION_DB]))
        return cli_say(CLI_USAGE, "either --csv, or a database");
    if (csv)
        return replay_table_of_samples(cli, csv);
    struct policy *policy = NULL;
    const struct policy_source source = {.file = file};
    if (file && policy_load(&source, say_problem, NULL, &policy) < 0)
        return CLI_BAD_CONFIG;
    int code = replay_database(cli, policy);
    policy_free(policy);
    return code;
}
