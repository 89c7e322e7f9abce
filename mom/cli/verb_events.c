/* events: decisions, outcomes and notes in order of time. */
#include "mom/cli/facts.h"
#include "mom/cli/verbs.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

static const struct column columns[] = {
    {"time", "Time", ALIGN_LEFT},
    {"id", "Id", ALIGN_LEFT},
    {"what", "What", ALIGN_LEFT},
    {"slice", "Slice", ALIGN_LEFT},
    {"name", "Name", ALIGN_LEFT},
    {"text", "Text", ALIGN_LEFT},
};
static const struct section section = {"events", columns, COUNT(columns)};

static int write_event(void *context, const struct query_event *event)
{
    const struct cell cells[] = {
        cell_time(event->unix_usec),
        cell_text(event->id),
        cell_text(event->what),
        cell_text(event->key),
        cell_text(event->name),
        cell_text(event->text),
    };
    _Static_assert(COUNT(cells) == COUNT(columns), "a cell for each column");
    output_row(context, cells);
    return 0;
}

int verb_events(struct cli *cli)
{
    int64_t since, until;
    struct db *db;
    struct mom_error error = {0};
    int code = cli_period(cli, &since, &until);
    if (code != CLI_OK)
        return code;
    if (database_open(&cli->paths, &db, &error) < 0)
        return cli_failed(&error);
    output_section(cli->output, &section);
    int r = query_events(
        db, cli->operands ? cli->operand[0] : NULL, since, until, write_event, cli->output, &error);
    db_close(db);
    return r < 0 ? cli_failed(&error) : CLI_OK;
}
