#include "mom/governor/oom_handler.h"

#include "mom/common/clock.h"
#include "mom/common/log.h"
#include "mom/governor/queue.h"
#include "mom/governor/seal.h"
#include "slices/base/priority.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

/* Powers of two. Of changes there are no more than three a slice until the governor's thread has
 * heard of them; who waits is told again. */
enum { WORDS = 512, WAITS = 256 };

/* Each is looked at once a second, and when it has something to tell; but no more often than: */
#define LOOK_USEC       USEC_PER_SEC
#define LOOK_LEAST_USEC (100 * 1000)
/* While its tasks wait. */
#define LOOK_WAITS_USEC (250 * 1000)
/* For so long nobody waits any more before it is over: who was woken by a little that became free
 * is back in a moment. */
#define CALM_USEC USEC_PER_SEC
/* What can't be looked at for so long is given back. */
#define BLIND_USEC (5 * USEC_PER_SEC)
#define BEAT_USEC  (500 * 1000)

enum place_state {
    PLACE_FREE,
    PLACE_CLAIMED, /* a hand is at it */
    PLACE_ENTERED, /* it has been taken over, the OOM handler's thread doesn't know yet, */
    PLACE_REFUSED, /* or could not be */
    PLACE_KEPT,
};

struct place {
    _Atomic int state;
    atomic_bool unwanted; /* the governor's thread wants it given back */
    _Atomic uint64_t serial;
    int error;
    int64_t delay_usec;
    struct takeover takeover;
    /* The OOM handler's thread's own. Boot times. */
    int64_t looked_usec, seen_usec; /* the last look, and the last that saw something */
    int64_t first_usec;             /* of the looks in a row that saw somebody wait; 0: none */
    int64_t since_usec;             /* they wait, for sure; 0: they don't */
    int64_t calm_usec;              /* since when nobody waits any more; 0: somebody does */
    int64_t told_usec;
    bool stirred; /* it has something to tell */
    struct takeover_look look;
};

struct oom_handler {
    struct oom_handler_options options;
    pthread_t thread;
    atomic_bool stop;
    int poke_fd;
    pthread_mutex_t claim_lock; /* among the hands */
    struct place place[OOM_HANDLER_MOST];
    struct pollfd polled[OOM_HANDLER_MOST + 1];
    uint32_t polled_place[OOM_HANDLER_MOST + 1];
    struct queue words, waits;
    struct oom_handler_word word_slots[WORDS], wait_slots[WAITS];
};

/* --- Other threads' side ---------------------------------------------------------------------- */

static struct place *claim(struct oom_handler *oom_handler)
{
    struct place *found = NULL;
    (void)pthread_mutex_lock(&oom_handler->claim_lock);
    for (uint32_t i = 0; i < OOM_HANDLER_MOST && !found; i++)
        if (atomic_load(&oom_handler->place[i].state) == PLACE_FREE)
            found = &oom_handler->place[i];
    if (found)
        atomic_store(&found->state, PLACE_CLAIMED);
    (void)pthread_mutex_unlock(&oom_handler->claim_lock);
    return found;
}

void oom_handler_take(
    struct oom_handler *oom_handler, struct actuator *actuator, const struct takeover_ask *ask)
{
    struct place *place = claim(oom_handler);
    if (!place) { /* the journal would have no row for it either; asked for again in a while */
        log_warning("of no more than %d slices the OOM is taken over", OOM_HANDLER_MOST);
        return;
    }
    atomic_store(&place->serial, ask->serial);
    atomic_store(&place->unwanted, false);
    place->delay_usec = ask->delay_usec;
    place->error = actuator_take_over(actuator, ask, &place->takeover);
    atomic_store(&place->state, place->error < 0 ? PLACE_REFUSED : PLACE_ENTERED);
    (void)eventfd_write(oom_handler->poke_fd, 1);
}

void oom_handler_return(struct oom_handler *oom_handler, uint64_t serial)
{
    for (uint32_t i = 0; i < OOM_HANDLER_MOST; i++) {
        struct place *place = &oom_handler->place[i];
        if (atomic_load(&place->state) != PLACE_FREE && atomic_load(&place->serial) == serial)
            atomic_store(&place->unwanted, true);
    }
    (void)eventfd_write(oom_handler->poke_fd, 1);
}

bool oom_handler_next(struct oom_handler *oom_handler, struct oom_handler_word *ret)
{
    return queue_take(&oom_handler->words, ret) || queue_take(&oom_handler->waits, ret);
}

/* --- The OOM handler's thread
 * ---------------------------------------------------------------------- */

static void tell(struct oom_handler *oom_handler, const struct place *place,
    enum oom_handler_news news, int64_t now_usec)
{
    const struct oom_handler_word word = {.news = news,
        .serial = atomic_load(&place->serial),
        .error = place->error,
        .at_usec = now_usec,
        .since_usec = place->since_usec,
        .delay_usec = place->delay_usec,
        .look = place->look};
    (void)queue_put(news == OOM_HANDLER_WAITS ? &oom_handler->waits : &oom_handler->words, &word);
    (void)eventfd_write(oom_handler->options.word_fd, 1);
}

