/* Rollups, retention and the cap.
 *
 * The table `tier` has a row for every slice and tier: `oldest`, how far back the tier goes, and
 * `due`, from when on its rows are not yet in the next coarser tier. Whoever adds rows lowers both,
 * so a late row, a hole or another life needs no rule of its own: bins from `due` on are made
 * (again), and `due` moves on to the next row there is, or to NULL.
 *
 *   raw --due--> minute --due--> ten minutes --due--> hour
 *    `oldest      `oldest         `oldest              `oldest     < retention: delete */
#include "db/rollup.h"
#include "db/connection.h"
#include "db/tier.h"

enum {
    STEPS_PER_CALL = 256, /* of one slice and tier each */
    BINS_PER_STEP = 20,
    ROWS_PER_DELETE = 1000, /* at most, since a tier's rows are at least its span apart */
    EVENTS_PER_DELETE = 500,
    KEPT_SEC = 3600 /* the cap never takes what is newer: the rings may bring it once more */
};

struct work {
    struct db *db;
    int64_t now_sec;
    const struct rollup_limits *limits;
    int steps_left;
    struct mom_error *error;
};

/* The first time from `from` on that has a row; *ret_known says whether there is one. */
static int first_row(
    struct work *work, enum tier tier, int64_t slice, int64_t from, bool *ret_known, int64_t *ret)
{
    struct call call;
    call_open(&call, work->db, tier == RAW ? SQL_RAW_FIRST : SQL_ROLLUP_FIRST, work->error);
    put_int(&call, tier_span_sec[tier]);
    put_int(&call, slice);
    put_int(&call, from);
    int r = call_scalar(&call, ret);
    *ret_known = r > 0;
    return r < 0 ? r : 0;
}

static int set_due(struct work *work, enum tier tier, int64_t slice, bool known, int64_t due)
{
    struct call call;
    call_open(&call, work->db, SQL_TIER_SET_DUE, work->error);
    put_int(&call, tier_span_sec[tier]);
    put_int(&call, slice);
    put_int_or_null(&call, known, due);
    return call_run(&call);
}

/* Bins of `into` between two times, from the rows of the tier below. */
static int make_bins(struct work *work, enum tier into, int64_t slice, int64_t from, int64_t end)
{
    enum tier source = into - 1;
    struct call call;
    call_open(&call, work->db, source == RAW ? SQL_ROLL_RAW : SQL_ROLL_ROLLUP, work->error);
    put_int(&call, tier_span_sec[into]);
    put_int(&call, slice);
    put_int(&call, from);
    put_int(&call, end);
    if (source != RAW)
        put_int(&call, tier_span_sec[source]);
    int r = call_run(&call);
    if (r < 0)
        return r;
    call_open(&call, work->db, SQL_TIER_TOUCH, work->error);
    put_int(&call, tier_span_sec[into]);
    put_int(&call, slice);
    put_int(&call, from);
    if (into == HOUR)
        put_null(&call);
    else
        put_int(&call, align_down(from, tier_span_sec[into + 1]));
    return call_run(&call);
}

/* One slice's piece of a tier. 1: made one; 0: nothing is due. */
static int roll_step(struct work *work, enum tier into)
{
    enum tier source = into - 1;
    int64_t span = tier_span_sec[into], complete = align_down(work->now_sec, span);
    struct call call;
    call_open(&call, work->db, SQL_TIER_NEXT_DUE, work->error);
    put_int(&call, tier_span_sec[source]);
    put_int(&call, complete - span);
    int r = call_next(&call);
    int64_t slice = r > 0 ? get_int(&call) : 0, due = r > 0 ? get_int(&call) : 0;
    r = call_close(&call, r);
    if (r <= 0)
        return r;
    int64_t end = least(complete, due + BINS_PER_STEP * span);
    r = make_bins(work, into, slice, due, end);
    bool more = false;
    int64_t next = 0;
    if (r == 0)
        r = first_row(work, source, slice, end, &more, &next);
    if (r == 0)
        r = set_due(work, source, slice, more, align_down(next, span));
    return r < 0 ? r : 1;
}

static int set_oldest(struct work *work, enum tier tier, int64_t slice)
{
    bool known = false;
    int64_t oldest = 0;
    int r = first_row(work, tier, slice, INT64_MIN, &known, &oldest);
    if (r < 0)
        return r;
    struct call call;
    call_open(&call, work->db, known ? SQL_TIER_SET_OLDEST : SQL_TIER_DELETE, work->error);
    put_int(&call, tier_span_sec[tier]);
    put_int(&call, slice);
    if (known)
        put_int(&call, oldest);
    return call_run(&call);
}

static int delete_rows(struct work *work, enum tier tier, int64_t slice, int64_t end)
{
    static const enum statement of_raw[] = {SQL_RAW_DELETE, SQL_SHIFTED_DELETE, SQL_LIMIT_DELETE};
    static const enum statement of_rollup[] = {SQL_ROLLUP_DELETE};
    const enum statement *statements = tier == RAW ? of_raw : of_rollup;
    size_t count = tier == RAW ? sizeof of_raw / sizeof of_raw[0] : 1;
    for (size_t i = 0; i < count; i++) {
        struct call call;
        call_open(&call, work->db, statements[i], work->error);
        put_int(&call, slice);
        put_int(&call, end);
        if (tier != RAW)
            put_int(&call, tier_span_sec[tier]);
        int r = call_run(&call);
        if (r < 0)
            return r;
    }
    return set_oldest(work, tier, slice);
}

