/* Raw rows: buffered by slice, and put in order.
 *
 *   sample (life, Unix time in us) > its slice > stored before? pass over
 *                                              > its second t, made later than the row before it
 *                                              > waits > STORE_BATCH rows are written together
 *
 * A row's place is (slice, t); t is the sample's own second unless the clock was set back a
 * little, or another row has that second: then the row is also in `shifted`, with the life and the
 * exact time that it came with. So a sample that is drained a second time is known again: shifted
 * rows by that time, all others by standing at their own second with the same values. */
#include "db/connection.h"
#include "db/samples.h"
#include "db/store.h"
#include "db/tier.h"
#include "slices/base/text.h"

#include <errno.h>
#include <stdlib.h>

#define HASH_NONFATAL_OOM 1
/* uthash's own is a switch that falls through. */
#define HASH_FUNCTION(key, length, hash)                                                           \
    ((hash) = (unsigned)text_hash(TEXT_HASH_SEED, (key), (length)))
#include <uthash.h>

/* How far a sample is moved from its own second. A step back of more is taken as it is, and a
 * sample that finds no free second so near among older rows is passed over. */
enum { MOVED_MOST_SEC = 120 };
#define NO_TIME INT64_MIN

struct waiting_row {
    int64_t t;
    struct sample_brief brief;
};

struct series { /* of one slice, over its lives */
    int64_t slice;
    int64_t mark_t;   /* of the sample that came last */
    int64_t newest_t; /* the largest t ever: what is later was surely not stored before */
    bool limit_known;
    uint64_t limit_bytes, high_bytes, swap_limit_bytes; /* as stored last */
    uint32_t rows;
    struct waiting_row row[STORE_BATCH];
    UT_hash_handle hh;
};

struct life {
    uint64_t serial;
    struct series *series;
    UT_hash_handle hh;
};

struct store {
    struct series *series; /* by slice */
    struct life *lives;    /* by serial */
};

void store_forget(struct db *db)
{
    db->oom_kills = 0;
    if (!db->store)
        return;
    struct life *life, *next_life;
    HASH_ITER(hh, db->store->lives, life, next_life)
    {
        HASH_DEL(db->store->lives, life); /* NOLINT: uthash */
        free(life);
    }
    struct series *series, *next_series;
    HASH_ITER(hh, db->store->series, series, next_series)
    {
        HASH_DEL(db->store->series, series); /* NOLINT: uthash */
        free(series);
    }
    free(db->store);
    db->store = NULL;
}

int life_slice(struct db *db, uint64_t serial, int64_t *ret, struct mom_error *error)
{
    int r = require_boot(db, error);
    if (r < 0)
        return r;
    struct call call;
    call_open(&call, db, SQL_LIFE_FIND, error);
    put_int(&call, db->boot);
    put_u64(&call, serial);
    r = call_scalar(&call, ret);
    if (r == 0)
        return error_set(error, -ENOENT, "no life %llu", (unsigned long long)serial);
    return r < 0 ? r : 0;
}

/* Where the slice's history stands in the database. */
static int load_series(struct db *db, struct series *series, struct mom_error *error)
{
    struct call call;
    call_open(&call, db, SQL_SERIES_FIND, error);
    put_int(&call, series->slice);
    int r = call_next(&call);
    if (r > 0) {
        series->mark_t = get_int_or(&call, NO_TIME);
        series->newest_t = get_int_or(&call, NO_TIME);
        if (series->newest_t < series->mark_t)
            series->newest_t = series->mark_t;
        series->limit_known = get_int(&call) != 0;
        series->limit_bytes = get_limit(&call);
        series->high_bytes = get_limit(&call);
        series->swap_limit_bytes = get_limit(&call);
    }
    return call_close(&call, r < 0 ? r : 0);
}

static int find_series(struct db *db, int64_t slice, struct series **ret, struct mom_error *error)
{
    struct series *series;
    HASH_FIND(hh, db->store->series, &slice, sizeof slice, series);
    if (!series) {
        series = calloc(1, sizeof *series);
        if (!series)
            return error_errno(error, -ENOMEM, "samples of a slice");
        series->slice = slice;
        int r = load_series(db, series, error);
        if (r == 0) {
            HASH_ADD(hh, db->store->series, slice, sizeof series->slice, series);
            r = series->hh.tbl ? 0 : error_errno(error, -ENOMEM, "samples of a slice");
        }
        if (r < 0) {
            free(series);
            return r;
        }
    }
    *ret = series;
    return 0;
}