static void forget(struct place *place)
{
    takeover_close(&place->takeover);
    atomic_store(&place->state, PLACE_FREE);
}

/* The kernel has its killer back. What can't be undone now stays in the journal, where others find
 * it; and is tried again. */
static void give_back(struct oom_handler *oom_handler, struct place *place,
    enum oom_handler_news news, int64_t now_usec)
{
    struct mom_error error;
    int r = journal_undo_oom(oom_handler->options.journal, &place->takeover.life, &error);
    if (r < 0) {
        log_error("%s", error.text);
        return;
    }
    tell(oom_handler, place, news, now_usec);
    forget(place);
}

/* With another limit it is another matter: who has had his raised, and has filled it since, waits
 * from then on. */
static void begin_anew(struct place *place)
{
    place->first_usec = place->since_usec = place->calm_usec = place->told_usec = 0;
}

static void enter(struct oom_handler *oom_handler, struct place *place, int64_t now_usec)
{
    bool taken = atomic_load(&place->state) == PLACE_ENTERED;
    place->looked_usec = 0;
    begin_anew(place);
    place->seen_usec = now_usec;
    place->look = (struct takeover_look){0};
    place->stirred = true;
    tell(oom_handler, place, taken ? OOM_HANDLER_TAKEN : OOM_HANDLER_REFUSED, now_usec);
    atomic_store(&place->state, taken ? PLACE_KEPT : PLACE_FREE);
}

/* v2 is not sure at the first look: what is about to be reclaimed would pass for stuck. */
static void note_waiting(struct oom_handler *oom_handler, struct place *place, int64_t now_usec)
{
    bool sure = place->takeover.version == HIERARCHY_V1 || place->first_usec != 0;
    if (place->first_usec == 0)
        place->first_usec = now_usec;
    place->calm_usec = 0;
    if (sure && place->since_usec == 0) {
        place->since_usec = place->first_usec;
        place->told_usec = 0;
    }
    if (place->since_usec != 0 &&
        (place->told_usec == 0 || now_usec - place->told_usec >= USEC_PER_SEC)) {
        place->told_usec = now_usec;
        tell(oom_handler, place, OOM_HANDLER_WAITS, now_usec);
    }
}

static void note_calm(struct place *place, int64_t now_usec)
{
    if (place->calm_usec == 0)
        place->calm_usec = now_usec;
    if (place->since_usec == 0 || now_usec - place->calm_usec >= CALM_USEC)
        place->since_usec = place->first_usec = 0;
}

static void look(struct oom_handler *oom_handler, struct place *place, int64_t now_usec)
{
    uint64_t limit = place->look.limit;
    int r = takeover_look(&place->takeover, &place->look);
    if (r == 0 && place->look.limit != limit)
        begin_anew(place);
    place->looked_usec = now_usec;
    place->stirred = false;
    if (r == 0) {
        place->seen_usec = now_usec;
        (void)takeover_sweep(&place->takeover);
    }
    if (r == 0 && place->look.waits)
        note_waiting(oom_handler, place, now_usec);
    else if (r == 0)
        note_calm(place, now_usec);
    bool is_over = place->since_usec != 0 && now_usec - place->since_usec >= place->delay_usec;
    if (r == -ENODEV || r == -ESTALE || now_usec - place->seen_usec >= BLIND_USEC)
        give_back(oom_handler, place, OOM_HANDLER_RETURNED, now_usec);
    else if (is_over)
        give_back(oom_handler, place, OOM_HANDLER_LATE, now_usec);
}

/* When it is to be looked at next. */
static int64_t due_usec(const struct place *place)
{
    int64_t least_usec = place->looked_usec + LOOK_LEAST_USEC;
    if (place->stirred)
        return least_usec;
    bool may_wait = place->first_usec != 0;
    int64_t next_usec = place->looked_usec + (may_wait ? LOOK_WAITS_USEC : LOOK_USEC);
    int64_t until_usec = place->since_usec + place->delay_usec;
    if (place->since_usec == 0 || until_usec >= next_usec)
        return next_usec;
    return until_usec > least_usec ? until_usec : least_usec;
}

static void visit(struct oom_handler *oom_handler, struct place *place, int64_t now_usec)
{
    int state = atomic_load(&place->state);
    if (state == PLACE_ENTERED || state == PLACE_REFUSED)
        enter(oom_handler, place, now_usec);
    if (atomic_load(&place->state) != PLACE_KEPT)
        return;
    if (atomic_load(&place->unwanted))
        give_back(oom_handler, place, OOM_HANDLER_RETURNED, now_usec);
    else if (now_usec >= due_usec(place))
        look(oom_handler, place, now_usec);
}

