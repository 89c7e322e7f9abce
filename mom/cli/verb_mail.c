/* mail list, queue, show, retry, drop: the outbox. */
#include "db/outbox.h"
#include "mom/cli/facts.h"
#include "mom/cli/verbs.h"
#include "slices/base/text.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

/* --- list, queue ---------------------------------------------------------------------------- */

static const struct column columns[] = {
    {"id", "Id", ALIGN_RIGHT},
    {"created", "Created", ALIGN_LEFT},
    {"slice", "Slice", ALIGN_LEFT},
    {"stage", "Stage", ALIGN_LEFT},
    {"recipient", "Recipient", ALIGN_LEFT},
    {"state", "State", ALIGN_LEFT},
    {"tries", "Tries", ALIGN_RIGHT},
    {"next_try", "Next try", ALIGN_LEFT},
    {"last_error", "Last error", ALIGN_LEFT},
};
static const struct section section = {"mails", columns, COUNT(columns)};

struct listing {
    struct output *output;
    bool queue; /* only what waits */
};

static bool waits(const struct delivery *delivery)
{
    return delivery->state == MAIL_WAITING || delivery->state == MAIL_FOLDED;
}

static struct cell next_try_of(const struct delivery *delivery)
{
    return delivery->state == MAIL_WAITING ? cell_time(delivery->next_try_unix_usec)
                                           : cell_absent();
}

static struct cell state_of(const struct delivery *delivery)
{
    return cell_toned(cell_text(mail_state_names[delivery->state]),
        delivery->state == MAIL_GIVEN_UP ? TONE_WARNING : TONE_PLAIN);
}

/* A row for each recipient. */
static int write_mail(void *context, const struct mail *mail)
{
    const struct listing *listing = context;
    for (uint32_t i = 0; i < mail->recipients; i++) {
        const struct delivery *delivery = &mail->recipient[i];
        const struct cell cells[] = {
            cell_integer(mail->id),
            cell_time(mail->created_unix_usec),
            mail->key[0] ? cell_text(mail->key) : cell_absent(),
            cell_text(mail->stage),
            cell_text(delivery->address),
            state_of(delivery),
            cell_count(delivery->tries),
            next_try_of(delivery),
            cell_text(delivery->last_error),
        };
        _Static_assert(COUNT(cells) == COUNT(columns), "a cell for each column");
        if (!listing->queue || waits(delivery))
            output_row(listing->output, cells);
    }
    return 0;
}

static int list_mails(struct cli *cli, enum outbox_which which)
{
    struct db *db;
    struct mom_error error = {0};
    if (database_open(&cli->paths, &db, &error) < 0)
        return cli_failed(&error);
    struct listing listing = {cli->output, which == OUTBOX_QUEUE};
    output_section(cli->output, &section);
    int r = outbox_list(db, which, 0, write_mail, &listing, &error);
    db_close(db);
    return r < 0 ? cli_failed(&error) : CLI_OK;
}

int verb_mail_list(struct cli *cli)
{
    return list_mails(cli, OUTBOX_ALL);
}

int verb_mail_queue(struct cli *cli)
{
    return list_mails(cli, OUTBOX_QUEUE);
}

/* --- show ----------------------------------------------------------------------------------- */

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
    struct output *output = context;
    const struct field fields[] = {
        {"id", "Id", cell_integer(mail->id)},
        {"created", "Created", cell_time(mail->created_unix_usec)},
        {"slice", "Slice", mail->key[0] ? cell_text(mail->key) : cell_absent()},
        {"stage", "Stage", cell_text(mail->stage)},
        {"subject", "Subject", cell_text(mail->subject)},
        {"message_id", "Message id", cell_text(mail->message_id)},
        {"bytes", "Bytes", cell_text(mail->bytes)},
    };
    size_t count = COUNT(fields);
    bool for_people = output_settings(output)->format == OUTPUT_TABLE;
    output_record(output, "mail", fields, for_people ? count - 1 : count);
    output_section(output, &section);
    struct listing listing = {output, false};
    (void)write_mail(&listing, mail);
    output_flush(output);
    if (for_people && mail->length > 0)
        show_lines(output, mail);
    return 0;
}

