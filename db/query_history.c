/* The history of a slice over tiers that reach back to different times.
 *
 *   hour        ..................|
 *   ten minutes                   |......|              each tier up to the time from which on
 *   minute                        .      |...|          the finer ones are not yet in it (see
 *   raw                                      |......    rollup.c: `due`)
 */
#include "db/connection.h"
#include "db/query.h"
#include "db/tier.h"
#include "policy/leak/window.h"

#include <errno.h>

struct tier_state {
    int64_t oldest; /* INT64_MAX: it has no rows */
    int64_t due;    /* INT64_MAX: all of it is in the next coarser tier */
};

static int load_tiers(
    struct db *db, int64_t slice, struct tier_state state[TIERS], struct mom_error *error)
{
    for (enum tier tier = RAW; tier < TIERS; tier++)
        state[tier] = (struct tier_state){.oldest = INT64_MAX, .due = INT64_MAX};
    struct call call;
    call_open(&call, db, SQL_TIERS_OF_SLICE, error);
    put_int(&call, slice);
    int r;
    while ((r = call_next(&call)) > 0) {
        int64_t span = get_int(&call);
        for (enum tier tier = RAW; tier < TIERS; tier++)
            if (tier_span_sec[tier] == span) {
                state[tier].oldest = get_int(&call);
                state[tier].due = get_int_or(&call, INT64_MAX);
            }
    }
    return call_close(&call, r);
}

/* A page count of a row, in bytes; notes in `have` that it is known. */
static uint64_t get_pages(struct call *call, struct query_point *point, unsigned bit)
{
    if (!next_is_null(call))
        point->have |= (uint8_t)bit;
    return get_u64(call) * SAMPLE_PAGE;
}

static void get_point(struct call *call, int64_t span_sec, struct query_point *ret)
{
    *ret = (struct query_point){.unix_usec = get_int(call) * USEC_PER_SEC, .span_sec = span_sec};
    ret->rss = get_pages(call, ret, BRIEF_RSS);
    ret->swap = get_pages(call, ret, BRIEF_SWAP);
    ret->footprint = get_pages(call, ret, BRIEF_FOOTPRINT);
    ret->current = get_pages(call, ret, BRIEF_CURRENT);
    ret->footprint_min = get_u64(call) * SAMPLE_PAGE;
    ret->footprint_max = get_u64(call) * SAMPLE_PAGE;
    if (!next_is_null(call))
        ret->have |= BRIEF_PRESSURE;
    ret->pressure = get_u32(call);
    ret->faults = get_u32(call);
    ret->limit = get_limit(call);
}

static int walk_tier(struct db *db, int64_t slice, enum tier tier, int64_t from, int64_t to,
    int (*row)(void *, const struct query_point *), void *context, struct mom_error *error)
{
    struct call call;
    call_open(&call, db, tier == RAW ? SQL_HISTORY_RAW : SQL_HISTORY_ROLLUP, error);
    put_int(&call, slice);
    put_int(&call, from);
    put_int(&call, to);
    put_int(&call, tier_span_sec[tier]);
    int r;
    while ((r = call_next(&call)) > 0) {
        struct query_point point;
        get_point(&call, tier_span_sec[tier], &point);
        r = row(context, &point);
        if (r != 0)
            break;
    }
    return call_close(&call, r);
}

/* Up to when a tier holds all that the finer ones know. */
static int64_t made_until(const struct tier_state state[TIERS], enum tier tier)
{
    int64_t due = INT64_MAX;
    for (enum tier finer = RAW; finer < tier; finer++)
        due = least(due, state[finer].due);
    return due == INT64_MAX ? due : align_down(due, tier_span_sec[tier]);
}

static int walk_merged(struct db *db, int64_t slice, const struct tier_state state[TIERS],
    enum tier coarsest, int64_t from, int64_t to, int (*row)(void *, const struct query_point *),
    void *context, struct mom_error *error)
{
    int r = 0;
    from = align_down(from, tier_span_sec[coarsest]); /* the bin that `from` lies in */
    for (int tier = (int)coarsest; tier >= RAW && r == 0 && from < to; tier--) {
        int64_t end = least(to, made_until(state, (enum tier)tier));
        if (end <= from)
            continue;
        r = walk_tier(db, slice, (enum tier)tier, from, end, row, context, error);
        from = end;
    }
    return r;
}

/* The finest tier that reaches back to `since`, or as far as any. Rollups begin with the whole hour
 * of their oldest row, so tiers count as equal that begin within the same hour. */
static enum tier finest_covering(const struct tier_state state[TIERS], int64_t since)
{
    int64_t earliest = INT64_MAX;
    for (enum tier tier = RAW; tier < TIERS; tier++)
        earliest = least(earliest, state[tier].oldest);
    enum tier tier = RAW;
    while (tier < HOUR && state[tier].oldest > since &&
           (state[tier].oldest == INT64_MAX ||
               align_down(state[tier].oldest, tier_span_sec[HOUR]) > earliest))
        tier++;
    return tier;
}

