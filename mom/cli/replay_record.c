#include "mom/cli/replay_record.h"

#include "db/query.h"
#include "db/recorded.h"
#include "mom/common/clock.h"
#include "policy/course/course.h"
#include "slices/base/text.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Decisions about a slice that are further apart than this belong to two incidents, where the
 * record does not say. */
#define INCIDENT_USEC (3600 * USEC_PER_SEC)
/* A deed that the record knows nothing of is taken to have been carried out after so long. */
#define DEED_USEC USEC_PER_SEC

enum { HOLDS_MAX = 1024, DEEDS_MAX = 256 };

struct held {
    char key[SLICE_KEY_MAX];
    int64_t until_unix_usec;
};

/* A deed that the replay has ordered, and whose outcome has not come. */
struct deed {
    enum action_kind kind;
    uint64_t own, recorded; /* numbers; recorded 0: the record has no such decision (yet) */
    int64_t boot_usec;
    uint32_t slice;
};

struct replay {
    struct db *db;
    struct mom_error *error;
    int64_t since_usec;
    const struct policy *given; /* by the caller; NULL: that of then */
    struct policy *then;
    struct course course;
    struct stamp now;
    int64_t boot;
    struct node_look pending; /* a look that may be followed by its second reading */
    bool is_pending, looked_lately;
    struct held held[HOLDS_MAX];
    uint32_t held_count;
    struct deed deed[DEEDS_MAX];
    uint32_t deeds;
    struct replay_result *result;
};

static const struct policy *policy_now(const struct replay *replay)
{
    return replay->given ? replay->given : replay->then;
}

/* ---- the result ---- */

static void *grow(void *array, uint32_t count, uint32_t *room, size_t size)
{
    if (count < *room)
        return array;
    uint32_t more = *room ? 2 * *room : 64;
    void *grown = realloc(array, more * size);
    *room = grown ? more : *room;
    return grown;
}

static struct replayed_incident *find_incident(
    struct replay_result *result, const struct decision *decision, int64_t boot, uint64_t number)
{
    for (uint32_t i = result->incident_count; i-- > 0;) {
        struct replayed_incident *incident = &result->incidents[i];
        if (incident->boot != boot || strcmp(incident->key, decision->key) != 0)
            continue;
        if (number != 0 ? incident->number == number
                        : decision->at.unix_usec - incident->last_unix_usec < INCIDENT_USEC)
            return incident;
    }
    return NULL;
}

/* Index of the incident, made where there is none; -ENOMEM. */
static int64_t incident_of(struct replay *replay, const struct decision *decision, uint64_t number)
{
    struct replay_result *result = replay->result;
    struct replayed_incident *incident = find_incident(result, decision, replay->boot, number);
    if (!incident && number != 0) { /* the replay may have begun it before the record did */
        incident = find_incident(result, decision, replay->boot, 0);
        if (incident && incident->number != 0)
            incident = NULL;
    }
    if (!incident) {
        struct replayed_incident *incidents = grow(result->incidents, result->incident_count,
            &result->incident_room, sizeof *result->incidents);
        if (!incidents)
            return -ENOMEM;
        result->incidents = incidents;
        incident = &incidents[result->incident_count++];
        *incident =
            (struct replayed_incident){.unix_usec = decision->at.unix_usec, .boot = replay->boot};
        (void)text_copy(incident->key, sizeof incident->key, decision->key);
    }
    if (number != 0)
        incident->number = number;
    incident->last_unix_usec = decision->at.unix_usec;
    return incident - result->incidents;
}

static struct replayed *add_decision(
    struct replay *replay, const struct decision *decision, uint64_t number)
{
    struct replay_result *result = replay->result;
    struct replayed *decisions =
        grow(result->decisions, result->count, &result->room, sizeof *decisions);
    int64_t incident = decisions ? incident_of(replay, decision, number) : -ENOMEM;
    if (decisions)
        result->decisions = decisions;
    if (incident < 0) {
        (void)error_errno(replay->error, -ENOMEM, "decisions");
        return NULL;
    }
    struct replayed *added = &decisions[result->count++];
    *added = (struct replayed){
        .incident = (uint32_t)incident, .unix_usec = decision->at.unix_usec, .decision = *decision};
    return added;
}

