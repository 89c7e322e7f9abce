/* The streams of a recorded stretch, each ordered by itself, merged into one.
 *
 *   policy_use --.
 *   note start --|
 *   warm_start --|
 *   dismissal ---|
 *   hold --------|--> the head that is first by (boot, boot_usec, kind) --> event
 *   outcome -----|
 *   look --------|         a tick brings lives that began or ended by then, and the samples of
 *   decision ----|         its second: a cursor over raw for each life
 *   node (ticks) '
 *
 * Lives have no boot time of their own: they began at a tick, whose Unix time is theirs. */
#include "db/recorded.h"

#include "db/connection.h"
#include "db/rows.h"
#include "db/tier.h"
#include "slices/base/text.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct walk;

struct stream {
    struct call call;
    bool there; /* `head` is the next event */
    struct recorded head;
    int (*take)(struct walk *walk, struct stream *stream); /* the row under the cursor */
};

enum {
    STREAM_POLICY,
    STREAM_START,
    STREAM_HOLD,
    STREAM_DISMISSAL,
    STREAM_WARM_START,
    STREAM_OUTCOME,
    STREAM_LOOK,
    STREAM_DECISION,
    STREAM_TICK,
    STREAMS
};

struct living {
    struct slice slice;
    int64_t slice_id, vanished_usec; /* 0: it has not vanished */
    struct call samples;
    bool there; /* `brief` is the next sample */
    struct sample_brief brief;
};

struct walk {
    struct db *db;
    struct mom_error *error;
    int64_t since_usec, until_usec;
    int (*event)(void *context, const struct recorded *event);
    void *context;

    struct stream stream[STREAMS];
    struct outcome outcome;
    struct node_look look;
    struct stamp looked; /* when the newest look was that is no second reading */
    struct query_decision decision;
    struct node_sample node;

    struct call births; /* ordered by their boots and serials */
    bool birth_there;
    int64_t birth_boot, birth_usec;
    struct living born; /* the next */
    int64_t boot;       /* of those who live */
    struct living *living;
    uint32_t count, room;
};

/* ---- rows ---- */

static void get_node(struct call *call, struct node_sample *ret)
{
    for (unsigned field = 0; field < NODE_FIELDS; field++) {
        bool known = !next_is_null(call);
        uint64_t value = get_u64(call);
        if (known)
            node_set(ret, field, value);
    }
}

static void get_stamp(struct call *call, struct recorded *ret)
{
    ret->boot = get_int(call);
    ret->at.boot_usec = get_int(call);
    ret->at.unix_usec = get_int(call);
}

static void take_stamp(struct stream *stream, enum recorded_kind kind)
{
    stream->head = (struct recorded){.kind = kind};
    get_stamp(&stream->call, &stream->head);
}

static int take_start(struct walk *walk, struct stream *stream)
{
    (void)walk;
    take_stamp(stream, RECORDED_START);
    return 0;
}

static int take_policy(struct walk *walk, struct stream *stream)
{
    (void)walk;
    take_stamp(stream, RECORDED_POLICY);
    stream->head.hash = get_u64(&stream->call);
    return 0;
}

static int take_hold(struct walk *walk, struct stream *stream)
{
    (void)walk;
    take_stamp(stream, RECORDED_HOLD);
    stream->head.hold.key = get_text(&stream->call);
    stream->head.hold.until_unix_usec = get_int(&stream->call);
    return 0;
}

static int take_dismissal(struct walk *walk, struct stream *stream)
{
    (void)walk;
    take_stamp(stream, RECORDED_DISMISSAL);
    stream->head.key = get_text(&stream->call);
    return 0;
}

static int take_warm_start(struct walk *walk, struct stream *stream)
{
    (void)walk;
    take_stamp(stream, RECORDED_WARM_START);
    stream->head.serial = get_u64(&stream->call);
    return 0;
}

