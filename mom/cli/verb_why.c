/* why: one decision. People get the story as the mail tells it (mom/report); programs get the same
 * facts as fields. */
#include "mom/cli/facts.h"
#include "mom/cli/verbs.h"
#include "mom/report/text.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

enum { STORY_SIZE = 32768 };

static int tell_story(struct cli *cli, const struct query_decision *found)
{
    char node[HOST_NAME_MAX + 1] = "";
    char *story = malloc(STORY_SIZE);
    if (!story)
        return cli_say(CLI_FAILED, "out of memory");
    (void)gethostname(node, sizeof node - 1);
    const struct report report = {
        .node = node,
        .id = found->id,
        .decision = &found->decision,
        .outcome = found->has_outcome ? &found->outcome : NULL,
        .processes = &found->processes,
        .program = found->program,
        .programs = found->programs,
    };
    report_body(&report, story, STORY_SIZE);
    output_note(cli->output, story);
    free(story);
    return CLI_OK;
}

static void write_decision(struct output *output, const struct query_decision *found)
{
    const struct decision *d = &found->decision;
    const struct field fields[] = {
        {"id", "Id", cell_text(found->id)},
        {"time", "Time", cell_time(d->at.unix_usec)},
        {"slice", "Slice", cell_text(d->key)},
        {"name", "Name", cell_text(d->name)},
        {"path", "Path", cell_text(d->path)},
        {"action", "Action", cell_text(action_kind_names[d->action])},
        {"wanted", "Wanted", cell_text(action_kind_names[d->wanted])},
        {"restraint", "Restraint", cell_text(restraint_names[d->restraint])},
        {"reason", "Reason", cell_text(reason_names[d->reason])},
        {"rule", "Rule", cell_text(d->rule)},
        {"within", "Short of memory", cell_text(d->domain)},
        {"mode", "Mode", cell_text(mode_names[d->mode])},
        {"leak_mode", "Mode for leaks", cell_text(mode_names[d->leak_mode])},
        {"owner", "Owner", cell_text(d->owner)},
        {"independent", "Independent jobs", cell_flag(d->independent)},
        {"rank", "Rank", cell_integer(d->rank)},
        {"strikes", "Strikes", cell_count(d->strikes)},
        {"incident", "Incident", cell_count(d->incident)},
    };
    output_record(output, "decision", fields, COUNT(fields));
}

static void write_evidence(struct output *output, const struct evidence *evidence)
{
    static const char *const unit_names[UNITS] = {
        [UNIT_BYTES] = "bytes",
        [UNIT_COUNT] = "count",
        [UNIT_COUNTER] = "count",
        [UNIT_USEC] = "seconds",
        [UNIT_CENTI] = "percent",
        [UNIT_RATE] = "bytes_per_hour",
    };
    static const struct column columns[] = {
        {"name", "Evidence", ALIGN_LEFT},
        {"value", "Value", ALIGN_RIGHT},
        {"relation", "", ALIGN_LEFT},
        {"bound", "Bound", ALIGN_RIGHT},
        {"unit", "Unit", ALIGN_LEFT},
    };
    static const struct section section = {"evidence", columns, COUNT(columns)};
    output_section(output, &section);
    for (uint32_t i = 0; i < evidence->count && i < EVIDENCE_MAX; i++) {
        const struct evidence_item *item = &evidence->item[i];
        const char relation[] = {item->relation, '\0'};
        bool bound = item->relation != ' ';
        const struct cell cells[] = {
            cell_text(item->name),
            cell_of(item->unit, item->value),
            cell_text(bound ? relation : NULL),
            bound ? cell_of(item->unit, item->bound) : cell_absent(),
            cell_text(unit_names[item->unit]),
        };
        _Static_assert(COUNT(cells) == COUNT(columns), "a cell for each column");
        output_row(output, cells);
    }
}

static void write_outcome(struct output *output, const struct outcome *o)
{
    const struct field fields[] = {
        {"result", "Result", cell_text(action_result_names[o->result])},
        {"job", "Job", cell_text(o->job)},
        {"started", "Started", cell_time(o->started.unix_usec)},
        {"took_seconds", "Took",
            cell_duration((double)(o->ended.boot_usec - o->started.boot_usec) / 1e6)},
        {"rounds", "Rounds", cell_count(o->rounds)},
        {"processes_before", "Processes before", cell_count(o->processes_before)},
        {"survivors", "Survivors", cell_count(o->survivors)},
        {"before_bytes", "Before", cell_bytes(o->bytes_before)},
        {"after_bytes", "After", cell_bytes(o->bytes_after)},
        {"freed_bytes", "Freed", cell_bytes(o->bytes_freed)},
        {"error", "Error", cell_text(o->error)},
    };
    output_record(output, "outcome", fields, COUNT(fields));
}