static bool is_same(const struct decision *a, const struct decision *b)
{
    return a->at.boot_usec == b->at.boot_usec && a->action == b->action && a->wanted == b->wanted &&
           a->restraint == b->restraint && a->reason == b->reason &&
           strcmp(a->rule, b->rule) == 0 && strcmp(a->domain, b->domain) == 0 &&
           strcmp(a->key, b->key) == 0;
}

static bool is_close(double a, double b)
{
    return (isnan(a) && isnan(b)) || fabs(a - b) <= 1e-9 * fmax(fabs(a), fabs(b));
}

static bool evidence_is_same(const struct evidence *a, const struct evidence *b)
{
    if (a->count != b->count)
        return false;
    for (uint32_t i = 0; i < a->count; i++) {
        const struct evidence_item *x = &a->item[i], *y = &b->item[i];
        if (strcmp(x->name, y->name) != 0 || !is_close(x->value, y->value) ||
            !is_close(x->bound, y->bound))
            return false;
    }
    return true;
}

/* The replay's own decision that this recorded one is; NULL: it has none. */
static struct replayed *find_own(struct replay *replay, const struct decision *recorded)
{
    struct replay_result *result = replay->result;
    for (uint32_t i = result->count; i-- > 0;) {
        struct replayed *own = &result->decisions[i];
        if (own->decision.at.boot_usec < recorded->at.boot_usec)
            break;
        if (!own->recorded && is_same(&own->decision, recorded))
            return own;
    }
    return NULL;
}

/* ---- deeds and outcomes ---- */

static void drop_deed(struct replay *replay, uint32_t index)
{
    replay->deed[index] = replay->deed[--replay->deeds];
}

/* Deeds that are the replay's alone: who was reset is not there from now on. */
static void settle_own_deeds(struct replay *replay)
{
    for (uint32_t i = replay->deeds; i-- > 0;) {
        struct deed deed = replay->deed[i];
        if (deed.recorded != 0 || replay->now.boot_usec - deed.boot_usec < DEED_USEC)
            continue;
        drop_deed(replay, i);
        const struct outcome done = {.decision = deed.own,
            .kind = deed.kind,
            .result = RESULT_DONE,
            .started = replay->now,
            .ended = replay->now};
        course_outcome(&replay->course, &done, replay->now);
        if (deed.kind == ACTION_RESET)
            replay->course.slices[deed.slice].absent = true;
    }
}

static void take_outcome(struct replay *replay, const struct outcome *recorded)
{
    for (uint32_t i = 0; i < replay->deeds; i++) {
        if (replay->deed[i].recorded != recorded->decision)
            continue;
        struct outcome outcome = *recorded;
        outcome.decision = replay->deed[i].own;
        course_outcome(&replay->course, &outcome, replay->now);
        drop_deed(replay, i);
        return;
    }
}

static void decided(void *context, const struct decision *decision, uint32_t slice)
{
    struct replay *replay = context;
    if (action_is_deed(decision->action) && slice != COURSE_NOBODY && replay->deeds < DEEDS_MAX)
        replay->deed[replay->deeds++] = (struct deed){.kind = decision->action,
            .own = decision->seq,
            .boot_usec = decision->at.boot_usec,
            .slice = slice};
    struct replayed *added = add_decision(replay, decision, 0);
    if (added)
        added->replayed = true;
}

/* ---- what is not there any more leaves its memory to others ---- */

static void give_back(struct replay *replay, struct node_sample *node)
{
    uint64_t memory = 0, swap = 0;
    for (uint32_t i = 0; i < replay->course.count; i++) {
        const struct sample *sample = &replay->course.slices[i].watch.sample;
        uint64_t footprint;
        if (!replay->course.slices[i].absent || !replay->course.slices[i].lives ||
            !sample_footprint(sample, &footprint))
            continue;
        uint64_t swapped = sample_has(sample, SAMPLE_SWAP) ? sample->value[SAMPLE_SWAP] : 0;
        memory += footprint > swapped ? footprint - swapped : 0;
        swap += swapped;
    }
    if (node_has(node, NODE_MEM_AVAILABLE))
        node->value[NODE_MEM_AVAILABLE] += memory;
    if (node_has(node, NODE_SWAP_FREE))
        node->value[NODE_SWAP_FREE] += swap;
}

/* ---- the looks ---- */