static int take_outcome(struct walk *walk, struct stream *stream)
{
    struct outcome *outcome = &walk->outcome;
    struct call *call = &stream->call;
    *outcome = (struct outcome){0};
    stream->head = (struct recorded){.kind = RECORDED_OUTCOME, .outcome = outcome};
    get_stamp(call, &stream->head);
    outcome->ended = stream->head.at;
    outcome->decision = get_u64(call);
    outcome->kind = get_word(call, action_kind_names, ACTION_KINDS);
    outcome->result = get_word(call, action_result_names, ACTION_RESULTS);
    outcome->started.boot_usec = get_int(call);
    outcome->started.unix_usec = get_int(call);
    outcome->bytes_after = get_u64(call);
    get_text_into(call, outcome->job, sizeof outcome->job);
    return 0;
}

static void get_last_resort(struct call *call, struct last_resort_view *ret)
{
    ret->confined = get_int(call) != 0;
    ret->known = !next_is_null(call);
    ret->ends = get_u32(call);
    ret->newest_unix_usec = get_int(call);
    ret->tried_usec = get_int(call);
}

static int take_look(struct walk *walk, struct stream *stream)
{
    struct node_look *look = &walk->look;
    struct call *call = &stream->call;
    *look = (struct node_look){0};
    stream->head = (struct recorded){.kind = RECORDED_LOOK, .look = look};
    get_stamp(call, &stream->head);
    look->node.at = stream->head.at;
    look->kind = (enum node_look_kind)get_int(call);
    look->standing_usec = get_int(call);
    look->fill_rate = get_real(call);
    look->swapped_out_usec = get_int(call);
    look->reclaimed_usec = get_int(call);
    look->psi_stuck_since_usec = get_int(call);
    look->stalled = get_real(call);
    get_text_into(call, look->domain, sizeof look->domain);
    look->room_due = get_real(call);
    look->listed_room = get_real(call);
    look->charged = get_limit(call);
    get_last_resort(call, &look->last_resort);
    get_node(call, &look->node);
    if (look->kind == LOOK_AGAIN) /* belongs to that one, and so does what was decided by both */
        stream->head.at = walk->looked;
    walk->looked = stream->head.at;
    return 0;
}

static int take_decision(struct walk *walk, struct stream *stream)
{
    struct call *call = &stream->call;
    stream->head = (struct recorded){.kind = RECORDED_DECISION, .decision = &walk->decision};
    get_stamp(call, &stream->head);
    return query_decision(walk->db, get_text(call), &walk->decision, walk->error);
}

static int take_tick(struct walk *walk, struct stream *stream)
{
    struct call *call = &stream->call;
    walk->node = (struct node_sample){0};
    stream->head = (struct recorded){.kind = RECORDED_TICK, .node = &walk->node};
    get_stamp(call, &stream->head);
    walk->node.at = stream->head.at;
    get_node(call, &walk->node);
    return 0;
}

static int advance(struct walk *walk, struct stream *stream)
{
    int r = call_next(&stream->call);
    stream->there = r > 0;
    return r > 0 ? stream->take(walk, stream) : r;
}

/* ---- lives ---- */

static int next_birth(struct walk *walk)
{
    struct call *call = &walk->births;
    int r = call_next(call);
    walk->birth_there = r > 0;
    if (r <= 0)
        return r;
    struct living *born = &walk->born;
    struct slice *slice = &born->slice;
    *born = (struct living){0};
    walk->birth_boot = get_int(call);
    slice->serial = get_u64(call);
    born->slice_id = get_int(call);
    get_life(call, &slice->life);
    slice->uid = get_u32(call);
    get_text_into(call, slice->path, sizeof slice->path);
    slice->kind = get_word(call, slice_kind_names, SLICE_KINDS);
    get_text_into(call, slice->runtime, sizeof slice->runtime);
    get_text_into(call, slice->name, sizeof slice->name);
    get_text_into(call, slice->key, sizeof slice->key);
    slice->protection =
        (enum slice_protection)get_word(call, slice_protection_names, SLICE_PROTECTIONS);
    walk->birth_usec = get_int(call);
    born->vanished_usec = get_int_or(call, 0);
    return 0;
}