/* CLI_OK, or what went wrong was told. */
static int find_number(const struct cli *cli, int64_t *ret)
{
    uint64_t id;
    if (text_whole_u64(cli->operand[0], &id) < 0 || id > INT64_MAX || id == 0)
        return cli_say(CLI_USAGE, "no number of a mail: '%s'", cli->operand[0]);
    *ret = (int64_t)id;
    return CLI_OK;
}

static int no_such_mail(const struct cli *cli)
{
    return cli_say(CLI_FAILED, "no such mail: '%s'", cli->operand[0]);
}

int verb_mail_show(struct cli *cli)
{
    struct db *db;
    struct mom_error error = {0};
    int64_t id = 0;
    int status = find_number(cli, &id);
    if (status != CLI_OK)
        return status;
    if (database_open(&cli->paths, &db, &error) < 0)
        return cli_failed(&error);
    int r = outbox_list(db, OUTBOX_ONE, id, show_mail, cli->output, &error);
    db_close(db);
    return r < 0 ? cli_failed(&error) : r == 0 ? no_such_mail(cli) : CLI_OK;
}

/* --- retry, drop ---------------------------------------------------------------------------- */

static int note_nothing(void *context, const struct mail *mail)
{
    (void)context;
    (void)mail;
    return 0;
}

static int is_known(struct db *db, int64_t id, struct mom_error *error)
{
    int r = outbox_list(db, OUTBOX_ONE, id, note_nothing, NULL, error);
    return r == 0 ? error_set(error, -ENOENT, "no such mail: %lld", (long long)id) : r;
}

static int change_of(
    struct db *db, bool drop, int64_t id, int64_t now_unix_usec, struct mom_error *error)
{
    int r = id ? is_known(db, id, error) : 0;
    if (r >= 0)
        r = db_begin(db, error);
    if (r < 0)
        return r;
    int changed = drop ? outbox_drop(db, id, error) : outbox_retry(db, id, now_unix_usec, error);
    r = changed < 0 ? changed : db_commit(db, error);
    if (r < 0)
        db_rollback(db);
    return r < 0 ? r : changed;
}

/* `id` 0: all that wait. In the database itself, so it needs no daemon, but the right to write. */
static int change(struct cli *cli, bool drop, int64_t id)
{
    char path[PATH_MAX];
    struct db *db = NULL;
    struct mom_error error = {0};
    int r = paths_database(&cli->paths, path, &error);
    if (r == 0 && access(path, W_OK) < 0)
        r = error_errno(&error, -errno, "%s", path);
    if (r == 0)
        r = db_open(path, DB_WRITE, &db, &error);
    if (r == 0)
        r = change_of(db, drop, id, cli->now.unix_usec, &error);
    db_close(db);
    if (r < 0)
        return cli_failed(&error);
    if (r == 0 && id != 0)
        return cli_say(CLI_FAILED, "nothing of mail %lld can be %s; see momctl mail show %lld",
            (long long)id, drop ? "dropped" : "tried again", (long long)id);
    char note[80];
    (void)text_format(note, sizeof note, "%d %s %s", r, r == 1 ? "delivery" : "deliveries",
        drop ? "dropped" : "tried again when mom's courier starts");
    output_note(cli->output, note);
    return CLI_OK;
}

int verb_mail_retry(struct cli *cli)
{
    int64_t id = 0;
    bool all = cli->option[OPTION_ALL] != NULL;
    if (all == (cli->operands > 0))
        return cli_say(CLI_USAGE, "mail retry: the number of a mail, or --all");
    int status = all ? CLI_OK : find_number(cli, &id);
    return status == CLI_OK ? change(cli, false, id) : status;
}

int verb_mail_drop(struct cli *cli)
{
    int64_t id = 0;
    int status = find_number(cli, &id);
    return status == CLI_OK ? change(cli, true, id) : status;
}
