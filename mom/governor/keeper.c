#include "mom/governor/keeper.h"

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
    PLACE_ENTERED, /* it has been taken over, the keeper's thread doesn't know yet, */
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
    /* The keeper's thread's own. Boot times. */
    int64_t looked_usec, seen_usec; /* the last look, and the last that saw something */
    int64_t first_usec;             /* of the looks in a row that saw somebody wait; 0: none */
    int64_t since_usec;             /* they wait, for sure; 0: they don't */
    int64_t calm_usec;              /* since when nobody waits any more; 0: somebody does */
    int64_t told_usec;
    bool stirred; /* it has something to tell */
    struct takeover_look look;
};

struct keeper {
    struct keeper_options options;
    pthread_t thread;
    atomic_bool stop;
    int poke_fd;
    pthread_mutex_t claim_lock; /* among the hands */
    struct place place[KEEPER_MOST];
    struct pollfd polled[KEEPER_MOST + 1];
    uint32_t polled_place[KEEPER_MOST + 1];
    struct queue words, waits;
    struct keeper_word word_slots[WORDS], wait_slots[WAITS];
};

static void poke(int fd)
{
    const uint64_t one = 1;
    (void)!write(fd, &one, sizeof one);
}

/* --- Other threads' side ---------------------------------------------------------------------- */

static struct place *claim(struct keeper *keeper)
{
    struct place *found = NULL;
    (void)pthread_mutex_lock(&keeper->claim_lock);
    for (uint32_t i = 0; i < KEEPER_MOST && !found; i++)
        if (atomic_load(&keeper->place[i].state) == PLACE_FREE)
            found = &keeper->place[i];
    if (found)
        atomic_store(&found->state, PLACE_CLAIMED);
    (void)pthread_mutex_unlock(&keeper->claim_lock);
    return found;
}

void keeper_take(struct keeper *keeper, struct actuator *actuator, const struct takeover_ask *ask)
{
    struct place *place = claim(keeper);
    if (!place) { /* the journal would have no row for it either; asked for again in a while */
        log_warning("of no more than %d slices the OOM is taken over", KEEPER_MOST);
        return;
    }
    atomic_store(&place->serial, ask->serial);
    atomic_store(&place->unwanted, false);
    place->delay_usec = ask->delay_usec;
    place->error = actuator_take_over(actuator, ask, &place->takeover);
    atomic_store(&place->state, place->error < 0 ? PLACE_REFUSED : PLACE_ENTERED);
    poke(keeper->poke_fd);
}

void keeper_return(struct keeper *keeper, uint64_t serial)
{
    for (uint32_t i = 0; i < KEEPER_MOST; i++) {
        struct place *place = &keeper->place[i];
        if (atomic_load(&place->state) != PLACE_FREE && atomic_load(&place->serial) == serial)
            atomic_store(&place->unwanted, true);
    }
    poke(keeper->poke_fd);
}

bool keeper_next(struct keeper *keeper, struct keeper_word *ret)
{
    return queue_take(&keeper->words, ret) || queue_take(&keeper->waits, ret);
}

/* --- The keeper's thread ---------------------------------------------------------------------- */

static void tell(
    struct keeper *keeper, const struct place *place, enum keeper_news news, int64_t now_usec)
{
    const struct keeper_word word = {.news = news,
        .serial = atomic_load(&place->serial),
        .error = place->error,
        .at_usec = now_usec,
        .since_usec = place->since_usec,
        .delay_usec = place->delay_usec,
        .look = place->look};
    (void)queue_put(news == KEEPER_WAITS ? &keeper->waits : &keeper->words, &word);
    poke(keeper->options.word_fd);
}

static void forget(struct place *place)
{
    takeover_close(&place->takeover);
    atomic_store(&place->state, PLACE_FREE);
}

/* The kernel has its killer back. What can't be undone now stays in the journal, where others find
 * it; and is tried again. */
static void give_back(
    struct keeper *keeper, struct place *place, enum keeper_news news, int64_t now_usec)
{
    struct mom_error error;
    int r = journal_undo_oom(keeper->options.journal, &place->takeover.life, &error);
    if (r < 0) {
        log_error("%s", error.text);
        return;
    }
    tell(keeper, place, news, now_usec);
    forget(place);
}

/* With another limit it is another matter: who has had his raised, and has filled it since, waits
 * from then on. */
static void begin_anew(struct place *place)
{
    place->first_usec = place->since_usec = place->calm_usec = place->told_usec = 0;
}

static void enter(struct keeper *keeper, struct place *place, int64_t now_usec)
{
    bool taken = atomic_load(&place->state) == PLACE_ENTERED;
    place->looked_usec = 0;
    begin_anew(place);
    place->seen_usec = now_usec;
    place->look = (struct takeover_look){0};
    place->stirred = true;
    tell(keeper, place, taken ? KEEPER_TAKEN : KEEPER_REFUSED, now_usec);
    atomic_store(&place->state, taken ? PLACE_KEPT : PLACE_FREE);
}

/* v2 is not sure at the first look: what is about to be reclaimed would pass for stuck. */
static void note_waiting(struct keeper *keeper, struct place *place, int64_t now_usec)
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
        tell(keeper, place, KEEPER_WAITS, now_usec);
    }
}

static void note_calm(struct place *place, int64_t now_usec)
{
    if (place->calm_usec == 0)
        place->calm_usec = now_usec;
    if (place->since_usec == 0 || now_usec - place->calm_usec >= CALM_USEC)
        place->since_usec = place->first_usec = 0;
}