static void flush_look(struct replay *replay, const struct node_look *again)
{
    if (!replay->is_pending)
        return;
    replay->is_pending = false;
    replay->looked_lately = true;
    struct node_look first = replay->pending, second;
    double before = 0, after = 0;
    (void)node_room(&first.node, &before);
    give_back(replay, &first.node);
    (void)node_room(&first.node, &after);
    if (first.listed_room > 0)
        first.listed_room += after - before;
    if (again) {
        second = *again;
        give_back(replay, &second.node);
    }
    course_look(&replay->course, &first, again ? &second : NULL);
}

static void take_look(struct replay *replay, const struct node_look *look)
{
    if (look->kind == LOOK_AGAIN)
        return flush_look(replay, look);
    flush_look(replay, NULL);
    if (look->kind == LOOK_FIRST) {
        course_resume(&replay->course, look);
        return;
    }
    replay->pending = *look;
    replay->is_pending = true;
}

/* ---- slices ---- */

static bool is_held(const struct replay *replay, const char *key)
{
    for (uint32_t i = 0; i < replay->held_count; i++)
        if (strcmp(replay->held[i].key, key) == 0)
            return replay->held[i].until_unix_usec > replay->now.unix_usec;
    return false;
}

static bool is_meant(const char *key, const char *slice_key)
{
    return strcmp(key, "*") == 0 || strcmp(key, slice_key) == 0;
}

static void take_hold(struct replay *replay, const char *key, int64_t until_unix_usec)
{
    if (strcmp(key, "*") == 0) {
        replay->held_count = 0;
    } else {
        uint32_t i = 0;
        while (i < replay->held_count && strcmp(replay->held[i].key, key) != 0)
            i++;
        if (i == HOLDS_MAX)
            return;
        replay->held_count += i == replay->held_count;
        (void)text_copy(replay->held[i].key, sizeof replay->held[i].key, key);
        replay->held[i].until_unix_usec = until_unix_usec;
    }
    for (uint32_t i = 0; i < replay->course.count; i++) {
        struct course_slice *slice = &replay->course.slices[i];
        slice->watch.held = is_held(replay, slice->slice.key);
        if (until_unix_usec == 0 && is_meant(key, slice->slice.key))
            decide_released(&slice->watch);
    }
    course_restand(&replay->course, replay->now);
}

static void take_dismissal(struct replay *replay, const char *key)
{
    for (uint32_t i = 0; i < replay->course.count; i++) {
        struct course_slice *slice = &replay->course.slices[i];
        if (slice->lives && strcmp(slice->slice.key, key) == 0)
            (void)decide_dismissed(&slice->watch);
    }
    course_restand(&replay->course, replay->now);
}

static int take_floors(struct replay *replay, struct watch *watch, const struct slice *slice)
{
    static uint32_t floors[WINDOW_HALVES];
    struct stamp now = replay->now;
    for (enum window_scale scale = 0; scale < WINDOW_SCALES; scale++) {
        int64_t first_sec = 0;
        int count = query_floors(replay->db, slice->key, window_bin_usec[scale] / USEC_PER_SEC, now,
            window_bins[scale], floors, &first_sec, replay->error);
        if (count < 0)
            return count;
        watch_preload(watch, policy_globals(policy_now(replay)), scale, first_sec * USEC_PER_SEC,
            floors, (uint32_t)count, now);
    }
    leak_preload_end(&watch->leak);
    return 0;
}

/* What the recorder told of the slice at once, but for its floors: when they became known is an
 * event of its own, RECORDED_WARM_START. */
static int take_past(struct replay *replay, struct watch *watch, const struct slice *slice)
{
    struct stamp now = replay->now;
    struct query_past past;
    int r = query_past(
        replay->db, slice->key, now.unix_usec, DISMISSED_WITHIN_SEC, &past, replay->error);
    if (r == 0)
        ladder_remember(&watch->ladder, &past.past, watch->policy.forgive_usec, now.unix_usec);
    leak_set_dismissed(&watch->leak, past.dismissed, past.dismissed_bytes);
    leak_set_warm(&watch->leak);
    return r;
}