static int next_sample(struct living *living)
{
    struct call *call = &living->samples;
    int r = call_next(call);
    living->there = r > 0;
    if (r <= 0)
        return r;
    struct sample_brief *brief = &living->brief;
    *brief = (struct sample_brief){.serial = living->slice.serial};
    brief->unix_usec = get_int(call);
    uint32_t *const known[] = {
        &brief->rss, &brief->swap, &brief->footprint, &brief->current, &brief->pressure};
    static const uint8_t bits[] = {
        BRIEF_RSS, BRIEF_SWAP, BRIEF_FOOTPRINT, BRIEF_CURRENT, BRIEF_PRESSURE};
    for (size_t i = 0; i < sizeof bits; i++) {
        brief->have |= next_is_null(call) ? 0 : bits[i];
        *known[i] = get_u32(call);
    }
    brief->have |= next_is_null(call) ? 0 : BRIEF_BADNESS;
    brief->badness = (uint64_t)get_int_or(call, 0);
    brief->have |= next_is_null(call) ? 0 : BRIEF_MEMS;
    brief->mems = (uint64_t)get_int_or(call, 0);
    brief->have |= next_is_null(call) ? 0 : BRIEF_ROOM;
    brief->room = get_u32(call);
    brief->have |= next_is_null(call) ? 0 : BRIEF_KERNEL;
    brief->kernel = get_u32(call);
    brief->faults = get_u32(call);
    brief->shmem = get_u32(call);
    brief->swapcached = get_u32(call);
    brief->limit_bytes = get_limit(call);
    brief->high_bytes = get_limit(call);
    brief->swap_limit_bytes = get_limit(call);
    return 0;
}

/* The next one begins to live, with a cursor over its samples. */
static int admit(struct walk *walk)
{
    if (walk->count == walk->room) {
        uint32_t room = walk->room ? 2 * walk->room : 64;
        struct living *living = realloc(walk->living, room * sizeof *living);
        if (!living)
            return error_errno(walk->error, -ENOMEM, "lives");
        walk->living = living;
        walk->room = room;
    }
    struct living *living = &walk->living[walk->count++];
    *living = walk->born;
    call_open(&living->samples, walk->db, SQL_RECORDED_SAMPLES, walk->error);
    put_int(&living->samples, living->slice_id);
    put_int(&living->samples, walk->since_usec / USEC_PER_SEC);
    put_int(&living->samples, walk->until_usec / USEC_PER_SEC + 1);
    return next_sample(living);
}

static void dismiss(struct walk *walk, uint32_t index)
{
    (void)call_close(&walk->living[index].samples, 0);
    walk->living[index] = walk->living[--walk->count];
}

static void dismiss_all(struct walk *walk)
{
    while (walk->count > 0)
        dismiss(walk, walk->count - 1);
}

static int tell_vanished(struct walk *walk, const struct recorded *tick)
{
    for (uint32_t i = walk->count; i-- > 0;) {
        const struct living *living = &walk->living[i];
        if (living->vanished_usec == 0 || living->vanished_usec > tick->at.unix_usec)
            continue;
        struct recorded event = *tick;
        event.kind = RECORDED_VANISHED;
        event.serial = living->slice.serial;
        dismiss(walk, i);
        int r = walk->event(walk->context, &event);
        if (r != 0)
            return r;
    }
    return 0;
}

static bool birth_is_due(const struct walk *walk, const struct recorded *tick)
{
    return walk->birth_there &&
           (walk->birth_boot < tick->boot ||
               (walk->birth_boot == tick->boot && walk->birth_usec <= tick->at.unix_usec));
}

