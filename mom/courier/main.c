/* mom-courier: delivers the mails that are due, and ends. Started by momd as an unprivileged user
 * whenever the recorder says that mail is due.
 *
 * What came of each mail is written down before the next is tried: whenever the courier dies, at
 * most one mail is sent twice, with the same Message-ID. Nothing is read from the database while a
 * transport is waited for, so that nobody has to wait for the courier. */
#include "db/outbox.h"
#include "mom/common/clock.h"
#include "mom/common/log.h"
#include "mom/common/options.h"
#include "mom/common/policy_source.h"
#include "mom/courier/directory.h"
#include "mom/courier/sendmail.h"
#include "mom/courier/smtp.h"
#include "slices/base/text.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Together with the age: after the clock jumped forth, all mails look old. */
enum { GIVE_UP_TRIES = 16 };

struct courier {
    const struct mail_settings *settings;
    char folder[PATH_MAX];
    struct smtp *smtp; /* NULL: not wanted, or it can't be used */
    struct db *db;
    char down[256]; /* why the transport can't be used now: what is still due is put off untried */
};

/* A mail that is due, and for whom. */
struct posting {
    int64_t id, created_unix_usec;
    char *bytes;
    char name[64];
    struct letter letter;
    uint32_t tries[MAIL_RECIPIENTS_MAX];
    char address[MAIL_RECIPIENTS_MAX][MAIL_ADDRESS_MAX];
};

static int copy_posting(void *context, const struct mail *mail)
{
    struct posting *posting = context;
    struct letter *letter = &posting->letter;
    posting->id = mail->id;
    posting->created_unix_usec = mail->created_unix_usec;
    (void)text_format(posting->name, sizeof posting->name, "%lld-%lld",
        (long long)(mail->created_unix_usec / USEC_PER_SEC), (long long)mail->id);
    posting->bytes = malloc(mail->length + 1);
    if (!posting->bytes)
        return -ENOMEM;
    memcpy(posting->bytes, mail->bytes, mail->length);
    *letter =
        (struct letter){.name = posting->name, .bytes = posting->bytes, .length = mail->length};
    for (uint32_t i = 0; i < mail->recipients; i++) {
        const struct delivery *delivery = &mail->recipient[i];
        if (delivery->state != MAIL_WAITING)
            continue;
        char *address = posting->address[letter->recipients];
        (void)text_copy(address, sizeof posting->address[0], delivery->address);
        posting->tries[letter->recipients] = delivery->tries;
        letter->recipient[letter->recipients++] = address;
    }
    return 0;
}

static void same_for_all(
    const struct letter *letter, enum verdict verdict, const char *why, struct attempt *attempt)
{
    for (uint32_t i = 0; i < letter->recipients; i++) {
        attempt[i].verdict = verdict;
        (void)text_copy(attempt[i].why, sizeof attempt[i].why, why);
    }
}

static void lay_down(
    const struct courier *courier, const struct letter *letter, struct attempt *attempt)
{
    struct mom_error error = {0};
    int r = directory_deliver(courier->folder, letter, &error);
    same_for_all(letter, r < 0 ? VERDICT_DEFERRED : VERDICT_DELIVERED, error.text, attempt);
}

static int send(struct courier *courier, const struct letter *letter, struct attempt *attempt)
{
    if (courier->down[0]) {
        same_for_all(letter, VERDICT_DEFERRED, courier->down, attempt);
        return -EHOSTDOWN;
    }
    int r = smtp_deliver(courier->smtp, letter, attempt);
    if (r < 0)
        (void)text_copy(courier->down, sizeof courier->down, attempt[letter->recipients - 1].why);
    return r;
}

/* By default the folder is what counts where no server listens. */
static void lay_down_and_send(
    struct courier *courier, const struct letter *letter, struct attempt *attempt)
{
    struct attempt sent[MAIL_RECIPIENTS_MAX];
    lay_down(courier, letter, attempt);
    if (send(courier, letter, sent) == -ECONNREFUSED) {
        courier->down[0] = '\0';
        return;
    }
    for (uint32_t i = 0; i < letter->recipients; i++)
        if (attempt[i].verdict == VERDICT_DELIVERED)
            attempt[i] = sent[i];
}

static void deliver(struct courier *courier, const struct letter *letter, struct attempt *attempt)
{
    enum mail_transport transport = courier->settings->transport;
    if (letter->length == 0)
        same_for_all(letter, VERDICT_REFUSED, "the mail could not be written", attempt);
    else if (transport == MAIL_DIRECTORY)
        lay_down(courier, letter, attempt);
    else if (transport == MAIL_SENDMAIL)
        sendmail_deliver(courier->settings, letter, attempt);
    else if (transport == MAIL_SMTP)
        (void)send(courier, letter, attempt);
    else
        lay_down_and_send(courier, letter, attempt);
}