static int take_born(struct replay *replay, const struct slice *slice, int64_t born_unix_usec)
{
    struct stamp born = replay->now;
    if (born_unix_usec < born.unix_usec) {
        born.boot_usec -= born.unix_usec - born_unix_usec;
        born.unix_usec = born_unix_usec;
    }
    int64_t index = course_born(&replay->course, slice, born, false);
    if (index < 0)
        return error_errno(replay->error, -ENOMEM, "slices");
    struct watch *watch = &replay->course.slices[index].watch;
    int r = take_past(replay, watch, slice);
    bool earlier = born_unix_usec < replay->now.unix_usec;
    return r == 0 && earlier ? take_floors(replay, watch, slice) : r;
}

static int take_warm_start(struct replay *replay, uint64_t serial)
{
    uint32_t index = course_find(&replay->course, serial);
    if (index == COURSE_NOBODY)
        return 0;
    struct course_slice *slice = &replay->course.slices[index];
    return take_floors(replay, &slice->watch, &slice->slice);
}

static void take_sample(struct replay *replay, const struct sample_brief *brief)
{
    uint32_t index = course_find(&replay->course, brief->serial);
    if (index == COURSE_NOBODY)
        return;
    struct course_slice *slice = &replay->course.slices[index];
    struct sample *sample = &slice->watch.sample;
    uint64_t faults = sample_known(sample, SAMPLE_PGMAJFAULT);
    sample_from_brief(brief, replay->now, sample);
    /* The counter goes on from the sample before; where it begins is no matter. */
    sample_set(sample, SAMPLE_PGMAJFAULT, (faults > 0 ? faults : 1) + brief->faults);
    slice->watch.held = is_held(replay, slice->slice.key);
    slice->sampled = true;
    replay->result->samples++;
}

static void take_tick(struct replay *replay, const struct node_sample *recorded)
{
    struct node_look look = {.node = *recorded};
    give_back(replay, &look.node);
    course_tick(&replay->course, &look.node, replay->now);
    /* Another policy may be in trouble where the guard saw none. */
    if (replay->given && !replay->looked_lately)
        course_look(&replay->course, &look, NULL);
    replay->looked_lately = false;
    replay->result->ticks++;
}

/* ---- events ---- */

static void begin_anew(struct replay *replay)
{
    course_free(&replay->course);
    course_init(&replay->course, policy_now(replay), decided, replay);
    replay->deeds = 0;
    replay->is_pending = false;
}

/* Its problems were told when it came into force. */
static void say_nothing(void *context, const char *text)
{
    (void)context;
    (void)text;
}

static int take_policy(struct replay *replay, uint64_t hash)
{
    replay->result->policy_hash = hash;
    if (replay->given || (replay->then && policy_hash(replay->then) == hash))
        return 0;
    struct policy *policy = NULL;
    int r = recorded_policy(replay->db, hash, say_nothing, NULL, &policy, replay->error);
    if (r < 0)
        return r;
    if (policy_hash(policy) != hash) {
        policy_free(policy);
        return error_set(replay->error, -EUCLEAN, "the policy %016llx is kept in other words",
            (unsigned long long)hash);
    }
    course_set_policy(&replay->course, policy);
    policy_free(replay->then);
    replay->then = policy;
    course_restand(&replay->course, replay->now);
    return 0;
}

static int take_decision(struct replay *replay, const struct query_decision *recorded)
{
    const struct decision *decision = &recorded->decision;
    uint32_t slice = course_find(&replay->course, decision->serial);
    const struct order order = decide_request_order(decision);
    if (decision->reason == REASON_REQUEST && slice != COURSE_NOBODY)
        course_request(&replay->course, slice, &order, decision->at);
    /* That its tasks waited is in no sample; what is to be done about it is decided anew. */
    const struct oom_facts facts = decide_oom_facts(decision);
    if (decision->reason == REASON_OOM && slice != COURSE_NOBODY)
        course_oom(&replay->course, slice, &facts, decision->at);
    struct replayed *own = find_own(replay, decision);
    if (own) {
        uint64_t seq = own->decision.seq;
        for (uint32_t i = 0; i < replay->deeds; i++)
            if (replay->deed[i].own == seq)
                replay->deed[i].recorded = decision->seq;
        own->other_evidence = decision->reason != REASON_REQUEST &&
                              !evidence_is_same(&own->decision.evidence, &decision->evidence);
        own->decision = *decision;
        int64_t incident = incident_of(replay, decision, decision->incident);
        if (incident < 0)
            return error_errno(replay->error, -ENOMEM, "decisions");
        own->incident = (uint32_t)incident;
    } else {
        own = add_decision(replay, decision, decision->incident);
    }
    if (!own)
        return -ENOMEM;
    own->recorded = true;
    (void)text_copy(own->id, sizeof own->id, recorded->id);
    return 0;
}