/* Deletes the oldest piece of a tier: of one slice, before `cutoff`, and never what is not in the
 * next tier yet. 1: deleted; 0: nothing to delete. */
static int delete_step(struct work *work, enum tier tier, int64_t cutoff)
{
    struct call call;
    call_open(&call, work->db, SQL_TIER_NEXT_OLD, work->error);
    put_int(&call, tier_span_sec[tier]);
    put_int(&call, cutoff);
    int r = call_next(&call);
    int64_t slice = 0, end = 0;
    if (r > 0) {
        slice = get_int(&call);
        int64_t row_sec = tier == RAW ? 1 : tier_span_sec[tier];
        end = least(cutoff, get_int(&call) + ROWS_PER_DELETE * row_sec);
        end = least(end, get_int_or(&call, INT64_MAX));
    }
    r = call_close(&call, r);
    if (r <= 0)
        return r;
    r = delete_rows(work, tier, slice, end);
    return r < 0 ? r : 1;
}

static int64_t retention_sec(const struct rollup_limits *limits, enum tier tier)
{
    const int64_t by_tier[TIERS] = {[RAW] = limits->raw_sec,
        [MINUTE] = limits->minute_sec,
        [TEN_MINUTES] = limits->ten_minutes_sec,
        [HOUR] = limits->hour_sec};
    return by_tier[tier];
}

static int used_bytes(struct work *work, int64_t *ret)
{
    struct call call;
    call_open(&call, work->db, SQL_USED_BYTES, work->error);
    int r = call_scalar(&call, ret);
    return r < 0 ? r : 0;
}

/* Over the cap: the oldest of the finest tier that has anything to give. */
static int cap_step(struct work *work)
{
    int64_t used = 0;
    int r = used_bytes(work, &used);
    if (r < 0 || (uint64_t)used <= work->limits->cap_bytes)
        return r;
    for (enum tier tier = RAW; tier < TIERS && r == 0; tier++)
        r = delete_step(work, tier, work->now_sec - KEPT_SEC);
    return r;
}

/* What happened is kept as long as hours are; node samples as long as raw rows. */
static int forget_events(struct work *work)
{
    const struct rollup_limits *limits = work->limits;
    const struct {
        enum statement statement;
        int64_t kept_sec;
    } table[] = {
        {SQL_FORGET_NODE, limits->raw_sec},
        {SQL_FORGET_LOOKS, limits->raw_sec},
        {SQL_FORGET_POLICY_USES, limits->raw_sec},
        {SQL_FORGET_POLICY_LAYERS, limits->raw_sec},
        {SQL_FORGET_WARM_STARTS, limits->raw_sec},
        {SQL_FORGET_TRENDS, limits->hour_sec},
        {SQL_FORGET_DECISIONS, limits->hour_sec},
        {SQL_FORGET_INCIDENTS, limits->hour_sec},
        {SQL_FORGET_OUTCOMES, limits->hour_sec},
        {SQL_FORGET_PROGRAMS, limits->hour_sec},
        {SQL_FORGET_NOTES, limits->hour_sec},
        {SQL_FORGET_HOLDS, limits->hour_sec},
        {SQL_FORGET_DISMISSALS, limits->hour_sec},
        {SQL_FORGET_MAIL, limits->mail_sec},
        {SQL_FORGET_SLICES, limits->hour_sec},
    };
    int more = 0;
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        struct call call;
        call_open(&call, work->db, table[i].statement, work->error);
        put_int(&call, (work->now_sec - table[i].kept_sec) * USEC_PER_SEC);
        put_int(&call, EVENTS_PER_DELETE);
        int r = call_run(&call);
        if (r < 0)
            return r;
        if (db_changes(work->db) >= EVENTS_PER_DELETE)
            more = 1;
    }
    return more;
}

/* Repeats a step until it finds nothing more to do (0) or the call's share is used up (1). */
static int repeat(struct work *work, int (*step)(struct work *, enum tier), enum tier tier)
{
    int r = 1;
    while (r > 0 && work->steps_left > 0) {
        r = step(work, tier);
        work->steps_left--;
    }
    return r;
}

static int retention_step(struct work *work, enum tier tier)
{
    return delete_step(work, tier, work->now_sec - retention_sec(work->limits, tier));
}

static int capped_step(struct work *work, enum tier tier)
{
    (void)tier; /* the cap is for all of them */
    return cap_step(work);
}

static int run(struct work *work)
{
    int r = 0;
    for (enum tier tier = MINUTE; tier < TIERS && r == 0; tier++)
        r = repeat(work, roll_step, tier);
    for (enum tier tier = RAW; tier < TIERS && r == 0; tier++)
        r = repeat(work, retention_step, tier);
    if (r == 0)
        r = repeat(work, capped_step, RAW);
    return r == 0 ? forget_events(work) : r;
}

int rollup_run(struct db *db, int64_t now_unix_usec, const struct rollup_limits *limits,
    struct mom_error *error)
{
    struct work work = {.db = db,
        .now_sec = now_unix_usec / USEC_PER_SEC,
        .limits = limits,
        .steps_left = STEPS_PER_CALL,
        .error = error};
    int r = db_begin(db, error);
    if (r < 0)
        return r;
    int more = run(&work);
    r = more < 0 ? more : db_commit(db, error);
    if (r < 0) {
        db_abandon(db); /* samples that wait in the store are not part of this */
        return r;
    }
    return more;
}
