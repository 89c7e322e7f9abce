#include "db/outbox.h"
#include "db/rows.h"
#include "db/tier.h"
#include "slices/base/text.h"

#include <errno.h>
#include <string.h>

#define RETRY_LEAST_USEC (60 * USEC_PER_SEC)
#define RETRY_MOST_USEC  (6 * 3600 * USEC_PER_SEC)

const char *const mail_state_names[MAIL_STATES] = {
    [MAIL_WAITING] = "waiting",
    [MAIL_SENT] = "sent",
    [MAIL_GIVEN_UP] = "given-up",
    [MAIL_FOLDED] = "folded",
    [MAIL_IN_DIGEST] = "in-digest",
    [MAIL_DROPPED] = "dropped",
};

/* --- Adding --------------------------------------------------------------------------------- */

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

static int is_full(struct db *db, uint32_t queue, struct mom_error *error)
{
    struct call call;
    call_open(&call, db, SQL_MAIL_QUEUED, error);
    int64_t waiting = 0;
    int r = call_scalar(&call, &waiting);
    return r < 0 ? r : waiting >= queue;
}

static int has_had_enough(struct db *db, const char *address, const struct mail *mail,
    const struct outbox_limits *limits, struct mom_error *error)
{
    struct call call;
    call_open(&call, db, SQL_DELIVERIES_LATELY, error);
    put_text(&call, address);
    put_int(&call, mail->created_unix_usec - limits->digest_usec);
    put_int(&call, mail->created_unix_usec + limits->digest_usec);
    int64_t lately = 0;
    int r = call_scalar(&call, &lately);
    return r < 0 ? r : lately >= limits->burst;
}

/* Returns the new mail's id; 0: the decision has its mail of this stage. */
static int64_t add_mail(
    struct db *db, const struct mail *mail, bool with_bytes, struct mom_error *error)
{
    struct call call;
    int64_t id = 0;
    call_open(&call, db, SQL_MAIL_ADD, error);
    put_int(&call, db->boot);
    put_u64(&call, mail->decision);
    put_text(&call, mail->key);
    put_text(&call, mail->stage);
    put_int(&call, mail->created_unix_usec);
    put_text(&call, mail->message_id);
    put_text(&call, mail->subject);
    put_bytes(&call, mail->bytes, with_bytes ? mail->length : 0);
    int r = call_scalar(&call, &id);
    return r < 0 ? r : id;
}

static int add_delivery(struct db *db, int64_t id, const struct mail *mail, const char *address,
    enum mail_state state, struct mom_error *error)
{
    struct call call;
    call_open(&call, db, SQL_DELIVERY_ADD, error);
    put_int(&call, id);
    put_text(&call, address);
    put_word(&call, mail_state_names, MAIL_STATES, state);
    put_int(&call, mail->created_unix_usec);
    return call_run(&call);
}

/* Returns 1 when the decision has its mail of this stage. */
static int add_with(
    struct db *db, const struct mail *mail, const enum mail_state *state, struct mom_error *error)
{
    bool with_bytes = false;
    for (uint32_t i = 0; i < mail->recipients; i++)
        with_bytes |= state[i] == MAIL_WAITING;
    int64_t id = add_mail(db, mail, with_bytes, error);
    int r = id < 0 ? (int)id : id == 0;
    for (uint32_t i = 0; r == 0 && i < mail->recipients; i++)
        r = add_delivery(db, id, mail, mail->recipient[i].address, state[i], error);
    return r;
}

int outbox_add(struct db *db, const struct mail *mail, const struct outbox_limits *limits,
    struct mom_error *error)
{
    enum mail_state state[MAIL_RECIPIENTS_MAX];
    int r = require_boot(db, error);
    if (r == 0)
        r = told_lately(db, mail, limits->interval_usec, error);
    if (r != 0)
        return r;
    int full = is_full(db, limits->queue, error);
    for (uint32_t i = 0; full >= 0 && r >= 0 && i < mail->recipients; i++) {
        r = full ? 1 : has_had_enough(db, mail->recipient[i].address, mail, limits, error);
        state[i] = r > 0 ? MAIL_FOLDED : MAIL_WAITING;
    }
    return full < 0 ? full : r < 0 ? r : add_with(db, mail, state, error);
}

/* --- Rows ----------------------------------------------------------------------------------- */

static int read_deliveries(struct db *db, struct mail *mail, struct mom_error *error)
{
    struct call call;
    int r = 0;
    call_open(&call, db, SQL_DELIVERIES, error);
    put_int(&call, mail->id);
    for (mail->recipients = 0;
         mail->recipients < MAIL_RECIPIENTS_MAX && (r = call_next(&call)) > 0;) {
        struct delivery *delivery = &mail->recipient[mail->recipients++];
        get_text_into(&call, delivery->address, sizeof delivery->address);
        delivery->state = get_word(&call, mail_state_names, MAIL_STATES);
        delivery->tries = get_u32(&call);
        delivery->next_try_unix_usec = get_int(&call);
        get_text_into(&call, delivery->last_error, sizeof delivery->last_error);
    }
    return call_close(&call, r < 0 ? r : 0);
}

