/* Reading: rows as structs, one callback a row; a callback that returns non-zero ends the query,
 * and that value is returned. 0 at the end, -errno with words on failure. Texts are valid during
 * the call only. */
#ifndef DB_QUERY_H
#define DB_QUERY_H

#include "db/db.h"
#include "policy/decide/decision.h"
#include "policy/decide/ladder.h"
#include "slices/action.h"
#include "slices/program.h"

#include <stdint.h>

enum query_tier { TIER_AUTO, TIER_RAW, TIER_MINUTE, TIER_TEN_MINUTES, TIER_HOUR };

/* Processes of a slice that the kernel's OOM killer ended. */
struct query_oom_kills {
    uint64_t ever;            /* in all lives */
    uint64_t in_life;         /* in the newest one */
    int64_t newest_unix_usec; /* when the newest of them was seen; 0: there were none */
    struct slice_life life;   /* the newest one; all zero: none is known */
    bool life_lasts;          /* it has not vanished, and its boot is the newest */
};

struct query_slice {
    int64_t id;
    const char *key, *name, *path, *kind, *runtime;
    int64_t first_unix_usec, last_unix_usec;
    uint32_t lives, decisions, resets;
    bool alive;
    const char *leak, *shape, *channel; /* newest trend, or "" */
    double rate;                        /* bytes a second */
    int64_t since_unix_usec;
    double left_p10, left_p50, left_p90; /* seconds, negative: none */
    uint64_t footprint_bytes, limit_bytes;
    struct query_oom_kills oom_kills;
};
/* All slices whose key, name or path matches the glob (NULL: all), ordered by key. */
int query_slices(struct db *db, const char *glob, int (*row)(void *, const struct query_slice *),
    void *context, struct mom_error *error);

struct query_point {
    int64_t unix_usec;
    int64_t span_sec;                       /* 0: a raw row */
    uint64_t rss, swap, footprint, current; /* bytes; averages of a rollup */
    uint64_t footprint_min, footprint_max;
    uint32_t pressure; /* hundredths of a per cent */
    uint32_t faults;
    uint64_t limit; /* bytes, SAMPLE_NO_LIMIT: none */
    uint16_t have;  /* BRIEF_* bits */
};
/* The history of one slice over all of its lives; TIER_AUTO takes the finest tier that covers
 * `since`. */
int query_history(struct db *db, int64_t slice_id, enum query_tier tier, int64_t since_unix_usec,
    int64_t until_unix_usec, int (*row)(void *, const struct query_point *), void *context,
    struct mom_error *error);

/* All processes that the kernel's OOM killer has ended on the node, over all boots that were seen.
 */
int query_node_oom_kills(struct db *db, uint64_t *ret, struct mom_error *error);

/* A boot that is known, oldest first. */
struct query_boot {
    const char *id;          /* its first eight digits */
    int64_t first_unix_usec; /* when mom first saw it */
    int64_t last_unix_usec;  /* the newest row of its history; 0: there is none */
    const char *how;         /* it ended (boot_end_names); "": clean, or it has not ended */
    int64_t ordered_unix_usec;
    const char *way;   /* last_resort_names; "" */
    uint64_t decision; /* that ended it; 0: none */
    const char *panic; /* the kernel's word for it; "" */
};
int query_boots(struct db *db, int (*row)(void *, const struct query_boot *), void *context,
    struct mom_error *error);

/* The newest row of a boot's history. 1; 0: there is none. */
int query_boot_newest(
    struct db *db, const uint8_t boot[16], int64_t *ret_unix_usec, struct mom_error *error);

/* Who lived when that was, in bytes: the largest, at most `most`. */
struct query_active {
    const char *key;
    uint64_t rss, swap, footprint;
};
int query_active(struct db *db, const uint8_t boot[16], int64_t newest_unix_usec, uint32_t most,
    int (*row)(void *, const struct query_active *), void *context, struct mom_error *error);

/* Decisions, notes and outcomes of a time, oldest first. */
struct query_event {
    int64_t unix_usec;
    const char *id;         /* "3f2a91c0-17": what `momctl why` takes */
    const char *what;       /* action, or the note's kind */
    const char *key, *name; /* "" for notes */
    const char *text;       /* reason, restraint and outcome in a few words; or the note */
};
int query_events(struct db *db, const char *glob, int64_t since_unix_usec, int64_t until_unix_usec,
    int (*row)(void *, const struct query_event *), void *context, struct mom_error *error);

/* One decision with all that belongs to it. */
struct query_decision {
    char id[32];
    struct decision decision;
    bool has_outcome;
    struct outcome outcome;
    struct process_table processes;
    uint32_t programs;
    struct program_outcome program[PROGRAM_ROLES]; /* in the order in which they ended */
};
/* `id` as printed, or its number alone (newest boot). -ENOENT: no such decision. */
int query_decision(
    struct db *db, const char *id, struct query_decision *ret, struct mom_error *error);

/* Whose slice a life of the current boot was: the group's owner. 1; 0: that life is not known. */
int query_life_uid(struct db *db, uint64_t serial, uint32_t *ret, struct mom_error *error);

/* Warm start: floors of a key's last days, one bin per element (WINDOW_NO_FLOOR where there is
 * none), oldest first. `bin_sec`: whole minutes. The bins are those of the boot clock, as the
 * detector's: at most `max`, the newest of them that of `now`, of minutes the one before.
 * *ret_first is the Unix time of the first bin in seconds. Returns how many. */
int query_floors(struct db *db, const char *key, int64_t bin_sec, struct stamp now, uint32_t max,
    uint32_t *floor_pages, int64_t *ret_first_sec, struct mom_error *error);

/* What a slice is known for. */
struct query_past {
    struct ladder_past past;      /* its newest resets, however long ago: the policy forgives */
    int64_t hold_until_unix_usec; /* its newest hold that is in force; 0: none */
    uint32_t dismissed;       /* leaks in the last `within_sec` seconds that people called none */
    uint64_t dismissed_bytes; /* by the newest of these: what it must grow beyond */
};
#define DISMISSED_WITHIN_SEC (30 * 86400) /* what the governor is told of at a slice's birth */
int query_past(struct db *db, const char *key, int64_t now_unix_usec, int64_t within_sec,
    struct query_past *ret, struct mom_error *error);

#endif
