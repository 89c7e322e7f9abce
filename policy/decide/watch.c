#include "policy/decide/watch.h"

#include <math.h>
#include <string.h>

void watch_init(struct watch *watch, const struct slice *slice, const struct slice_policy *policy,
    int64_t absent_usec, struct stamp now, bool warm)
{
    memset(watch, 0, sizeof *watch);
    watch->absent_usec = watch->growth_at_usec = absent_usec;
    watch->serial = slice->serial;
    watch->policy = *policy;
    watch->born = now;
    throttle_born(&watch->throttle, absent_usec != 0, now.boot_usec);
    leak_init(&watch->leak, warm);
}

void watch_preload(struct watch *watch, const struct policy_globals *globals,
    enum window_scale scale, int64_t first_unix_usec, const uint32_t *floor_pages, uint32_t count,
    struct stamp now)
{
    int64_t age_usec, end_usec, span_usec = (int64_t)count * window_bin_usec[scale];
    if (globals->time_scale != 1 ||
        __builtin_sub_overflow(now.unix_usec, first_unix_usec, &age_usec) ||
        __builtin_sub_overflow(span_usec, age_usec, &end_usec) ||
        end_usec > window_bin_usec[scale] || age_usec > WATCH_EPOCH_USEC)
        return;
    int64_t first_usec = now.boot_usec + WATCH_EPOCH_USEC - age_usec;
    leak_preload(&watch->leak, scale, first_usec, floor_pages, count);
}

/* Pages that had been pushed out and were brought back. The counter's first value tells nothing. */
static void update_faulted(struct watch *watch)
{
    int64_t usec = watch->sample.at.boot_usec - watch->growth_at_usec;
    uint64_t before = watch->faults, now = sample_known(&watch->sample, SAMPLE_PGMAJFAULT);
    if (watch->growth_at_usec == 0 || usec <= 0)
        return;
    double bytes = before > 0 && now > before ? (double)(now - before) * SAMPLE_PAGE : 0;
    double weight = 1 - exp(-(double)usec / (double)WATCH_GROWTH_USEC);
    watch->faulted += weight * (bytes / ((double)usec / 1e6) - watch->faulted);
    watch->faults = now;
}

static void update_growth(struct watch *watch, uint64_t footprint)
{
    int64_t now = watch->sample.at.boot_usec, usec = now - watch->growth_at_usec;
    bool first = watch->growth_at_usec == 0;
    if (!first && usec <= 0)
        return;
    if (!first) {
        double grown = (double)footprint - (double)watch->footprint;
        double weight = 1 - exp(-(double)usec / (double)WATCH_GROWTH_USEC);
        bool twice = watch->growth_now > 0 && grown > 0;
        watch->grown_twice_usec = twice ? watch->growth_before_usec : 0;
        watch->growth_now = grown / ((double)usec / 1e6);
        watch->growth += weight * (watch->growth_now - watch->growth);
        watch->growth_before_usec = watch->growth_at_usec;
    }
    watch->growth_at_usec = now;
}

/* How much of it may lie in swap at once. A group's limits don't count what zram holds, so for them
 * zram is swap like any other. */
static uint64_t swap_reach(const struct sample *sample, const struct node_sample *node)
{
    uint64_t most = sample_limit(sample, SAMPLE_LIMIT_SWAP);
    uint64_t free = node_has(node, NODE_SWAP_FREE) ? node->value[NODE_SWAP_FREE] : 0;
    uint64_t reach = bytes_sum(sample_known(sample, SAMPLE_SWAP), free);
    return reach < most ? reach : most;
}

static void take_nearer(uint64_t *nearest, uint64_t a, uint64_t b)
{
    uint64_t limit = bytes_sum(a, b);
    if (limit < *nearest)
        *nearest = limit;
}

/* Its own two limits, the second as it would be without a throttle. */
static void own_limits(const struct watch *watch, uint64_t ret[2])
{
    const struct sample *sample = &watch->sample;
    ret[0] = sample_limit(sample, SAMPLE_LIMIT_MAX);
    ret[1] = ordered_limit(
        &watch->ordered, throttle_limit(&watch->throttle, sample_limit(sample, SAMPLE_LIMIT_HIGH),
                             sample->at.boot_usec));
}

/* The footprint at which they let it have no more. A limit of 0 is no limit: nothing could run
 * under it. */
static uint64_t own_end(
    const struct watch *watch, const uint64_t own[2], const struct node_sample *node)
{
    uint64_t nearest = SAMPLE_NO_LIMIT;
    for (size_t i = 0; i < 2; i++)
        if (own[i] > 0)
            take_nearer(&nearest, own[i], swap_reach(&watch->sample, node));
    return nearest;
}

