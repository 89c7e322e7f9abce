#include "mom/governor/governor.h"

#include "mom/common/clock.h"
#include "mom/common/log.h"
#include "mom/common/records.h"
#include "slices/base/text.h"
#include "slices/memory_nodes.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static int put_sample_record(
    struct governor *governor, uint32_t type, const void *payload, size_t length)
{
    return ring_write(&governor->samples, type, payload, length);
}

void tell_born(
    struct governor *governor, struct place *place, const struct slice *slice, struct stamp at)
{
    const struct record_born born = {.at = at, .slice = *slice};
    place->announced = put_sample_record(governor, RECORD_BORN, &born, sizeof born) == 0;
    place->faults = 0;
}

void tell_vanished(
    struct governor *governor, struct place *place, const struct slice *slice, struct stamp at)
{
    const struct record_vanished vanished = {.at = at, .serial = slice->serial};
    if (place->announced)
        (void)put_sample_record(governor, RECORD_VANISHED, &vanished, sizeof vanished);
    place->announced = false;
    if (place->told_serial == slice->serial) {
        static const struct live_slice nobody;
        (void)live_write_slice(&governor->live, slice->index, &nobody);
        place->told_serial = 0;
    }
}

static struct sample_brief brief_of(struct place *place, const struct slice *slice)
{
    const struct sample *sample = &place->watch.sample;
    struct sample_brief brief = sample_to_brief(sample);
    brief.serial = slice->serial;
    if (sample_has(sample, SAMPLE_PGMAJFAULT)) {
        uint64_t faults = sample->value[SAMPLE_PGMAJFAULT];
        if (place->faults > 0 && faults > place->faults)
            brief.faults = faults - place->faults < UINT32_MAX ? (uint32_t)(faults - place->faults)
                                                               : UINT32_MAX;
        place->faults = faults;
    }
    return brief;
}

void tell_sample(struct governor *governor, struct place *place, const struct slice *slice)
{
    if (!place->announced)
        tell_born(governor, place, slice, place->watch.born); /* the ring was full before */
    int64_t second = place->watch.sample.at.unix_usec / USEC_PER_SEC;
    if (!place->announced || second == place->told_second)
        return; /* history has a row a second at most */
    place->told_second = second;
    const struct sample_brief brief = brief_of(place, slice);
    (void)put_sample_record(governor, RECORD_BRIEF, &brief, sizeof brief);
}

void tell_to_wall(struct leak_report *report, struct stamp now)
{
    int64_t offset = now.unix_usec - now.boot_usec - WATCH_EPOCH_USEC;
    report->at_usec += report->at_usec != 0 ? offset : 0;
    report->since_usec += report->since_usec != 0 ? offset : 0;
}

void tell_trend(struct governor *governor, const struct place *place, struct stamp at)
{
    const struct watch *watch = &place->watch;
    struct record_trend trend = {.at = at, .serial = watch->serial, .report = watch->leak.report};
    leak_report_unscale(&trend.report, policy_globals(governor->policy)->time_scale);
    tell_to_wall(&trend.report, at);
    (void)put_sample_record(governor, RECORD_TREND, &trend, sizeof trend);
}

void tell_policy(struct governor *governor, struct stamp at)
{
    const struct record_policy record = {.at = at, .hash = policy_hash(governor->policy)};
    (void)ring_write(&governor->decisions, RECORD_POLICY, &record, sizeof record);
}

bool tell_decision(struct governor *governor, const struct decision *decision)
{
    return ring_write(&governor->decisions, RECORD_DECISION, decision, sizeof *decision) == 0;
}

void log_decision(const struct decision *decision, bool told)
{
    bool restrained = decision->restraint != RESTRAINT_NONE;
    log_notice("%s %s: %s%s%s (decision %llu)%s", action_kind_names[decision->action],
        decision->key, reason_names[decision->reason], restrained ? ", restrained: " : "",
        restrained ? restraint_names[decision->restraint] : "", (unsigned long long)decision->seq,
        told ? "" : "; not recorded, the recorder is far behind");
}