static int tell_born(struct walk *walk, const struct recorded *tick)
{
    int r = 0;
    while (r == 0 && birth_is_due(walk, tick)) {
        bool lives =
            walk->birth_boot == tick->boot &&
            (walk->born.vanished_usec == 0 || walk->born.vanished_usec > tick->at.unix_usec);
        if (lives) {
            struct recorded event = *tick;
            event.kind = RECORDED_BORN;
            event.born.slice = &walk->born.slice;
            event.born.unix_usec = walk->birth_usec;
            r = admit(walk);
            if (r == 0)
                r = walk->event(walk->context, &event);
        }
        if (r == 0)
            r = next_birth(walk);
    }
    return r;
}

static int tell_samples(struct walk *walk, const struct recorded *tick)
{
    int64_t second = tick->at.unix_usec / USEC_PER_SEC;
    int r = 0;
    for (uint32_t i = 0; r == 0 && i < walk->count; i++) {
        struct living *living = &walk->living[i];
        while (r == 0 && living->there && living->brief.unix_usec / USEC_PER_SEC < second)
            r = next_sample(living);
        if (r < 0 || !living->there || living->brief.unix_usec / USEC_PER_SEC != second)
            continue;
        struct recorded event = *tick;
        event.kind = RECORDED_SAMPLE;
        event.brief = &living->brief;
        r = walk->event(walk->context, &event);
        if (r == 0)
            r = next_sample(living);
    }
    return r;
}

static int tell_tick(struct walk *walk, const struct recorded *tick)
{
    if (tick->boot != walk->boot) /* nobody lives on over a boot */
        dismiss_all(walk);
    walk->boot = tick->boot;
    int r = tell_vanished(walk, tick);
    if (r == 0)
        r = tell_born(walk, tick);
    if (r == 0)
        r = tell_samples(walk, tick);
    return r != 0 ? r : walk->event(walk->context, tick);
}

/* ---- the merge ---- */

/* A look at a standing list that is older than the tick was made before that tick had its own. */
static bool saw_older_list(const struct recorded *look, const struct recorded *tick)
{
    return look->look->standing_usec < tick->at.boot_usec;
}

static bool is_before(const struct recorded *a, const struct recorded *b)
{
    if (a->boot != b->boot)
        return a->boot < b->boot;
    if (a->kind == RECORDED_LOOK && b->kind == RECORDED_TICK && saw_older_list(a, b))
        return true;
    if (a->kind == RECORDED_TICK && b->kind == RECORDED_LOOK && saw_older_list(b, a))
        return false;
    if (a->at.boot_usec != b->at.boot_usec)
        return a->at.boot_usec < b->at.boot_usec;
    return a->kind < b->kind;
}

static struct stream *first_of(struct walk *walk)
{
    struct stream *first = NULL;
    for (unsigned i = 0; i < STREAMS; i++) {
        struct stream *stream = &walk->stream[i];
        if (stream->there && (!first || is_before(&stream->head, &first->head)))
            first = stream;
    }
    return first;
}

static int merge(struct walk *walk)
{
    struct stream *first;
    int r = 0;
    while (r == 0 && (first = first_of(walk))) {
        r = first->head.kind == RECORDED_TICK ? tell_tick(walk, &first->head)
                                              : walk->event(walk->context, &first->head);
        if (r == 0 && first->head.kind == RECORDED_START)
            dismiss_all(walk); /* the next governor meets them under other serials */
        if (r == 0)
            r = advance(walk, first);
    }
    return r;
}

