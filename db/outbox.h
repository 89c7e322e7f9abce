/* Mail that waits to be delivered: its bytes once, and for each recipient what became of it. A mail
 * is written in the same transaction as the incident it tells about, and stays until each delivery
 * was made, given up or dropped by a person.
 *
 * The outbox is bounded, and no incident is lost by that: what would be too much for a recipient,
 * or for the outbox, is folded. A folded mail is a line (its subject) that waits for the next
 * digest to that recipient, a mail which tells of many.
 *
 *   waiting > sent | given-up | dropped        folded > in-digest | dropped
 */
#ifndef DB_OUTBOX_H
#define DB_OUTBOX_H

#include "db/db.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum mail_state {
    MAIL_WAITING,
    MAIL_SENT,
    MAIL_GIVEN_UP, /* refused for good, or too old */
    MAIL_FOLDED,
    MAIL_IN_DIGEST,
    MAIL_DROPPED,
    MAIL_STATES
};
extern const char *const mail_state_names[MAIL_STATES];

enum { MAIL_RECIPIENTS_MAX = 32, MAIL_ADDRESS_MAX = 256 };
#define MAIL_STAGE_DIGEST "digest"

/* One recipient's part of a mail. */
struct delivery {
    char address[MAIL_ADDRESS_MAX];
    enum mail_state state;
    uint32_t tries;
    int64_t next_try_unix_usec; /* of one that waits */
    char last_error[256];       /* what the transport said; not escaped */
};

struct mail {
    int64_t id; /* set by the outbox */
    int64_t created_unix_usec;
    uint64_t decision; /* seq of the decision it tells about (boot: the current one when added); 0:
                          none */
    const char *key;   /* about which slice */
    const char *stage; /* an action ("warn", "reset"), "all-clear", "boot-end" or "digest" */
    const char *message_id; /* stable over tries, without <> */
    const char *subject;    /* printable; a folded mail's line in the digest */
    const char *bytes;      /* RFC 5322, CRLF line ends; none where all of it was folded */
    size_t length;
    uint32_t recipients;
    struct delivery recipient[MAIL_RECIPIENTS_MAX];
};
typedef int mail_row(void *context, const struct mail *mail);

/* How much is too much. */
struct outbox_limits {
    int64_t interval_usec; /* one mail per slice and stage in so long */
    uint32_t burst;        /* so many mails to a recipient ... */
    int64_t digest_usec;   /* ... in so long; and how long a digest collects */
    uint32_t queue;        /* so many mails wait at most, beside one digest per recipient */
};

/* Inside a transaction, to the recipients whose addresses it has. 1, and nothing added, for a mail
 * of the same key and stage that is younger than the interval, or of the same decision and stage. 0
 * when added; recipients who have had enough get it folded. */
int outbox_add(struct db *db, const struct mail *mail, const struct outbox_limits *limits,
    struct mom_error *error);

/* The oldest mail with id > `after` that is due; texts are valid during the call. 1: there was one,
 * 0: none. A time to try that lies further off than any wait was set by a clock that ran ahead: it
 * is due as well. */
int outbox_next(struct db *db, int64_t now_unix_usec, int64_t after, mail_row *row, void *context,
    struct mom_error *error);

/* When a delivery that failed for the `tries`th time is due again: the wait doubles from a minute
 * to six hours. */
int64_t outbox_next_try(int64_t now_unix_usec, uint32_t tries);

/* What came of a try of a delivery that waits. -ENOENT: it waits no more (a person dropped it
 * meanwhile). */
int outbox_settle(struct db *db, int64_t id, const char *address, enum mail_state state,
    int64_t next_try_unix_usec, const char *last_error, struct mom_error *error);

/* Whether a courier has something to do: 1, else 0. */
int outbox_due(struct db *db, int64_t now_unix_usec, struct mom_error *error);

struct outbox_state {
    uint32_t waiting, folded, given_up; /* mails with such a delivery */
};
int outbox_state(struct db *db, struct outbox_state *ret, struct mom_error *error);

/* Somebody for whom mails have been folded for digest_usec and to whom no digest waits: 1, else 0.
 */
int outbox_digest_due(struct db *db, int64_t now_unix_usec, int64_t digest_usec,
    char address[MAIL_ADDRESS_MAX], struct mom_error *error);
/* What was folded for him, oldest first. */
int outbox_folded(
    struct db *db, const char *address, mail_row *row, void *context, struct mom_error *error);
/* Inside a transaction: what was folded for him is in this mail, which is added, never folded. */
int outbox_add_digest(struct db *db, const struct mail *mail, struct mom_error *error);

/* Mails, newest first, for momctl: all, those where something waits (also for a digest), or one. */
enum outbox_which { OUTBOX_ALL, OUTBOX_QUEUE, OUTBOX_ONE };
int outbox_list(struct db *db, enum outbox_which which, int64_t id, mail_row *row, void *context,
    struct mom_error *error);

/* By a person. How many deliveries it concerned, or -errno. Retry: one mail's deliveries that wait,
 * were given up or dropped, or (id 0) all that wait, are due now, with their tries forgotten. Drop:
 * those of one mail that wait, also for a digest. */
int outbox_retry(struct db *db, int64_t id, int64_t now_unix_usec, struct mom_error *error);
int outbox_drop(struct db *db, int64_t id, struct mom_error *error);

#endif
