/* Reading slices, events, and the past of a key. */
#include "db/query.h"
#include "db/rows.h"
#include "db/tier.h"
#include "slices/base/text.h"

#include <string.h>

/* The newest trend: all NULL where there is none. */
static void get_trend(struct call *call, struct query_slice *ret)
{
    bool none = next_is_null(call);
    ret->leak = get_text(call);
    ret->shape = get_text(call);
    double rate = get_real(call);
    ret->rate = none ? 0 : rate;
    /* Times of a report are the detector's own; only their distance is meant here. */
    int64_t unix_usec = get_int(call), at_usec = get_int(call), since_usec = get_int(call);
    ret->since_unix_usec = since_usec ? unix_usec - (at_usec - since_usec) : 0;
    bool forecast = get_int(call) != 0;
    double *const left[] = {&ret->left_p10, &ret->left_p50, &ret->left_p90};
    for (size_t i = 0; i < sizeof left / sizeof left[0]; i++) {
        double seconds = get_real(call);
        *left[i] = forecast ? seconds : -1;
    }
    ret->channel = get_text(call);
}

static void get_oom_kills(struct call *call, struct query_oom_kills *ret)
{
    *ret = (struct query_oom_kills){.ever = get_u64(call)};
    ret->newest_unix_usec = get_int(call);
    ret->in_life = get_u64(call);
    ret->life_lasts = get_int(call) != 0;
    get_life(call, &ret->life);
}

int query_node_oom_kills(struct db *db, uint64_t *ret, struct mom_error *error)
{
    struct call call;
    int64_t kills = 0;
    call_open(&call, db, SQL_NODE_OOM_KILLS, error);
    int r = call_scalar(&call, &kills);
    *ret = (uint64_t)kills;
    return r < 0 ? r : 0;
}

int query_slices(struct db *db, const char *glob, int (*row)(void *, const struct query_slice *),
    void *context, struct mom_error *error)
{
    struct call call;
    call_open(&call, db, SQL_SLICES, error);
    put_text(&call, glob);
    int r;
    while ((r = call_next(&call)) > 0) {
        struct query_slice slice = {.id = get_int(&call)};
        slice.key = get_text(&call);
        slice.name = get_text(&call);
        slice.path = get_text(&call);
        slice.kind = get_text(&call);
        slice.runtime = get_text(&call);
        slice.first_unix_usec = get_int(&call);
        slice.last_unix_usec = get_int(&call);
        slice.lives = get_u32(&call);
        slice.decisions = get_u32(&call);
        slice.resets = get_u32(&call);
        slice.alive = get_int(&call) != 0;
        get_trend(&call, &slice);
        slice.footprint_bytes = get_u64(&call) * SAMPLE_PAGE;
        slice.limit_bytes = get_limit(&call);
        get_oom_kills(&call, &slice.oom_kills);
        r = row(context, &slice);
        if (r != 0)
            break;
    }
    return call_close(&call, r);
}

/* "node-rule swap-full; instead of reset: protected; done, 12.5 MiB freed"; "request; done, job
 * /a/b, 12.5 MiB freed" */
static void describe(struct call *call, char *text, size_t size)
{
    const char *what = get_text(call), *wanted = get_text(call), *restraint = get_text(call);
    bool restrained = *restraint && strcmp(restraint, restraint_names[RESTRAINT_NONE]) != 0;
    bool has_outcome = !next_is_null(call);
    const char *result = get_text(call), *job = get_text(call);
    double freed_mib = (double)get_u64(call) / (1 << 20);
    const char *problem = get_text(call);
    char freed[48] = "";
    if (freed_mib > 0)
        (void)text_format(freed, sizeof freed, ", %.1f MiB freed", freed_mib);
    /* What doesn't fit is cut: a note has at most 256 bytes. */
    (void)text_format(text, size, "%s%s%s%s%s%s%s%s%s%s%s%s", what,
        restrained ? "; instead of " : "", restrained ? wanted : "", restrained ? ": " : "",
        restrained ? restraint : "", has_outcome ? "; " : "", result, *job ? ", job " : "", job,
        freed, *problem ? ": " : "", problem);
}

int query_events(struct db *db, const char *glob, int64_t since_unix_usec, int64_t until_unix_usec,
    int (*row)(void *, const struct query_event *), void *context, struct mom_error *error)
{
    struct call call;
    call_open(&call, db, SQL_EVENTS, error);
    put_text(&call, glob);
    put_int(&call, since_unix_usec);
    put_int(&call, until_unix_usec);
    int r;
    while ((r = call_next(&call)) > 0) {
        char id[32] = "", text[1024];
        struct query_event event = {.unix_usec = get_int(&call), .id = id, .text = text};
        const char *boot = get_text(&call);
        bool has_id = !next_is_null(&call);
        uint64_t seq = get_u64(&call);
        if (has_id)
            (void)text_format(id, sizeof id, "%.8s-%llu", boot, (unsigned long long)seq);
        event.what = get_text(&call);
        event.key = get_text(&call);
        event.name = get_text(&call);
        describe(&call, text, sizeof text);
        r = row(context, &event);
        if (r != 0)
            break;
    }
    return call_close(&call, r);
}

static int find_dismissed(struct db *db, const char *key, int64_t since_usec, int64_t until_usec,
    struct query_past *ret, struct mom_error *error)
{
    struct call call;
    call_open(&call, db, SQL_DISMISSED, error);
    put_text(&call, key);
    put_int(&call, since_usec);
    put_int(&call, until_usec);
    int r = call_next(&call);
    if (r > 0) {
        ret->dismissed = get_u32(&call);
        ret->dismissed_bytes = get_u64(&call);
    }
    return call_close(&call, r < 0 ? r : 0);
}

/* Found from the newest on. */
static int find_strikes(struct db *db, const char *key, int64_t until_usec, struct ladder_past *ret,
    struct mom_error *error)
{
    int64_t newest[LADDER_PAST_MAX];
    struct call call;
    call_open(&call, db, SQL_STRIKES, error);
    put_text(&call, key);
    put_int(&call, until_usec);
    put_int(&call, LADDER_PAST_MAX);
    int r;
    while ((r = call_next(&call)) > 0 && ret->strikes < LADDER_PAST_MAX)
        newest[ret->strikes++] = get_int(&call);
    for (uint32_t i = 0; i < ret->strikes; i++)
        ret->unix_usec[i] = newest[ret->strikes - 1 - i];
    return call_close(&call, r < 0 ? r : 0);
}

int query_past(struct db *db, const char *key, int64_t now_unix_usec, int64_t within_sec,
    struct query_past *ret, struct mom_error *error)
{
    int64_t until_usec = 0, since_usec = now_unix_usec - within_sec * USEC_PER_SEC;
    struct call call;
    *ret = (struct query_past){0};
    int r = find_strikes(db, key, now_unix_usec, &ret->past, error);
    if (r < 0)
        return r;
    call_open(&call, db, SQL_HOLD, error);
    put_text(&call, key);
    r = call_scalar(&call, &until_usec);
    if (r < 0)
        return r;
    ret->hold_until_unix_usec = until_usec > now_unix_usec ? until_usec : 0;
    return find_dismissed(db, key, since_usec, now_unix_usec, ret, error);
}