/* See watch_update in the header. */
static uint64_t nearest_limit(
    const struct watch *watch, uint64_t footprint, const struct node_sample *node)
{
    const struct sample *sample = &watch->sample;
    uint64_t own[2], swap = 0;
    own_limits(watch, own);
    uint64_t nearest = own_end(watch, own, node);
    if (sample_has(sample, SAMPLE_ROOM))
        take_nearer(&nearest, footprint, sample->value[SAMPLE_ROOM]);
    if (node_has(node, NODE_MEM_AVAILABLE)) {
        (void)node_swap_room(node, &swap);
        take_nearer(&nearest, footprint, bytes_sum(node->value[NODE_MEM_AVAILABLE], swap));
    }
    return nearest;
}

static void update_strain(struct watch *watch, const struct node_sample *node)
{
    const struct raise *raise = &watch->raise;
    uint64_t own[2], enough = raise->temporary.state == TEMPORARY_OVER ? 0 : raise->before;
    own_limits(watch, own);
    if (!sample_has(&watch->sample, SAMPLE_PSI_SOME_AVG10))
        own[1] = SAMPLE_NO_LIMIT; /* v1: at its soft limit nobody waits */
    const struct strain_facts facts = {.limit = own[0] < own[1] ? own[0] : own[1],
        .footprint = watch->footprint,
        .end = own_end(watch, own, node),
        .growth = watch->growth,
        .faulted = watch->faulted,
        .enough = enough};
    strain_update(&watch->strain, &watch->sample, &facts);
}

static uint64_t node_short_at(
    uint64_t footprint, const struct policy_globals *globals, const struct node_sample *node)
{
    if (!node_has(node, NODE_MEM_AVAILABLE) || !node_has(node, NODE_MEM_TOTAL))
        return 0;
    uint64_t available = node->value[NODE_MEM_AVAILABLE];
    uint64_t below = policy_short_below(globals, node->value[NODE_MEM_TOTAL]);
    if (below == 0)
        return 0;
    return bytes_sum(footprint, available > below ? available - below : 0);
}

/* What outlives all processes is in shared memory, or was swapped out from there. */
static void update_survives(struct watch *watch)
{
    uint64_t most = bytes_sum(
        sample_known(&watch->sample, SAMPLE_SHMEM), sample_known(&watch->sample, SAMPLE_SWAP));
    if (watch->survives > most)
        watch->survives = most;
}

static void update_channel(struct watch *watch, int64_t t_usec)
{
    struct leak_report *report = &watch->leak.report;
    enum leak_channel channel = leak_channels_add(&watch->channels, t_usec, &watch->sample);
    report->channel = report->since_usec != 0 ? channel : LEAK_CHANNEL_UNKNOWN;
}

bool watch_update(
    struct watch *watch, const struct policy_globals *globals, const struct node_sample *node)
{
    uint64_t footprint;
    if (!sample_footprint(&watch->sample, &footprint))
        return false;
    update_faulted(watch);
    update_growth(watch, footprint);
    update_survives(watch);
    watch->footprint = footprint;
    update_strain(watch, node);
    watch->short_at = node_short_at(footprint, globals, node);
    int64_t clock_usec = watch->sample.at.boot_usec + WATCH_EPOCH_USEC;
    int64_t t_usec = (int64_t)((double)clock_usec * globals->time_scale);
    watch->end_at = nearest_limit(watch, footprint, node);
    bool short_first = watch->short_at > footprint && watch->short_at < watch->end_at;
    uint64_t limit = short_first ? watch->short_at : watch->end_at;
    int64_t life_usec = watch->leak.lives.record_from_usec;
    bool changed = leak_add(&watch->leak, t_usec, footprint, limit);
    if (watch->leak.lives.record_from_usec != life_usec) /* it was restarted */
        watch->channels = (struct leak_channels){0};
    update_channel(watch, t_usec);
    return changed;
}

double watch_left_usec(const struct watch *watch, const struct policy_globals *globals)
{
    const struct leak_report *report = &watch->leak.report;
    double left = report->left_p50;
    if (watch->end_at > 0 && watch->end_at != SAMPLE_NO_LIMIT && report->rate > 0)
        left = fmax((double)watch->end_at - (double)watch->footprint, 0) / report->rate;
    return left / globals->time_scale * 1e6;
}

bool watch_short_first(
    const struct watch *watch, const struct policy_globals *globals, double *ret_usec)
{
    double rate = watch->leak.report.rate * globals->time_scale;
    if (watch->short_at == 0 || watch->short_at >= watch->end_at || rate <= 0)
        return false;
    *ret_usec = (double)(watch->short_at - watch->footprint) / rate * 1e6;
    return true;
}

uint64_t watch_raised(const struct watch *watch)
{
    return bytes_sum(raise_extra(&watch->raise), ordered_extra(&watch->ordered));
}