static void open_streams(struct walk *walk)
{
    static const struct {
        enum statement statement;
        int (*take)(struct walk *walk, struct stream *stream);
    } table[STREAMS] = {
        [STREAM_POLICY] = {SQL_RECORDED_POLICIES, take_policy},
        [STREAM_START] = {SQL_RECORDED_STARTS, take_start},
        [STREAM_HOLD] = {SQL_RECORDED_HOLDS, take_hold},
        [STREAM_DISMISSAL] = {SQL_RECORDED_DISMISSALS, take_dismissal},
        [STREAM_WARM_START] = {SQL_RECORDED_WARM_STARTS, take_warm_start},
        [STREAM_OUTCOME] = {SQL_RECORDED_OUTCOMES, take_outcome},
        [STREAM_LOOK] = {SQL_RECORDED_LOOKS, take_look},
        [STREAM_DECISION] = {SQL_RECORDED_DECISIONS, take_decision},
        [STREAM_TICK] = {SQL_RECORDED_TICKS, take_tick},
    };
    for (unsigned i = 0; i < STREAMS; i++) {
        struct stream *stream = &walk->stream[i];
        stream->take = table[i].take;
        call_open(&stream->call, walk->db, table[i].statement, walk->error);
        put_int(&stream->call, walk->since_usec);
        put_int(&stream->call, walk->until_usec);
    }
    call_open(&walk->births, walk->db, SQL_RECORDED_BIRTHS, walk->error);
    put_int(&walk->births, walk->since_usec);
    put_int(&walk->births, walk->until_usec);
}

int recorded_walk(struct db *db, int64_t since_unix_usec, int64_t until_unix_usec,
    int (*event)(void *context, const struct recorded *event), void *context,
    struct mom_error *error)
{
    struct walk *walk = calloc(1, sizeof *walk);
    if (!walk)
        return error_errno(error, -ENOMEM, "the record");
    *walk = (struct walk){.db = db,
        .error = error,
        .since_usec = since_unix_usec,
        .until_usec = until_unix_usec,
        .event = event,
        .context = context};
    int r = snapshot_begin(db, error);
    if (r == 0) {
        open_streams(walk);
        for (unsigned i = 0; r == 0 && i < STREAMS; i++)
            r = advance(walk, &walk->stream[i]);
        if (r == 0)
            r = next_birth(walk);
        if (r == 0)
            r = merge(walk);
        for (unsigned i = 0; i < STREAMS; i++)
            (void)call_close(&walk->stream[i].call, 0);
        (void)call_close(&walk->births, 0);
        dismiss_all(walk);
        snapshot_end(db);
    }
    free(walk->living);
    free(walk);
    return r;
}

/* ---- policies ---- */

enum { LAYERS_MAX = 256 };

/* One row, copied; the caller frees both. */
static int get_layer(struct call *call, char **ret_file, char **ret_text, size_t *ret_length)
{
    bool built_in = next_is_null(call);
    *ret_file = built_in ? NULL : strdup(get_text(call));
    if (built_in)
        (void)get_text(call);
    const void *bytes = get_bytes(call, ret_length);
    *ret_text = malloc(*ret_length + 1);
    if (!*ret_text || (!built_in && !*ret_file))
        return error_errno(call->error, -ENOMEM, "the policy");
    memcpy(*ret_text, bytes, *ret_length);
    return 0;
}

int recorded_policy(struct db *db, uint64_t hash, policy_say *say, void *context,
    struct policy **ret, struct mom_error *error)
{
    struct policy_layer layers[LAYERS_MAX];
    char *file[LAYERS_MAX] = {NULL}, *text[LAYERS_MAX] = {NULL};
    uint32_t count = 0;
    struct call call;
    call_open(&call, db, SQL_RECORDED_LAYERS, error);
    put_u64(&call, hash);
    int r = 0;
    while (r >= 0 && count < LAYERS_MAX && (r = call_next(&call)) > 0) {
        size_t length = 0;
        r = get_layer(&call, &file[count], &text[count], &length);
        layers[count] = (struct policy_layer){file[count], text[count], length};
        count++;
    }
    r = call_close(&call, r);
    if (r >= 0 && count == 0)
        r = error_set(error, -ENOENT, "the texts of the policy %016llx are not kept",
            (unsigned long long)hash);
    if (r >= 0) {
        r = policy_load_layers(layers, count, say, context, ret);
        if (r < 0)
            error_errno(error, r, "the policy %016llx", (unsigned long long)hash);
    }
    for (uint32_t i = 0; i < count; i++) {
        free(file[i]);
        free(text[i]);
    }
    return r;
}