static int history(struct db *db, int64_t slice, enum query_tier wanted, int64_t since, int64_t to,
    int (*row)(void *, const struct query_point *), void *context, struct mom_error *error)
{
    static const enum tier tier_of[] = {[TIER_RAW] = RAW,
        [TIER_MINUTE] = MINUTE,
        [TIER_TEN_MINUTES] = TEN_MINUTES,
        [TIER_HOUR] = HOUR};
    if (wanted != TIER_AUTO) {
        enum tier tier = tier_of[wanted];
        since = align_down(since, tier_span_sec[tier]);
        return walk_tier(db, slice, tier, since, to, row, context, error);
    }
    struct tier_state state[TIERS];
    int r = load_tiers(db, slice, state, error);
    if (r < 0)
        return r;
    enum tier tier = finest_covering(state, since);
    return walk_merged(db, slice, state, tier, since, to, row, context, error);
}

/* The first whole second that is not before `unix_usec`. */
static int64_t second_from(int64_t unix_usec)
{
    int64_t second = unix_usec > 0 ? unix_usec / USEC_PER_SEC : 0;
    return unix_usec > second * USEC_PER_SEC ? second + 1 : second;
}

int query_history(struct db *db, int64_t slice_id, enum query_tier tier, int64_t since_unix_usec,
    int64_t until_unix_usec, int (*row)(void *, const struct query_point *), void *context,
    struct mom_error *error)
{
    if ((unsigned)tier > TIER_HOUR)
        return error_set(error, -EINVAL, "no tier %d", (int)tier);
    int r = snapshot_begin(db, error);
    if (r < 0)
        return r;
    r = history(db, slice_id, tier, second_from(since_unix_usec), second_from(until_unix_usec), row,
        context, error);
    snapshot_end(db);
    return r;
}

struct floors {
    int64_t first_sec, bin_sec;
    uint32_t *pages;
};

static int add_floor(void *context, const struct query_point *point)
{
    struct floors *floors = context;
    int64_t t = point->unix_usec / USEC_PER_SEC;
    uint64_t pages = point->footprint_min / SAMPLE_PAGE;
    if (!(point->have & BRIEF_FOOTPRINT) || t < floors->first_sec)
        return 0;
    uint32_t *floor = &floors->pages[(t - floors->first_sec) / floors->bin_sec];
    if (pages < *floor)
        *floor = (uint32_t)pages;
    return 0;
}

/* Moves the known floors to the front of the array; returns how many bins are left. */
static uint32_t drop_leading_holes(struct floors *floors, uint32_t count)
{
    uint32_t holes = 0;
    while (holes < count && floors->pages[holes] == WINDOW_NO_FLOOR)
        holes++;
    for (uint32_t i = holes; holes > 0 && i < count; i++)
        floors->pages[i - holes] = floors->pages[i];
    floors->first_sec += holes * floors->bin_sec;
    return count - holes;
}

/* What is newer may not be stored yet, or not be rolled up. Who asks later for the floors of then
 * gets the same. */
enum { STORED_SEC = 5, ROLLED_UP_SEC = 300 };

static int fill_floors(
    struct db *db, const char *key, int64_t to_sec, struct floors *floors, struct mom_error *error)
{
    int64_t slice = 0;
    struct call call;
    call_open(&call, db, SQL_SLICE_OF_KEY, error);
    put_text(&call, key);
    int r = call_scalar(&call, &slice);
    if (r <= 0)
        return r;
    struct tier_state state[TIERS];
    r = load_tiers(db, slice, state, error);
    if (r < 0)
        return r;
    state[RAW].due = least(state[RAW].due, to_sec - ROLLED_UP_SEC);
    enum tier tier = HOUR; /* the coarsest whose bins fit into these; rows for minutes */
    while (floors->bin_sec % tier_span_sec[tier] != 0)
        tier--;
    if (floors->bin_sec == tier_span_sec[MINUTE])
        tier = finest_covering(state, floors->first_sec) == RAW ? RAW : MINUTE;
    return walk_merged(db, slice, state, tier, floors->first_sec, to_sec, add_floor, floors, error);
}

int query_floors(struct db *db, const char *key, int64_t bin_sec, struct stamp now, uint32_t max,
    uint32_t *floor_pages, int64_t *ret_first_sec, struct mom_error *error)
{
    if (bin_sec <= 0 || bin_sec % tier_span_sec[MINUTE] != 0)
        return error_set(error, -EINVAL, "no bins of %lld s", (long long)bin_sec);
    /* The clocks' distance, rounded: the same whenever it is asked for. */
    int64_t boot_was_sec = (now.unix_usec - now.boot_usec + USEC_PER_SEC / 2) / USEC_PER_SEC;
    int64_t now_sec = now.unix_usec / USEC_PER_SEC;
    int64_t end_sec = now_sec - (now_sec - boot_was_sec) % bin_sec;
    if (bin_sec > tier_span_sec[MINUTE]) /* what is newer than a minute is seen soon enough */
        end_sec += bin_sec;
    struct floors floors = {end_sec - bin_sec * max, bin_sec, floor_pages};
    for (uint32_t i = 0; i < max; i++)
        floor_pages[i] = WINDOW_NO_FLOOR;
    int r = snapshot_begin(db, error);
    if (r < 0)
        return r;
    r = fill_floors(db, key, least(now_sec - STORED_SEC, end_sec), &floors, error);
    snapshot_end(db);
    if (r < 0)
        return r;
    uint32_t count = drop_leading_holes(&floors, max);
    *ret_first_sec = floors.first_sec;
    return (int)count;
}
