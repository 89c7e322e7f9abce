/* The OOM of slices at their own limits: which are taken over from the kernel, and what is done
 * when the OOM handler says that the tasks of one wait. */
#include "mom/governor/governor.h"

#include "mom/common/clock.h"
#include "mom/common/log.h"
#include "slices/base/text.h"

#include <errno.h>
#include <string.h>

/* An answer that does not come: the hand that was asked hangs. */
#define ASKED_PATIENCE_USEC (2 * 60 * USEC_PER_SEC)

/* Once a tick: those that were given back in between are known to be at the next. */
static void count_kept(struct governor *governor)
{
    governor->kept = 0;
    for (uint32_t i = 0; i < governor->capacity; i++) {
        const struct watch *watch = &governor->places[i].watch;
        bool is_kept = watch->oom.state != OOM_KERNELS && watch->oom.state != OOM_LATE;
        governor->kept += watch->serial != 0 && is_kept;
    }
}

static void ask(
    struct governor *governor, struct place *place, const struct slice *slice, struct stamp now)
{
    struct takeover_ask ask = {.serial = slice->serial,
        .life = slice->life,
        .delay_usec = place->watch.policy.oom_delay_usec};
    (void)text_copy(ask.path, sizeof ask.path, slice->path);
    if (governor->kept >= OOM_HANDLER_MOST) {
        if (!governor->oom_handler_full)
            tell_note(governor, now, "oom-full", "the OOM of no more than %d slices is mom's",
                OOM_HANDLER_MOST);
        governor->oom_handler_full = true;
        return;
    }
    if (!hands_take_over(governor->hands, &ask))
        return; /* at the next tick */
    governor->kept++;
    place->oom_asked_usec = now.boot_usec;
    place->oom_delay_usec = ask.delay_usec;
    oom_asked(&place->watch);
}

void governor_keep(
    struct governor *governor, struct place *place, const struct slice *slice, struct stamp now)
{
    struct watch *watch = &place->watch;
    if (!governor->oom_handler || governor->options->dry_run)
        return;
    bool wanted = oom_wanted(watch, slice, now);
    bool is_stale = watch->policy.oom_delay_usec != place->oom_delay_usec;
    if (watch->oom.state == OOM_KERNELS && wanted) {
        ask(governor, place, slice, now);
    } else if (watch->oom.state == OOM_TAKEN && (!wanted || is_stale)) {
        oom_returning(watch);
        oom_handler_return(governor->oom_handler, slice->serial);
    } else if (watch->oom.state == OOM_ASKED &&
               now.boot_usec - place->oom_asked_usec > ASKED_PATIENCE_USEC) {
        oom_handler_return(governor->oom_handler, slice->serial);
        oom_refused(watch, now);
    }
}

void governor_keep_all(struct governor *governor, struct stamp now)
{
    count_kept(governor);
    for (uint32_t i = 0; i < governor->capacity; i++) {
        const struct slice *slice = tree_slice(governor->tree, i);
        if (slice && governor->places[i].stands)
            governor_keep(governor, &governor->places[i], slice, now);
    }
}

/* What the decision goes by is newer than the last tick. */
static struct oom_facts facts_of(
    struct governor *governor, const struct oom_handler_word *word, struct stamp now)
{
    struct node_sample node;
    bool known = node_read(&governor->node_reader, now, &node) == 0;
    struct oom_facts facts = {.limit = word->look.limit,
        .usage = word->look.usage,
        .outlives = word->look.outlives,
        .waited_usec = now.boot_usec - word->since_usec,
        .delay_usec = word->delay_usec,
        .late = word->news == OOM_HANDLER_LATE,
        .available = SAMPLE_NO_LIMIT,
        .swap_free = SAMPLE_NO_LIMIT};
    if (known && node_has(&node, NODE_MEM_AVAILABLE))
        facts.available = node.value[NODE_MEM_AVAILABLE];
    if (known && node_has(&node, NODE_SWAP_FREE))
        facts.swap_free = node.value[NODE_SWAP_FREE];
    return facts;
}

/* Since the look something has come of an answer: whether they wait still, the next look tells. */
static bool is_overtaken(const struct watch *watch, const struct oom_handler_word *word)
{
    return word->at_usec <= watch->ladder.since_usec ||
           word->at_usec <= watch->raise.temporary.since_usec;
}

/* Heard late, since this thread was kept waiting: its tasks may have gone on by themselves. While
 * they wait, the word comes again each second. */
#define WAITS_LASTS_USEC (2 * USEC_PER_SEC)

static bool is_stale(const struct oom_handler_word *word, struct stamp now)
{
    return now.boot_usec - word->at_usec > WAITS_LASTS_USEC;
}

static void decide(struct governor *governor, struct place *place, const struct slice *slice,
    const struct oom_handler_word *word, struct stamp now)
{
    const struct oom_facts facts = facts_of(governor, word, now);
    bool loose;
    uint32_t count = decide_oom(&place->watch, slice, governor->policy, &governor->node, &facts,
        &governor->standings.of[0].raised, now, &governor->scratch, &loose);
    if (loose && !facts.late) { /* before anything else */
        oom_returning(&place->watch);
        oom_handler_return(governor->oom_handler, slice->serial);
    }
    if (count > 0)
        governor_pursue(governor, place, &governor->scratch);
}

static void say_refused(struct place *place, const struct slice *slice, int error)
{
    char key[2 * SLICE_KEY_MAX];
    if (!place->oom_refused_said)
        log_notice("the OOM of %s stays the kernel's: %s", text_show(key, sizeof key, slice->key),
            error == -EBUSY ? "somebody else has set memory.high, or switched its killer off"
                            : strerrordesc_np(-error));
    place->oom_refused_said = true;
}

static void hear(struct governor *governor, struct place *place, const struct slice *slice,
    const struct oom_handler_word *word, struct stamp now)
{
    struct watch *watch = &place->watch;
    switch (word->news) {
    case OOM_HANDLER_TAKEN:
        oom_taken(watch);
        break;
    case OOM_HANDLER_REFUSED:
        say_refused(place, slice, word->error);
        oom_refused(watch, now);
        break;
    case OOM_HANDLER_WAITS:
        if (watch->oom.state == OOM_TAKEN && !is_overtaken(watch, word) && !is_stale(word, now))
            decide(governor, place, slice, word, now);
        break;
    case OOM_HANDLER_LATE:
        oom_late(watch, now);
        decide(governor, place, slice, word, now);
        break;
    case OOM_HANDLER_RETURNED:
        oom_returned(watch);
        governor_keep(governor, place, slice, now);
        break;
    }
}

void governor_hear_oom_handler(struct governor *governor, struct stamp now)
{
    struct oom_handler_word word;
    const struct slice *slice;
    while (governor->oom_handler && oom_handler_next(governor->oom_handler, &word)) {
        struct place *place = governor_find(governor, word.serial, &slice);
        if (place && place->watch.serial == word.serial)
            hear(governor, place, slice, &word, now);
        else if (word.news == OOM_HANDLER_TAKEN)
            oom_handler_return(governor->oom_handler, word.serial);
    }
}
