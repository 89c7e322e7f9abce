/* What decisions were made from, and which, in the order in which it came to the governor: a
 * stretch of time to be replayed.
 *
 *   START  > POLICY > at each tick: WARM_START* > VANISHED* > BORN* > SAMPLE* > TICK
 *                     between them: LOOK, HOLD, DISMISSAL, OUTCOME, DECISION
 *
 * A stretch that begins while a governor runs has no START: the slices that live then come as BORN
 * before the first TICK, and the policy and the holds of that time before all. */
#ifndef DB_RECORDED_H
#define DB_RECORDED_H

#include "db/query.h"
#include "policy/decide/rules.h"
#include "policy/file/policy.h"

#include <stdint.h>

/* In the order of those of the same moment. */
enum recorded_kind {
    RECORDED_START,      /* a governor begins: whatever was known of slices is forgotten */
    RECORDED_POLICY,     /* hash: another policy is in force */
    RECORDED_HOLD,       /* key ("*": all), until_unix_usec (0: released) */
    RECORDED_DISMISSAL,  /* key: its leak was called none */
    RECORDED_OUTCOME,    /* outcome: decision, kind, result and times; all else is 0 */
    RECORDED_VANISHED,   /* serial */
    RECORDED_BORN,       /* born: the slice, and when that was, which may be long before */
    RECORDED_SAMPLE,     /* brief, of the life brief->serial */
    RECORDED_WARM_START, /* serial: what was remembered of the slice becomes known */
    RECORDED_TICK,       /* node: the samples are complete */
    RECORDED_LOOK,       /* look */
    RECORDED_DECISION,   /* decision, whole */
};

struct recorded {
    enum recorded_kind kind;
    int64_t boot; /* numbers boots in their order */
    struct stamp at;
    union {
        uint64_t hash, serial;
        const char *key;
        struct {
            const char *key;
            int64_t until_unix_usec;
        } hold;
        const struct outcome *outcome;
        struct {
            const struct slice *slice;
            int64_t unix_usec;
        } born;
        const struct sample_brief *brief;
        const struct node_sample *node;
        const struct node_look *look;
        const struct query_decision *decision;
    };
};

/* Calls `event` for all that was recorded from `since` until before `until` (Unix time). What it is
 * given lives during the call; a result other than 0 ends the walk and is returned. 0, or -errno
 * with words. */
int recorded_walk(struct db *db, int64_t since_unix_usec, int64_t until_unix_usec,
    int (*event)(void *context, const struct recorded *event), void *context,
    struct mom_error *error);

/* The policy of that hash. -ENOENT with words: its texts are not kept; else as policy_load_layers,
 * with what is wrong told to `say`. */
int recorded_policy(struct db *db, uint64_t hash, policy_say *say, void *context,
    struct policy **ret, struct mom_error *error);

#endif