static void look(struct keeper *keeper, struct place *place, int64_t now_usec)
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
        note_waiting(keeper, place, now_usec);
    else if (r == 0)
        note_calm(place, now_usec);
    bool is_over = place->since_usec != 0 && now_usec - place->since_usec >= place->delay_usec;
    if (r == -ENODEV || r == -ESTALE || now_usec - place->seen_usec >= BLIND_USEC)
        give_back(keeper, place, KEEPER_RETURNED, now_usec);
    else if (is_over)
        give_back(keeper, place, KEEPER_LATE, now_usec);
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

static void visit(struct keeper *keeper, struct place *place, int64_t now_usec)
{
    int state = atomic_load(&place->state);
    if (state == PLACE_ENTERED || state == PLACE_REFUSED)
        enter(keeper, place, now_usec);
    if (atomic_load(&place->state) != PLACE_KEPT)
        return;
    if (atomic_load(&place->unwanted))
        give_back(keeper, place, KEEPER_RETURNED, now_usec);
    else if (now_usec >= due_usec(place))
        look(keeper, place, now_usec);
}

/* What the warden reads: how many are kept, and the next deadline. */
static void show(const struct keeper *keeper)
{
    struct heartbeat_page *page = keeper->options.heartbeat;
    uint32_t kept = 0;
    int64_t until_usec = 0;
    for (uint32_t i = 0; i < KEEPER_MOST; i++) {
        const struct place *place = &keeper->place[i];
        if (atomic_load(&place->state) != PLACE_KEPT)
            continue;
        kept++;
        int64_t deadline_usec = place->since_usec + place->delay_usec;
        if (place->since_usec != 0 && (until_usec == 0 || deadline_usec < until_usec))
            until_usec = deadline_usec;
    }
    page->kept = kept;
    page->kept_until_usec = until_usec;
    page->beat_usec[HEART_KEEPER] = clock_now().boot_usec;
}

/* Fills in what is to be waited for; returns for how long, in milliseconds. */
static int prepare(struct keeper *keeper, nfds_t *ret_count)
{
    int64_t now_usec = clock_now().boot_usec, next_usec = now_usec + BEAT_USEC;
    nfds_t count = 0;
    keeper->polled[count++] = (struct pollfd){.fd = keeper->poke_fd, .events = POLLIN};
    for (uint32_t i = 0; i < KEEPER_MOST; i++) {
        const struct place *place = &keeper->place[i];
        if (atomic_load(&place->state) != PLACE_KEPT)
            continue;
        int64_t due = due_usec(place);
        next_usec = due < next_usec ? due : next_usec;
        if (place->stirred || place->takeover.event_fd < 0)
            continue; /* who has said something is not heard again before he is looked at */
        bool is_v1 = place->takeover.version == HIERARCHY_V1;
        keeper->polled_place[count] = i;
        keeper->polled[count++] =
            (struct pollfd){.fd = place->takeover.event_fd, .events = is_v1 ? POLLIN : POLLPRI};
    }
    *ret_count = count;
    return next_usec > now_usec ? (int)((next_usec - now_usec) / 1000) + 1 : 0;
}

static void hear(struct keeper *keeper, nfds_t count)
{
    uint64_t ignored;
    if (keeper->polled[0].revents)
        (void)!read(keeper->poke_fd, &ignored, sizeof ignored);
    for (nfds_t i = 1; i < count; i++) {
        struct place *place = &keeper->place[keeper->polled_place[i]];
        if (!keeper->polled[i].revents)
            continue;
        place->stirred = true;
        if (place->takeover.version == HIERARCHY_V1)
            (void)!read(place->takeover.event_fd, &ignored, sizeof ignored);
    }
}

static void *run(void *argument)
{
    struct keeper *keeper = argument;
    struct priority unused;
    (void)priority_raise(&unused); /* a look costs some tens of microseconds */
    seal_thread(SEAL_ALLOCATION);
    while (!atomic_load(&keeper->stop)) {
        nfds_t count;
        int64_t now_usec = clock_now().boot_usec;
        for (uint32_t i = 0; i < KEEPER_MOST; i++)
            visit(keeper, &keeper->place[i], now_usec);
        show(keeper);
        int pause_msec = prepare(keeper, &count);
        if (poll(keeper->polled, count, pause_msec) > 0)
            hear(keeper, count);
    }
    return NULL;
}

int keeper_open(const struct keeper_options *options, struct keeper **ret, struct mom_error *error)
{
    struct keeper *keeper = calloc(1, sizeof *keeper);
    if (!keeper)
        return error_errno(error, -ENOMEM, "the keeper");
    keeper->options = *options;
    (void)pthread_mutex_init(&keeper->claim_lock, NULL);
    queue_init(&keeper->words, keeper->word_slots, sizeof *keeper->word_slots, WORDS);
    queue_init(&keeper->waits, keeper->wait_slots, sizeof *keeper->wait_slots, WAITS);
    keeper->poke_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    int r = keeper->poke_fd < 0 ? -errno : 0;
    if (r == 0)
        r = -pthread_create(&keeper->thread, NULL, run, keeper);
    if (r < 0) {
        if (keeper->poke_fd >= 0)
            (void)close(keeper->poke_fd);
        free(keeper);
        return error_errno(error, r, "the keeper's thread");
    }
    *ret = keeper;
    return 0;
}

void keeper_close(struct keeper *keeper)
{
    atomic_store(&keeper->stop, true);
    poke(keeper->poke_fd);
    (void)pthread_join(keeper->thread, NULL);
    keeper->options.heartbeat->kept = 0;
    keeper->options.heartbeat->kept_until_usec = 0;
    for (uint32_t i = 0; i < KEEPER_MOST; i++)
        if (atomic_load(&keeper->place[i].state) == PLACE_KEPT)
            takeover_close(&keeper->place[i].takeover);
    (void)close(keeper->poke_fd);
    (void)pthread_mutex_destroy(&keeper->claim_lock);
    free(keeper);
}