/* 1 when there was a row, 0 when none; or what a callback returned to stop. */
static int for_each_mail(struct call *call, mail_row *row, void *context)
{
    int r, found = 0;
    while ((r = call_next(call)) > 0) {
        struct mail mail = {.id = get_int(call)};
        mail.created_unix_usec = get_int(call);
        mail.decision = get_u64(call);
        mail.key = get_text(call);
        mail.stage = get_text(call);
        mail.message_id = get_text(call);
        mail.subject = get_text(call);
        mail.bytes = get_bytes(call, &mail.length);
        found = 1;
        r = read_deliveries(call->db, &mail, call->error);
        if (r == 0)
            r = row(context, &mail);
        if (r != 0)
            break;
    }
    return call_close(call, r != 0 ? r : found);
}

int outbox_list(struct db *db, enum outbox_which which, int64_t id, mail_row *row, void *context,
    struct mom_error *error)
{
    static const enum statement statements[] = {
        [OUTBOX_ALL] = SQL_MAIL_LIST, [OUTBOX_QUEUE] = SQL_MAIL_QUEUE, [OUTBOX_ONE] = SQL_MAIL_ONE};
    struct call call;
    call_open(&call, db, statements[which], error);
    if (which == OUTBOX_ONE)
        put_int(&call, id);
    return for_each_mail(&call, row, context);
}

/* --- Delivering ----------------------------------------------------------------------------- */

int outbox_next(struct db *db, int64_t now_unix_usec, int64_t after, mail_row *row, void *context,
    struct mom_error *error)
{
    struct call call;
    call_open(&call, db, SQL_MAIL_NEXT, error);
    put_int(&call, now_unix_usec);
    put_int(&call, now_unix_usec + RETRY_MOST_USEC);
    put_int(&call, after);
    return for_each_mail(&call, row, context);
}

int64_t outbox_next_try(int64_t now_unix_usec, uint32_t tries)
{
    int64_t wait = RETRY_LEAST_USEC;
    for (uint32_t i = 1; i < tries && wait < RETRY_MOST_USEC; i++)
        wait *= 2;
    return now_unix_usec + (wait < RETRY_MOST_USEC ? wait : RETRY_MOST_USEC);
}

int outbox_settle(struct db *db, int64_t id, const char *address, enum mail_state state,
    int64_t next_try_unix_usec, const char *last_error, struct mom_error *error)
{
    struct call call;
    call_open(&call, db, SQL_DELIVERY_SETTLE, error);
    put_int(&call, id);
    put_text(&call, address);
    put_word(&call, mail_state_names, MAIL_STATES, state);
    put_int(&call, next_try_unix_usec);
    put_text(&call, last_error);
    int r = call_run(&call);
    if (r == 0 && db_changes(db) == 0)
        r = error_set(error, -ENOENT, "mail %lld waits no more for that recipient", (long long)id);
    return r;
}

int outbox_due(struct db *db, int64_t now_unix_usec, struct mom_error *error)
{
    struct call call;
    int64_t due = 0;
    call_open(&call, db, SQL_MAIL_DUE, error);
    put_int(&call, now_unix_usec);
    put_int(&call, now_unix_usec + RETRY_MOST_USEC);
    int r = call_scalar(&call, &due);
    return r < 0 ? r : due != 0;
}

int outbox_state(struct db *db, struct outbox_state *ret, struct mom_error *error)
{
    struct call call;
    call_open(&call, db, SQL_MAIL_STATE, error);
    int r = call_next(&call);
    if (r > 0) {
        ret->waiting = get_u32(&call);
        ret->folded = get_u32(&call);
        ret->given_up = get_u32(&call);
    }
    return call_close(&call, r < 0 ? r : 0);
}

/* --- Digests -------------------------------------------------------------------------------- */

int outbox_digest_due(struct db *db, int64_t now_unix_usec, int64_t digest_usec,
    char address[MAIL_ADDRESS_MAX], struct mom_error *error)
{
    struct call call;
    call_open(&call, db, SQL_DIGEST_DUE, error);
    put_int(&call, now_unix_usec);
    put_int(&call, digest_usec);
    int r = call_next(&call);
    if (r > 0)
        get_text_into(&call, address, MAIL_ADDRESS_MAX);
    return call_close(&call, r);
}

int outbox_folded(
    struct db *db, const char *address, mail_row *row, void *context, struct mom_error *error)
{
    struct call call;
    call_open(&call, db, SQL_MAIL_FOLDED, error);
    put_text(&call, address);
    int r = for_each_mail(&call, row, context);
    return r < 0 ? r : 0;
}

int outbox_add_digest(struct db *db, const struct mail *mail, struct mom_error *error)
{
    static const enum mail_state waiting = MAIL_WAITING;
    int r = require_boot(db, error);
    if (r == 0)
        r = add_with(db, mail, &waiting, error);
    if (r != 0)
        return r;
    struct call call;
    call_open(&call, db, SQL_DELIVERIES_IN_DIGEST, error);
    put_text(&call, mail->recipient[0].address);
    return call_run(&call);
}

/* --- By a person ---------------------------------------------------------------------------- */

int outbox_retry(struct db *db, int64_t id, int64_t now_unix_usec, struct mom_error *error)
{
    struct call call;
    call_open(&call, db, id ? SQL_DELIVERIES_RETRY : SQL_DELIVERIES_RETRY_ALL, error);
    put_int(&call, now_unix_usec);
    if (id)
        put_int(&call, id);
    int r = call_run(&call);
    return r < 0 ? r : db_changes(db);
}

int outbox_drop(struct db *db, int64_t id, struct mom_error *error)
{
    struct call call;
    call_open(&call, db, SQL_DELIVERIES_DROP, error);
    put_int(&call, id);
    int r = call_run(&call);
    return r < 0 ? r : db_changes(db);
}