static void write_processes(struct output *output, const struct process_table *table)
{
    static const struct column columns[] = {
        {"pid", "Pid", ALIGN_RIGHT},
        {"parent", "Parent", ALIGN_RIGHT},
        {"uid", "Uid", ALIGN_RIGHT},
        {"state", "State", ALIGN_LEFT},
        {"rss_bytes", "RSS", ALIGN_RIGHT},
        {"swap_bytes", "Swap", ALIGN_RIGHT},
        {"vsz_bytes", "VSZ", ALIGN_RIGHT},
        {"command", "Command", ALIGN_LEFT},
    };
    static const struct section section = {"processes", columns, COUNT(columns)};
    output_section(output, &section);
    for (uint32_t i = 0; i < table->count && i < PROCESS_TABLE_MAX; i++) {
        const struct process_row *row = &table->row[i];
        char command[sizeof row->comm + 1] = "";
        memcpy(command, row->comm, sizeof row->comm);
        const char state[] = {row->state, '\0'};
        const struct cell cells[] = {
            cell_integer(row->pid),
            cell_integer(row->parent),
            cell_count(row->uid),
            cell_text(state),
            cell_bytes(row->rss_bytes),
            cell_bytes(row->swap_bytes),
            cell_bytes(row->vsz_bytes),
            cell_text(command),
        };
        _Static_assert(COUNT(cells) == COUNT(columns), "a cell for each column");
        output_row(output, cells);
    }
}

static void write_programs(struct output *output, const struct query_decision *found)
{
    static const struct column columns[] = {
        {"program", "Program", ALIGN_LEFT},
        {"command", "Command", ALIGN_LEFT},
        {"result", "Result", ALIGN_LEFT},
        {"status", "Status", ALIGN_RIGHT},
        {"ended", "Ended", ALIGN_LEFT},
        {"took_seconds", "Took", ALIGN_RIGHT},
        {"words", "Words", ALIGN_LEFT},
    };
    static const struct section section = {"programs", columns, COUNT(columns)};
    output_section(output, &section);
    for (uint32_t i = 0; i < found->programs && i < PROGRAM_ROLES; i++) {
        const struct program_outcome *program = &found->program[i];
        const struct cell cells[] = {
            cell_text(program_role_names[program->role]),
            cell_text(program->command),
            cell_text(program_result_names[program->result]),
            program->result == PROGRAM_FAILED ? cell_integer(program->status) : cell_absent(),
            cell_time(program->ended.unix_usec),
            cell_duration((double)program->took_usec / 1e6),
            cell_text(program->words),
        };
        _Static_assert(COUNT(cells) == COUNT(columns), "a cell for each column");
        output_row(output, cells);
    }
}

static void write_runners_up(struct output *output, const struct decision *decision)
{
    static const struct column columns[] = {
        {"slice", "Slice", ALIGN_LEFT},
        {"rank", "Rank", ALIGN_RIGHT},
        {"score", "Score", ALIGN_RIGHT},
    };
    static const struct section section = {"runners_up", columns, COUNT(columns)};
    output_section(output, &section);
    for (uint32_t i = 0; i < decision->runners_up && i < RUNNERS_UP_MAX; i++) {
        const struct runner_up *next = &decision->runner_up[i];
        const struct cell cells[] = {
            cell_text(next->key), cell_integer(next->rank), cell_number(next->score)};
        _Static_assert(COUNT(cells) == COUNT(columns), "a cell for each column");
        output_row(output, cells);
    }
}

static void write_fields(struct output *output, const struct query_decision *found)
{
    write_decision(output, found);
    if (found->decision.leak.window_usec > 0) /* the guard knows no more than the verdict */
        facts_leak(output, &found->decision.leak);
    write_evidence(output, &found->decision.evidence);
    if (found->has_outcome)
        write_outcome(output, &found->outcome);
    if (found->programs > 0)
        write_programs(output, found);
    write_processes(output, &found->processes);
    write_runners_up(output, &found->decision);
}

int verb_why(struct cli *cli)
{
    struct db *db;
    struct mom_error error = {0};
    if (database_open(&cli->paths, &db, &error) < 0)
        return cli_failed(&error);
    struct query_decision found;
    int r = query_decision(db, cli->operand[0], &found, &error);
    db_close(db);
    if (r == -ENOENT)
        return cli_say(CLI_FAILED, "no such decision: '%s'", cli->operand[0]);
    if (r < 0)
        return cli_failed(&error);
    if (output_settings(cli->output)->format == OUTPUT_TABLE)
        return tell_story(cli, &found);
    write_fields(cli->output, &found);
    return CLI_OK;
}