static int take_event(void *context, const struct recorded *event)
{
    struct replay *replay = context;
    if (event->boot != replay->boot)
        begin_anew(replay);
    replay->boot = event->boot;
    if (event->kind != RECORDED_LOOK)
        flush_look(replay, NULL);
    replay->now = event->at;
    settle_own_deeds(replay);
    if (!policy_now(replay) && event->kind != RECORDED_POLICY)
        return event->kind == RECORDED_TICK
                   ? error_set(replay->error, -ENOENT,
                         "which policy was in force then is not recorded; give one by --policy")
                   : 0;
    switch (event->kind) {
    case RECORDED_START:
        begin_anew(replay);
        return 0;
    case RECORDED_POLICY:
        return take_policy(replay, event->hash);
    case RECORDED_HOLD:
        take_hold(replay, event->hold.key, event->hold.until_unix_usec);
        return 0;
    case RECORDED_DISMISSAL:
        take_dismissal(replay, event->key);
        return 0;
    case RECORDED_WARM_START:
        return take_warm_start(replay, event->serial);
    case RECORDED_OUTCOME:
        take_outcome(replay, event->outcome);
        return 0;
    case RECORDED_VANISHED: {
        uint32_t slice = course_find(&replay->course, event->serial);
        if (slice != COURSE_NOBODY)
            course_vanished(&replay->course, slice, event->at);
        return 0;
    }
    case RECORDED_BORN:
        return take_born(replay, event->born.slice, event->born.unix_usec);
    case RECORDED_SAMPLE:
        take_sample(replay, event->brief);
        return 0;
    case RECORDED_TICK:
        take_tick(replay, event->node);
        return 0;
    case RECORDED_LOOK:
        replay->result->looks++;
        take_look(replay, event->look);
        return 0;
    case RECORDED_DECISION:
        return take_decision(replay, event->decision);
    }
    return 0;
}

static void sum_up(struct replay *replay)
{
    struct replay_result *result = replay->result;
    uint32_t kept = 0;
    for (uint32_t i = 0; i < result->count; i++) {
        if (result->decisions[i].unix_usec < replay->since_usec)
            continue;
        result->decisions[kept] = result->decisions[i];
        const struct replayed *one = &result->decisions[kept++];
        struct replayed_incident *incident = &result->incidents[one->incident];
        enum action_kind action = one->decision.action;
        if (action == ACTION_RELEASE) /* is no more severe than what it ends */
            action = ACTION_RECORD;
        result->recorded += one->recorded;
        result->replayed += one->replayed;
        result->same += one->recorded && one->replayed;
        result->other_evidence += one->other_evidence;
        incident->differing += one->recorded != one->replayed;
        if (one->recorded && action > incident->recorded) {
            incident->recorded = action;
            incident->recorded_usec = one->unix_usec;
        }
        if (one->replayed && action > incident->replayed) {
            incident->replayed = action;
            incident->replayed_usec = one->unix_usec;
        }
    }
    result->count = kept;
}

int replay_record(struct db *db, int64_t since_unix_usec, int64_t until_unix_usec,
    int64_t lead_usec, const struct policy *policy, struct replay_result *ret,
    struct mom_error *error)
{
    struct replay *replay = calloc(1, sizeof *replay);
    if (!replay)
        return error_errno(error, -ENOMEM, "the replay");
    *ret = (struct replay_result){0};
    *replay = (struct replay){
        .db = db, .error = error, .since_usec = since_unix_usec, .given = policy, .result = ret};
    course_init(&replay->course, policy, decided, replay);
    int r =
        recorded_walk(db, since_unix_usec - lead_usec, until_unix_usec, take_event, replay, error);
    if (r == 0) {
        flush_look(replay, NULL);
        sum_up(replay);
    }
    course_free(&replay->course);
    policy_free(replay->then);
    free(replay);
    if (r < 0)
        replay_result_free(ret);
    return r;
}

void replay_result_free(struct replay_result *result)
{
    free(result->decisions);
    free(result->incidents);
    *result = (struct replay_result){0};
}