static int find_life(struct db *db, uint64_t serial, struct life **ret, struct mom_error *error)
{
    if (!db->store)
        db->store = calloc(1, sizeof *db->store);
    if (!db->store)
        return error_errno(error, -ENOMEM, "samples");
    HASH_FIND(hh, db->store->lives, &serial, sizeof serial, *ret);
    if (*ret)
        return 0;
    int64_t slice = 0;
    struct series *series = NULL;
    int r = life_slice(db, serial, &slice, error);
    if (r == 0)
        r = find_series(db, slice, &series, error);
    if (r < 0)
        return r;
    struct life *life = calloc(1, sizeof *life);
    if (!life)
        return error_errno(error, -ENOMEM, "a life");
    *life = (struct life){.serial = serial, .series = series};
    HASH_ADD(hh, db->store->lives, serial, sizeof life->serial, life);
    if (!life->hh.tbl) {
        free(life);
        return error_errno(error, -ENOMEM, "a life");
    }
    *ret = life;
    return 0;
}

static void put_row(struct call *call, int64_t slice, int64_t t, const struct sample_brief *brief)
{
    put_int(call, slice);
    put_int(call, t);
    put_int_or_null(call, brief->have & BRIEF_RSS, brief->rss);
    put_int_or_null(call, brief->have & BRIEF_SWAP, brief->swap);
    put_int_or_null(call, brief->have & BRIEF_FOOTPRINT, brief->footprint);
    put_int_or_null(call, brief->have & BRIEF_CURRENT, brief->current);
    put_int_or_null(call, brief->have & BRIEF_PRESSURE, brief->pressure);
    put_int(call, brief->faults);
    put_int(call, brief->shmem);
    put_int(call, brief->swapcached);
    put_int_or_null(call, brief->have & BRIEF_BADNESS, (int64_t)brief->badness);
    put_int_or_null(call, brief->have & BRIEF_MEMS, (int64_t)brief->mems);
    put_int_or_null(call, brief->have & BRIEF_ROOM, brief->room);
    put_int_or_null(call, brief->have & BRIEF_KERNEL, brief->kernel);
}

static int64_t own_second(const struct sample_brief *brief)
{
    return brief->unix_usec > 0 ? brief->unix_usec / USEC_PER_SEC : 0;
}

/* The life and time by which a shifted row is known again. */
static void put_origin(struct call *call, const struct sample_brief *brief)
{
    put_int(call, call->db->boot);
    put_u64(call, brief->serial);
    put_int(call, brief->unix_usec);
}

/* 1: drained before. */
static int stored_before(struct db *db, const struct series *series,
    const struct sample_brief *brief, struct mom_error *error)
{
    int64_t t = own_second(brief);
    if (t > series->newest_t)
        return 0;
    for (uint32_t i = 0; i < series->rows; i++) {
        const struct sample_brief *other = &series->row[i].brief;
        if (other->serial == brief->serial && other->unix_usec == brief->unix_usec)
            return 1;
    }
    struct call call;
    call_open(&call, db, SQL_RAW_STORED, error);
    put_row(&call, series->slice, t, brief);
    put_origin(&call, brief);
    int64_t stored = 0;
    int r = call_scalar(&call, &stored);
    return r < 0 ? r : stored != 0;
}

static bool has_limits(const struct series *series, const struct sample_brief *brief)
{
    return series->limit_bytes == brief->limit_bytes && series->high_bytes == brief->high_bytes &&
           series->swap_limit_bytes == brief->swap_limit_bytes;
}

static int write_row(
    struct db *db, struct series *series, const struct waiting_row *row, struct mom_error *error)
{
    struct call call;
    call_open(&call, db, SQL_RAW_ADD, error);
    put_row(&call, series->slice, row->t, &row->brief);
    int r = call_run(&call);
    if (r == 0 && row->t != own_second(&row->brief)) {
        call_open(&call, db, SQL_SHIFTED_ADD, error);
        put_int(&call, series->slice);
        put_int(&call, row->t);
        put_origin(&call, &row->brief);
        r = call_run(&call);
    }
    if (r < 0 || (series->limit_known && has_limits(series, &row->brief)))
        return r;
    call_open(&call, db, SQL_LIMIT_ADD, error);
    put_int(&call, series->slice);
    put_int(&call, row->t);
    put_limit(&call, row->brief.limit_bytes);
    put_limit(&call, row->brief.high_bytes);
    put_limit(&call, row->brief.swap_limit_bytes);
    series->limit_known = true;
    series->limit_bytes = row->brief.limit_bytes;
    series->high_bytes = row->brief.high_bytes;
    series->swap_limit_bytes = row->brief.swap_limit_bytes;
    return call_run(&call);
}

