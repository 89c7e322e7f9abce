/* The recorder: drains the rings into the database, makes rollups, writes the mails of each
 * incident into the outbox, tells the governor what the past knows of a slice. Unprivileged; it may
 * die, hang or find the disk full at any time: the rings hold what it has not taken, and drop and
 * count when they are full.
 *
 *   recorder.c  opens, the loop, closes
 *   drain.c     what each record becomes
 *   letters.c   which decision becomes which mail; recipients.c: to whom
 *   digest.c    many mails that were too many become one
 *   past.c      warm start: what goes back to the governor
 */
#ifndef MOM_RECORDER_RECORDER_H
#define MOM_RECORDER_RECORDER_H

#include "db/outbox.h"
#include "mom/common/heartbeat.h"
#include "mom/common/options.h"
#include "mom/common/records.h"
#include "mom/common/ring.h"
#include "policy/file/policy.h"

#include <stdbool.h>
#include <stdint.h>

struct recorder {
    const struct options *options;
    struct policy *policy;
    struct db *db;           /* NULL while it can't be opened */
    int64_t db_try_usec;     /* not before then */
    char aside[DB_PATH_MAX]; /* a corrupt one that is not yet told of; "": none */
    uint8_t boot[16];
    char node[256];                  /* this host's name */
    struct ring_reader rings[RINGS]; /* fd -1 while closed */
    struct ring_writer past;
    struct heartbeat heartbeat;
    uint64_t dropped_told[RINGS];
    int64_t flushed_usec, rolled_usec; /* boot time */
    bool flush_due;                    /* the node is about to go down */
    bool policy_stored;                /* the database has its texts */
    bool samples_waiting;              /* taken from their ring, not yet acknowledged */
    _Alignas(uint64_t) char buffer[RING_PAYLOAD_MAX]; /* one record */
    char letter[96 * 1024];                           /* a mail while it is made */
    char body[32 * 1024];
};

/* Runs until SIGTERM or SIGINT; then drains and flushes once more. Returns the exit status. */
int recorder_run(const struct options *options);

/* drain.c: one record into the database. 0, or -errno: the transaction must be rolled back. What is
 * malformed is logged and passed over. */
int drain_record(struct recorder *recorder, uint32_t type, size_t length, struct mom_error *error);

/* letters.c: the mails that a decision, or what came of it, makes due. */
int letters_for_decision(
    struct recorder *recorder, const struct decision *decision, struct mom_error *error);
int letters_for_outcome(
    struct recorder *recorder, const struct record_outcome *record, struct mom_error *error);

int letters_for_boot_end(
    struct recorder *recorder, const struct record_boot_end *end, struct mom_error *error);

/* The bytes of a mail, from recorder->body; they lie in recorder->letter. -EINVAL, logged, and no
 * bytes: it can't be one. */
int letter_write(struct recorder *recorder, struct mail *mail);

/* recipients.c */
void recipients_find(struct recorder *recorder, const struct decision *decision, struct mail *mail);

/* digest.c: one digest into the outbox, if one is due. */
int digest_post(struct recorder *recorder, struct mom_error *error);

/* past.c */
int past_open(struct recorder *recorder, gid_t group, struct mom_error *error);
/* The database is a new one: who lives must be told again. */
void past_ask(struct recorder *recorder);
int past_tell(struct recorder *recorder, const struct slice *slice, struct mom_error *error);

#endif
