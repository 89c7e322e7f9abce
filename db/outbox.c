/* Mail that waits, as rows. */
#include "db/outbox.h"
#include "db/rows.h"

#include <errno.h>

const char *const mail_state_names[MAIL_STATES] = {
    [MAIL_WAITING] = "waiting",
    [MAIL_SENT] = "sent",
    [MAIL_GIVEN_UP] = "given-up",
};

/* Distance in time, not age: a mail that was stamped while the clock ran ahead must not silence the
 * slice until that time comes. */
static int told_lately(
    struct db *db, const struct mail *mail, int64_t interval_usec, struct mom_error *error)
{
    struct call call;
    call_open(&call, db, SQL_MAIL_YOUNGER, error);
    put_text(&call, mail->key);
    put_text(&call, mail->stage);
    put_int(&call, mail->created_unix_usec);
    put_int(&call, interval_usec);
    int64_t found = 0;
    int r = call_scalar(&call, &found);
    return r < 0 ? r : found != 0;
}

int outbox_add(
    struct db *db, const struct mail *mail, int64_t interval_usec, struct mom_error *error)
{
    int r = require_boot(db, error);
    if (r == 0)
        r = told_lately(db, mail, interval_usec, error);
    if (r != 0)
        return r;
    struct call call;
    call_open(&call, db, SQL_MAIL_ADD, error);
    put_int(&call, db->boot);
    put_u64(&call, mail->decision);
    put_text(&call, mail->key);
    put_text(&call, mail->stage);
    put_int(&call, mail->created_unix_usec);
    put_int(&call, mail->next_try_unix_usec);
    put_word(&call, mail_state_names, MAIL_STATES, mail->state);
    put_int(&call, mail->tries);
    put_text(&call, mail->message_id);
    put_text(&call, mail->recipients);
    put_bytes(&call, mail->bytes, mail->length);
    put_text(&call, mail->last_error ? mail->last_error : "");
    r = call_run(&call);
    return r < 0 ? r : db_changes(db) == 0; /* 1: the decision has its mail of this stage */
}

static int for_each_mail(
    struct call *call, int (*row)(void *context, const struct mail *mail), void *context)
{
    int r;
    while ((r = call_next(call)) > 0) {
        struct mail mail = {.id = get_int(call)};
        mail.created_unix_usec = get_int(call);
        mail.next_try_unix_usec = get_int(call);
        mail.decision = get_u64(call);
        mail.state = get_word(call, mail_state_names, MAIL_STATES);
        mail.tries = get_u32(call);
        mail.key = get_text(call);
        mail.stage = get_text(call);
        mail.message_id = get_text(call);
        mail.recipients = get_text(call);
        mail.bytes = get_bytes(call, &mail.length);
        mail.last_error = get_text(call);
        r = row(context, &mail);
        if (r != 0)
            break;
    }
    return call_close(call, r);
}

int outbox_due(struct db *db, int64_t now_unix_usec, uint32_t max,
    int (*row)(void *context, const struct mail *mail), void *context, struct mom_error *error)
{
    struct call call;
    call_open(&call, db, SQL_MAIL_DUE, error);
    put_int(&call, now_unix_usec);
    put_int(&call, max);
    return for_each_mail(&call, row, context);
}

int outbox_settle(struct db *db, int64_t id, enum mail_state state, int64_t next_try_unix_usec,
    const char *last_error, struct mom_error *error)
{
    struct call call;
    call_open(&call, db, SQL_MAIL_SETTLE, error);
    put_int(&call, id);
    put_word(&call, mail_state_names, MAIL_STATES, state);
    put_int(&call, next_try_unix_usec);
    put_text(&call, last_error ? last_error : "");
    int r = call_run(&call);
    if (r == 0 && db_changes(db) == 0)
        r = error_set(error, -ENOENT, "no mail %lld", (long long)id);
    return r;
}

int outbox_waiting(
    struct db *db, uint32_t *ret_count, int64_t *ret_next_unix_usec, struct mom_error *error)
{
    struct call call;
    call_open(&call, db, SQL_MAIL_WAITING, error);
    int r = call_next(&call);
    if (r > 0) {
        *ret_count = get_u32(&call);
        *ret_next_unix_usec = get_int_or(&call, INT64_MAX);
    }
    return call_close(&call, r < 0 ? r : 0);
}

int outbox_list(struct db *db, int (*row)(void *context, const struct mail *mail), void *context,
    struct mom_error *error)
{
    struct call call;
    call_open(&call, db, SQL_MAIL_LIST, error);
    return for_each_mail(&call, row, context);
}