static int write_waiting(struct db *db, struct series *series, struct mom_error *error)
{
    int r = 0;
    int64_t first_t = INT64_MAX;
    for (uint32_t i = 0; r == 0 && i < series->rows; i++) {
        first_t = least(first_t, series->row[i].t);
        r = write_row(db, series, &series->row[i], error);
    }
    if (r < 0 || series->rows == 0)
        return r;
    struct call call;
    call_open(&call, db, SQL_TIER_TOUCH, error);
    put_int(&call, tier_span_sec[RAW]);
    put_int(&call, series->slice);
    put_int(&call, first_t);
    put_int(&call, align_down(first_t, tier_span_sec[MINUTE]));
    r = call_run(&call);
    if (r < 0)
        return r;
    call_open(&call, db, SQL_SLICE_MARK, error);
    put_int(&call, series->slice);
    put_int(&call, series->mark_t);
    put_int(&call, series->row[series->rows - 1].brief.unix_usec);
    series->rows = 0;
    return call_run(&call);
}

/* Makes *t the first second from there on that has no row of the slice; 1: it is not near. */
static int next_free(struct db *db, struct series *series, int64_t *t, struct mom_error *error)
{
    int r = write_waiting(db, series, error);
    if (r < 0)
        return r;
    struct call call;
    call_open(&call, db, SQL_RAW_TIMES, error);
    put_int(&call, series->slice);
    put_int(&call, *t);
    const int64_t end = *t + MOVED_MOST_SEC;
    while ((r = call_next(&call)) > 0 && get_int(&call) == *t && *t < end)
        ++*t;
    return call_close(&call, r < 0 ? r : *t == end);
}

int store_sample(struct db *db, const struct sample_brief *brief, struct mom_error *error)
{
    struct life *life = NULL;
    int r = find_life(db, brief->serial, &life, error);
    if (r < 0)
        return r;
    struct series *series = life->series;
    r = stored_before(db, series, brief, error);
    if (r != 0)
        return r < 0 ? r : 0;
    int64_t t = own_second(brief);
    if (t <= series->mark_t && t >= series->mark_t - MOVED_MOST_SEC)
        t = series->mark_t + 1;
    if (t <= series->newest_t) { /* only after a step back by more */
        r = next_free(db, series, &t, error);
        if (r != 0)
            return r < 0 ? r : 0;
    }
    series->mark_t = t;
    if (series->newest_t < t)
        series->newest_t = t;
    series->row[series->rows++] = (struct waiting_row){.t = t, .brief = *brief};
    return series->rows == STORE_BATCH ? write_waiting(db, series, error) : 0;
}

int store_flush(struct db *db, struct mom_error *error)
{
    if (!db->store)
        return 0;
    for (struct series *series = db->store->series; series; series = series->hh.next) {
        int r = write_waiting(db, series, error);
        if (r < 0)
            return r;
    }
    return 0;
}

static int flush_life(
    struct db *db, uint64_t serial, struct life **ret_life, struct mom_error *error)
{
    int r = find_life(db, serial, ret_life, error);
    return r < 0 ? r : write_waiting(db, (*ret_life)->series, error);
}

int store_flush_life(struct db *db, uint64_t serial, struct mom_error *error)
{
    struct life *life = NULL;
    return flush_life(db, serial, &life, error);
}

int samples_end_life(struct db *db, uint64_t serial, struct mom_error *error)
{
    struct life *life = NULL;
    int r = flush_life(db, serial, &life, error);
    if (r < 0)
        return r;
    struct series *series = life->series;
    HASH_DEL(db->store->lives, life);
    free(life);
    for (life = db->store->lives; life; life = life->hh.next)
        if (life->series == series)
            return 0; /* the slice goes on in another life */
    HASH_DEL(db->store->series, series);
    free(series);
    return 0;
}
