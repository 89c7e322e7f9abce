/* Mail that waits to be delivered: bytes, recipients, state. A mail is written in the same
 * transaction as the incident it tells about, and stays until it was delivered or given up. */
#ifndef DB_OUTBOX_H
#define DB_OUTBOX_H

#include "db/db.h"

#include <stddef.h>
#include <stdint.h>

enum mail_state { MAIL_WAITING, MAIL_SENT, MAIL_GIVEN_UP, MAIL_STATES };
extern const char *const mail_state_names[MAIL_STATES];

struct mail {
    int64_t id; /* set by the outbox */
    int64_t created_unix_usec, next_try_unix_usec;
    uint64_t decision; /* seq of the decision it tells about (boot: the current one when added) */
    enum mail_state state;
    uint32_t tries;
    const char *key,
        *stage; /* one mail per slice and stage: "warn", "reset", "alarm", "all-clear" */
    const char *message_id; /* stable over tries */
    const char *recipients; /* addresses, separated by commas */
    const char *bytes;      /* RFC 5322, CRLF line ends */
    size_t length;
    const char *last_error;
};

/* Inside a transaction. A mail of the same key and stage that is younger than `interval_usec` makes
 * it return 1 and add nothing; a mail for the same decision and stage likewise. 0 when added. */
int outbox_add(
    struct db *db, const struct mail *mail, int64_t interval_usec, struct mom_error *error);

/* Mails that are due, oldest first. Texts are valid during the call. */
int outbox_due(struct db *db, int64_t now_unix_usec, uint32_t max,
    int (*row)(void *context, const struct mail *mail), void *context, struct mom_error *error);

/* What came of a try. */
int outbox_settle(struct db *db, int64_t id, enum mail_state state, int64_t next_try_unix_usec,
    const char *last_error, struct mom_error *error);

/* How many wait, and when the next is due (INT64_MAX: none). */
int outbox_waiting(
    struct db *db, uint32_t *ret_count, int64_t *ret_next_unix_usec, struct mom_error *error);

/* All mails, newest first, for momctl. */
int outbox_list(struct db *db, int (*row)(void *context, const struct mail *mail), void *context,
    struct mom_error *error);

#endif