/* What the warden reads: how many are kept, and the next deadline. */
static void show(const struct oom_handler *oom_handler)
{
    struct heartbeat_page *page = oom_handler->options.heartbeat;
    uint32_t kept = 0;
    int64_t until_usec = 0;
    for (uint32_t i = 0; i < OOM_HANDLER_MOST; i++) {
        const struct place *place = &oom_handler->place[i];
        if (atomic_load(&place->state) != PLACE_KEPT)
            continue;
        kept++;
        int64_t deadline_usec = place->since_usec + place->delay_usec;
        if (place->since_usec != 0 && (until_usec == 0 || deadline_usec < until_usec))
            until_usec = deadline_usec;
    }
    page->kept = kept;
    page->kept_until_usec = until_usec;
    page->beat_usec[HEART_OOM_HANDLER] = clock_now().boot_usec;
}

/* Fills in what is to be waited for; returns for how long, in milliseconds. */
static int prepare(struct oom_handler *oom_handler, nfds_t *ret_count)
{
    int64_t now_usec = clock_now().boot_usec, next_usec = now_usec + BEAT_USEC;
    nfds_t count = 0;
    oom_handler->polled[count++] = (struct pollfd){.fd = oom_handler->poke_fd, .events = POLLIN};
    for (uint32_t i = 0; i < OOM_HANDLER_MOST; i++) {
        const struct place *place = &oom_handler->place[i];
        if (atomic_load(&place->state) != PLACE_KEPT)
            continue;
        int64_t due = due_usec(place);
        next_usec = due < next_usec ? due : next_usec;
        if (place->stirred || place->takeover.event_fd < 0)
            continue; /* who has said something is not heard again before he is looked at */
        bool is_v1 = place->takeover.version == HIERARCHY_V1;
        oom_handler->polled_place[count] = i;
        oom_handler->polled[count++] =
            (struct pollfd){.fd = place->takeover.event_fd, .events = is_v1 ? POLLIN : POLLPRI};
    }
    *ret_count = count;
    return next_usec > now_usec ? (int)((next_usec - now_usec) / 1000) + 1 : 0;
}

static void hear(struct oom_handler *oom_handler, nfds_t count)
{
    uint64_t ignored;
    if (oom_handler->polled[0].revents)
        (void)!read(oom_handler->poke_fd, &ignored, sizeof ignored);
    for (nfds_t i = 1; i < count; i++) {
        struct place *place = &oom_handler->place[oom_handler->polled_place[i]];
        if (!oom_handler->polled[i].revents)
            continue;
        place->stirred = true;
        if (place->takeover.version == HIERARCHY_V1)
            (void)!read(place->takeover.event_fd, &ignored, sizeof ignored);
    }
}

static void *run(void *argument)
{
    struct oom_handler *oom_handler = argument;
    struct priority unused;
    (void)priority_raise(&unused); /* a look costs some tens of microseconds */
    seal_thread(SEAL_ALLOCATION);
    while (!atomic_load(&oom_handler->stop)) {
        nfds_t count;
        int64_t now_usec = clock_now().boot_usec;
        for (uint32_t i = 0; i < OOM_HANDLER_MOST; i++)
            visit(oom_handler, &oom_handler->place[i], now_usec);
        show(oom_handler);
        int pause_msec = prepare(oom_handler, &count);
        if (poll(oom_handler->polled, count, pause_msec) > 0)
            hear(oom_handler, count);
    }
    return NULL;
}

int oom_handler_open(
    const struct oom_handler_options *options, struct oom_handler **ret, struct mom_error *error)
{
    struct oom_handler *oom_handler = calloc(1, sizeof *oom_handler);
    if (!oom_handler)
        return error_errno(error, -ENOMEM, "the OOM handler");
    oom_handler->options = *options;
    (void)pthread_mutex_init(&oom_handler->claim_lock, NULL);
    queue_init(
        &oom_handler->words, oom_handler->word_slots, sizeof *oom_handler->word_slots, WORDS);
    queue_init(
        &oom_handler->waits, oom_handler->wait_slots, sizeof *oom_handler->wait_slots, WAITS);
    oom_handler->poke_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    int r = oom_handler->poke_fd < 0 ? -errno : 0;
    if (r == 0)
        r = -pthread_create(&oom_handler->thread, NULL, run, oom_handler);
    if (r < 0) {
        if (oom_handler->poke_fd >= 0)
            (void)close(oom_handler->poke_fd);
        free(oom_handler);
        return error_errno(error, r, "the OOM handler's thread");
    }
    *ret = oom_handler;
    return 0;
}

void oom_handler_close(struct oom_handler *oom_handler)
{
    atomic_store(&oom_handler->stop, true);
    (void)eventfd_write(oom_handler->poke_fd, 1);
    (void)pthread_join(oom_handler->thread, NULL);
    oom_handler->options.heartbeat->kept = 0;
    oom_handler->options.heartbeat->kept_until_usec = 0;
    for (uint32_t i = 0; i < OOM_HANDLER_MOST; i++)
        if (atomic_load(&oom_handler->place[i].state) == PLACE_KEPT)
            takeover_close(&oom_handler->place[i].takeover);
    (void)close(oom_handler->poke_fd);
    (void)pthread_mutex_destroy(&oom_handler->claim_lock);
    free(oom_handler);
}
