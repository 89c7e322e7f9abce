/* mail list, mail show: the outbox. */
#include "db/outbox.h"
#include "mom/cli/facts.h"
#include "mom/cli/verbs.h"
#include "slices/base/text.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

static const struct column columns[] = {
    {"id", "Id", ALIGN_RIGHT},
    {"created", "Created", ALIGN_LEFT},
    {"state", "State", ALIGN_LEFT},
    {"slice", "Slice", ALIGN_LEFT},
    {"stage", "Stage", ALIGN_LEFT},
    {"recipients", "Recipients", ALIGN_LEFT},
    {"tries", "Tries", ALIGN_RIGHT},
    {"next_try", "Next try", ALIGN_LEFT},
    {"last_error", "Last error", ALIGN_LEFT},
};
static const struct section section = {"mails", columns, COUNT(columns)};

static int write_mail(void *context, const struct mail *mail)
{
    const struct cell cells[] = {
        cell_integer(mail->id),
        cell_time(mail->created_unix_usec),
        cell_text(mail_state_names[mail->state]),
        cell_text(mail->key),
        cell_text(mail->stage),
        cell_text(mail->recipients),
        cell_count(mail->tries),
        mail->state == MAIL_WAITING ? cell_time(mail->next_try_unix_usec) : cell_absent(),
        cell_text(mail->last_error),
    };
    _Static_assert(COUNT(cells) == COUNT(columns), "a cell for each column");
    output_row(context, cells);
    return 0;
}

int verb_mail_list(struct cli *cli)
{
    struct db *db;
    struct mom_error error = {0};
    if (database_open(&cli->paths, &db, &error) < 0)
        return cli_failed(&error);
    output_section(cli->output, &section);
    int r = outbox_list(db, write_mail, cli->output, &error);
    db_close(db);
    return r < 0 ? cli_failed(&error) : CLI_OK;
}

struct wanted_mail {
    struct output *output;
    int64_t id;
};

enum { FOUND = 1 };

/* The bytes as lines for a terminal, each escaped. */
static void show_lines(struct output *output, const struct mail *mail)
{
    size_t size = 4 * mail->length + 1;
    char *bytes = strndup(mail->bytes, mail->length), *shown = malloc(size);
    size_t used = 0;
    for (char *rest = bytes, *line; bytes && shown && (line = strsep(&rest, "\n"));) {
        line[strcspn(line, "\r")] = '\0';
        (void)text_escape(shown + used, size - used, line);
        used += strlen(shown + used);
        if (rest && used + 1 < size)
            shown[used++] = '\n';
    }
    if (bytes && shown) {
        shown[used] = '\0';
        output_note(output, shown);
    }
    free(shown);
    free(bytes);
}

static int show_mail(void *context, const struct mail *mail)
{
    const struct wanted_mail *wanted = context;
    if (mail->id != wanted->id)
        return 0;
    if (output_settings(wanted->output)->format == OUTPUT_TABLE) {
        show_lines(wanted->output, mail);
        return FOUND;
    }
    const struct field fields[] = {
        {"id", "Id", cell_integer(mail->id)},
        {"state", "State", cell_text(mail_state_names[mail->state])},
        {"message_id", "Message id", cell_text(mail->message_id)},
        {"recipients", "Recipients", cell_text(mail->recipients)},
        {"bytes", "Bytes", cell_text(mail->bytes)},
    };
    output_record(wanted->output, "mail", fields, COUNT(fields));
    return FOUND;
}

int verb_mail_show(struct cli *cli)
{
    struct db *db;
    struct mom_error error = {0};
    uint64_t id;
    if (text_whole_u64(cli->operand[0], &id) < 0 || id > INT64_MAX)
        return cli_say(CLI_USAGE, "no number of a mail: '%s'", cli->operand[0]);
    if (database_open(&cli->paths, &db, &error) < 0)
        return cli_failed(&error);
    struct wanted_mail wanted = {cli->output, (int64_t)id};
    int r = outbox_list(db, show_mail, &wanted, &error);
    db_close(db);
    if (r == 0)
        return cli_say(CLI_FAILED, "no such mail: '%s'", cli->operand[0]);
    return r < 0 ? cli_failed(&error) : CLI_OK;
}
