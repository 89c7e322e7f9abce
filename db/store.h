/* Writing: what the recorder drains from the rings. All calls belong inside db_begin .. db_commit.
 * Rows that were stored before (same boot and seq, same slice and time) are passed over, so that
 * draining a ring again changes nothing. 0, or -errno with words. */
#ifndef DB_STORE_H
#define DB_STORE_H

#include "db/db.h"
#include "policy/decide/decision.h"
#include "policy/decide/rules.h"
#include "policy/file/policy.h"
#include "slices/action.h"
#include "slices/last_resort.h"
#include "slices/program.h"
#include "slices/sample.h"
#include "slices/slice.h"

#include <stdint.h>

/* The boot that all later rows belong to. 1: the database did not know it, 0: it did. */
int store_boot(struct db *db, const uint8_t boot[16], struct stamp at, struct mom_error *error);

/* How an earlier boot ended, and the decision that ended it; NULL: none that is known. 1; 0: that
 * was stored before. */
int store_boot_end(struct db *db, const struct boot_ended *ended, const struct decision *decision,
    struct mom_error *error);

/* A life begins: finds or makes the slice by its key. */
int store_slice_born(
    struct db *db, const struct slice *slice, struct stamp at, struct mom_error *error);
int store_slice_vanished(struct db *db, uint64_t serial, struct stamp at, struct mom_error *error);

/* Buffers one raw row; the rows of a slice are written together when STORE_BATCH of them wait, or
 * by store_flush: acknowledge the ring only after a flush was committed. A time that is not after
 * the slice's last one (the clock was set back) becomes last + 1 s, so that order is kept; a step
 * back of more than a day is taken as it is, or as the next second without a row. A sample that
 * was stored before is known by its life and time where it was moved, else by its second and values
 * (so one that repeats both, after a step back, adds nothing). -ENOENT: no such life. */
#define STORE_BATCH 30
int store_sample(struct db *db, const struct sample_brief *brief, struct mom_error *error);
int store_flush(struct db *db, struct mom_error *error);
/* Of one life's slice alone, over all of its lives. */
int store_flush_life(struct db *db, uint64_t serial, struct mom_error *error);

/* The kernel's count of OOM kills in a life's group. The highest is kept, with the time at which it
 * was first seen under whatever serial; what is not higher, or of a life that was never told,
 * changes nothing. */
int store_oom_kills(
    struct db *db, uint64_t serial, struct stamp at, uint64_t kills, struct mom_error *error);

/* A row of the node's history; and its count of OOM kills, in the same way. */
int store_node(struct db *db, const struct node_sample *node, struct mom_error *error);

/* One look of the guard. */
int store_look(struct db *db, const struct node_look *look, struct mom_error *error);

/* Which policy is in force from then on; and its texts, which the recorder has of the same files.
 */
int store_policy_use(struct db *db, struct stamp at, uint64_t hash, struct mom_error *error);
int store_policy(struct db *db, const struct policy *policy, struct mom_error *error);

/* A change of verdict or shape. */
int store_trend(struct db *db, uint64_t serial, struct stamp at, const struct leak_report *report,
    struct mom_error *error);

int store_decision(struct db *db, const struct decision *decision, struct mom_error *error);
/* `processes` may be NULL: none were read. */
int store_outcome(struct db *db, const struct outcome *outcome,
    const struct process_table *processes, struct mom_error *error);

/* What came of a program of the operators' that was run about a decision. Of each role there is
 * one; the first counts. */
int store_program(struct db *db, const struct program_outcome *program, struct mom_error *error);

/* Things worth remembering that are no decision: clock steps, policy changes, overflows, restarts,
 * drops. `kind` is a short word. Idempotent by (boot, seq). */
int store_note(struct db *db, uint64_t seq, struct stamp at, const char *kind, const char *text,
    struct mom_error *error);

/* `key` "*" with until 0 ends all holds. */
int store_hold(struct db *db, const char *key, int64_t until_unix_usec, uint32_t by_uid,
    const char *why, struct stamp at, struct mom_error *error);

/* The governor has judged what was remembered of a slice: from then on it knew of it. */
int store_warm_start(struct db *db, uint64_t serial, struct stamp at, struct mom_error *error);

/* A person has called the slice's leak none; `bytes`: what it must grow beyond (leak_dismiss). */
int store_dismissal(struct db *db, const char *key, uint64_t bytes, uint32_t by_uid,
    const char *why, struct stamp at, struct mom_error *error);

#endif