void tell_note(
    struct governor *governor, struct stamp at, const char *kind, const char *format, ...)
{
    struct record_note note = {.at = at, .seq = live_next_seq(&governor->live)};
    (void)text_copy(note.kind, sizeof note.kind, kind);
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(note.text, sizeof note.text, format, arguments);
    va_end(arguments);
    if (length >= (int)sizeof note.text) /* a cut path must not pass for its parent's */
        memcpy(note.text + sizeof note.text - 4, "...", 4);
    log_notice("%s: %s", kind, note.text);
    (void)ring_write(&governor->decisions, RECORD_NOTE, &note, sizeof note);
}

enum { NOTES_A_TICK = 4 }; /* of the kernel's kills, and of their names */

/* More than a few slices wait for the next tick: who makes the kernel kill must not crowd out
 * decisions. What the counter says at first is no news. */
static void note_oom_kills(
    struct governor *governor, struct place *place, const struct slice *slice, uint64_t kills)
{
    bool more = place->oom_known && kills > place->oom_noted;
    if (more && governor->oom_notes >= NOTES_A_TICK)
        return;
    if (more) {
        uint64_t count = kills - place->oom_noted;
        governor->oom_notes++;
        tell_note(governor, place->watch.sample.at, "oom-kill",
            "the kernel's OOM killer ended %llu process%s in %s", (unsigned long long)count,
            count == 1 ? "" : "es", slice->key);
        const struct sample *sample = &place->watch.sample;
        uint64_t limit = sample_has(sample, SAMPLE_LIMIT_MAX) ? sample->value[SAMPLE_LIMIT_MAX] : 0;
        victims_expect(
            &governor->victims, slice, count, limit, place->oom_usec, sample->at.boot_usec);
    }
    if (place->watch.sample.refreshed >> SAMPLE_EVENT_OOM_KILL & 1)
        place->oom_usec = place->watch.sample.at.boot_usec;
    place->oom_known = true;
    place->oom_noted = kills;
}

void tell_oom_kills(struct governor *governor, struct place *place, const struct slice *slice)
{
    const struct sample *sample = &place->watch.sample;
    if (!sample_has(sample, SAMPLE_EVENT_OOM_KILL))
        return;
    uint64_t kills = sample->value[SAMPLE_EVENT_OOM_KILL];
    note_oom_kills(governor, place, slice, kills);
    const struct record_oom_kills record = {
        .at = sample->at, .serial = slice->serial, .kills = kills};
    if (place->announced && kills > place->oom_told &&
        put_sample_record(governor, RECORD_OOM_KILLS, &record, sizeof record) == 0)
        place->oom_told = kills;
}

void tell_warm_start(struct governor *governor, const struct slice *slice, struct stamp now)
{
    const struct record_warm_start warm_start = {.at = now, .serial = slice->serial};
    (void)put_sample_record(governor, RECORD_WARM_START, &warm_start, sizeof warm_start);
}

/* comm is the process's own choice. Its peak is the most that it ever had in memory at once: what
 * was swapped out comes on top. */
static void note_victim(struct governor *governor, const struct victim *victim, struct stamp now)
{
    const struct death *death = &victim->death;
    char name[4 * DEATH_NAME_MAX], peak[48] = "";
    if (death->peak_rss > 0)
        (void)text_format(
            peak, sizeof peak, ", at most %.1f MiB in memory", (double)death->peak_rss / 1048576);
    tell_note(governor, now, "oom-victim",
        victim->key[0] ? "%s (pid %d%s) was killed in %s"
                       : "%s (pid %d%s) was killed at that time; where, can't be told%s",
        death->name[0] ? text_escape(name, sizeof name, death->name) : "a process", (int)death->pid,
        peak, victim->key);
}

void tell_victims(struct governor *governor, struct stamp now)
{
    struct death death;
    struct victim victim;
    while (witness_next(governor->witness, &death))
        victims_hear(&governor->victims, &death);
    for (int i = 0; i < NOTES_A_TICK; i++)
        if (victims_next(&governor->victims, now.boot_usec, &victim))
            note_victim(governor, &victim, now);
}

static bool find_standing(
    struct live_standing *ret, const struct standing *standing, uint64_t serial)
{
    for (uint32_t i = 0; i < standing->count; i++) {
        const struct standing_entry *entry = &standing->entry[i];
        if (entry->serial != serial)
            continue;
        ret->place = i + 1;
        ret->restraint = entry->restraint;
        ret->score = entry->score;
        ret->gives_back = entry->gives_back;
        return true;
    }
    return false;
}