static enum mail_state next_state(
    const struct courier *courier, const struct posting *posting, uint32_t i, enum verdict verdict)
{
    int64_t age = clock_now().unix_usec - posting->created_unix_usec;
    bool old = age > courier->settings->give_up_usec && posting->tries[i] >= GIVE_UP_TRIES;
    return verdict == VERDICT_DELIVERED        ? MAIL_SENT
           : verdict == VERDICT_REFUSED || old ? MAIL_GIVEN_UP
                                               : MAIL_WAITING;
}

static void tell(const struct posting *posting, uint32_t i, enum mail_state state, const char *why)
{
    long long id = posting->id;
    const char *address = posting->address[i];
    if (state == MAIL_SENT)
        log_debug("mail %lld: sent to %s", id, address);
    else if (state == MAIL_GIVEN_UP)
        log_error("mail %lld to %s: given up: %s", id, address, why);
    else
        log_warning("mail %lld to %s: not yet delivered: %s", id, address, why);
}

/* In one short transaction, and at once on the disk: what was sent is not sent again after a power
 * cut. A delivery that a person dropped meanwhile stays dropped. */
static int settle(struct courier *courier, const struct posting *posting,
    const struct attempt *attempt, struct mom_error *error)
{
    int r = db_begin(courier->db, error);
    for (uint32_t i = 0; r == 0 && i < posting->letter.recipients; i++) {
        enum mail_state state = next_state(courier, posting, i, attempt[i].verdict);
        tell(posting, i, state, attempt[i].why);
        r = outbox_settle(courier->db, posting->id, posting->address[i], state,
            outbox_next_try(clock_now().unix_usec, posting->tries[i] + 1), attempt[i].why, error);
        r = r == -ENOENT ? 0 : r;
    }
    if (r < 0) {
        db_rollback(courier->db);
        return r;
    }
    r = db_commit(courier->db, error);
    return r < 0 ? r : db_sync(courier->db, error);
}

/* Every mail that is due, once. */
static int deliver_due(struct courier *courier, struct mom_error *error)
{
    static struct posting posting;
    static struct attempt attempt[MAIL_RECIPIENTS_MAX];
    int64_t after = 0;
    int r;
    while ((r = outbox_next(
                courier->db, clock_now().unix_usec, after, copy_posting, &posting, error)) > 0) {
        deliver(courier, &posting.letter, attempt);
        r = settle(courier, &posting, attempt, error);
        free(posting.bytes);
        posting.bytes = NULL;
        after = posting.id;
        if (r < 0)
            break;
    }
    return r;
}

static int open_courier(
    struct courier *courier, const struct options *options, struct mom_error *error)
{
    char path[PATH_MAX];
    const struct mail_settings *settings = courier->settings;
    bool by_smtp = settings->transport == MAIL_SMTP || settings->transport == MAIL_DEFAULT;
    int r = settings->directory[0]
                ? text_copy(courier->folder, sizeof courier->folder, settings->directory)
                : paths_of_recorder(&options->paths, "mail", courier->folder, error);
    if (r == 0)
        r = paths_database(&options->paths, path, error);
    if (r == 0)
        r = db_open(path, DB_WRITE, &courier->db, error);
    struct mom_error unusable;
    if (r == 0 && by_smtp && smtp_open(settings, &courier->smtp, &unusable) < 0)
        (void)text_copy(courier->down, sizeof courier->down, unusable.text);
    return r;
}

int main(int argc, char **argv)
{
    struct options options;
    struct courier courier = {0};
    struct mom_error error = {0};
    int status = options_parse(&options, argc, argv);
    if (status >= 0)
        return status;
    log_open("mom-courier", options.verbose ? LOG_LEVEL_DEBUG : LOG_LEVEL_INFO);
    struct policy *policy;
    int r = policy_source_load(&options, policy_source_log, NULL, &policy, NULL);
    if (r < 0)
        return policy_source_exit(r);
    courier.settings = &policy_globals(policy)->mail;
    r = open_courier(&courier, &options, &error);
    if (r == 0)
        r = deliver_due(&courier, &error);
    if (r < 0 && !error.text[0])
        error_errno(&error, r, "the mails");
    if (r < 0)
        log_error("%s", error.text);
    smtp_close(courier.smtp);
    db_close(courier.db);
    policy_free(policy);
    return r < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