/* The innermost group is that of the longest path; of memory nodes the fewest. */
static size_t narrowness(const char *domain, bool *ret_nodes)
{
    uint64_t nodes;
    *ret_nodes = memory_nodes_named(domain, &nodes);
    return *ret_nodes ? MEMORY_NODES_MAX - (size_t)__builtin_popcountll(nodes) : strlen(domain);
}

static void add_standings(
    struct live_slice *row, const struct standings *standings, uint64_t serial)
{
    size_t narrowest[LIVE_STANDINGS] = {0};
    (void)find_standing(&row->standing[LIVE_NODE], &standings->of[0], serial);
    for (uint32_t i = 1; i < DOMAINS_MAX; i++) {
        const struct standing *standing = &standings->of[i];
        bool of_nodes;
        size_t narrow = narrowness(standing->domain, &of_nodes);
        enum live_standings kind = of_nodes ? LIVE_MEMORY_NODES : LIVE_GROUP;
        if (standing->in_use && narrow > narrowest[kind] &&
            find_standing(&row->standing[kind], standing, serial)) {
            narrowest[kind] = narrow;
            row->standing[kind].domain = i;
        }
    }
}

static void add_order(struct live_slice *row, const struct ordered *ordered, struct stamp now)
{
    if (!ordered_is_on(ordered))
        return;
    int64_t until_usec = ordered->temporary.begun_usec + ordered->lasts_usec; /* boot time */
    row->ordered = ordered->kind;
    row->ordered_until_usec = now.unix_usec + until_usec - now.boot_usec;
}

void tell_live(struct governor *governor, struct place *place, const struct slice *slice)
{
    const struct watch *watch = &place->watch;
    struct live_slice row = {
        .slice = *slice,
        .sample = watch->sample,
        .leak = watch->leak.report,
        .footprint = watch->footprint,
        .growth = watch->growth,
        .ladder = watch->ladder.state,
        .strikes = watch->ladder.strikes,
        .dismissed = watch->leak.lives.dismissed,
        .rank = watch->policy.rank,
        .protected_by_policy = watch->policy.protect,
        .held = watch->held,
        .throttled = throttle_is_on(&watch->throttle),
        .oom = watch->oom.state,
        .mode = watch->policy.mode,
        .leak_mode = watch->policy.leak,
        .born = watch->born,
    };
    add_order(&row, &watch->ordered, watch->sample.at);
    leak_report_unscale(&row.leak, policy_globals(governor->policy)->time_scale);
    tell_to_wall(&row.leak, watch->sample.at);
    (void)text_copy(row.owner, sizeof row.owner, watch->policy.owner);
    add_standings(&row, &governor->standings, slice->serial);
    if (live_write_slice(&governor->live, slice->index, &row) == 0)
        place->told_serial = slice->serial;
}

static void add_domains(struct live_state *state, const struct standings *standings)
{
    for (uint32_t i = 1; i < DOMAINS_MAX; i++) {
        const struct standing *standing = &standings->of[i];
        struct live_domain *domain = &state->domain[i];
        *domain = (struct live_domain){0};
        if (!standing->in_use)
            continue;
        (void)text_copy(domain->name, sizeof domain->name, standing->domain);
        domain->sample = standing->node;
    }
}

void tell_state(struct governor *governor)
{
    struct live_state *state = &governor->state;
    const struct policy_globals *globals = policy_globals(governor->policy);
    state->slices = tree_count(governor->tree);
    state->unkept = sampler_unkept(governor->sampler);
    state->policy_hash = policy_hash(governor->policy);
    state->time_scale = globals->time_scale;
    state->tick_usec = globals->tick_usec;
    state->node = governor->node;
    add_domains(state, &governor->standings);
    state->dropped = ring_dropped(&governor->samples) + ring_dropped(&governor->decisions) +
                     ring_dropped(&governor->guard_ring) + ring_dropped(&governor->look_ring) +
                     ring_dropped(&governor->outcome_ring);
    state->witness = witness_hears(governor->witness);
    state->deaths_missed = witness_missed(governor->witness);
    live_write_state(&governor->live, state);
}
