#include "mom/governor/hands.h"

#include "mom/common/clock.h"
#include "mom/common/log.h"
#include "mom/common/records.h"
#include "mom/governor/oom_handler.h"
#include "mom/governor/queue.h"
#include "mom/governor/seal.h"
#include "slices/base/text.h"

#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

enum { HAND_RESETS, HAND_HINTS, HANDS = 4 }; /* the first is for resets, the second hints as well */
enum { ACTIONS = 32, OUTCOMES = 64, HINTS = 64, ASKS = 64, BEAT_SEC = 1 };
#define SWEEP_USEC (60 * 1000000ll)
enum { SWEEPS_A_TIDY = 10 };

struct hand {
    struct hands *hands;
    pthread_t thread;
    sem_t given;
    struct queue actions[HANDS_CLIENTS], outcomes;
    struct action action_slots[HANDS_CLIENTS][ACTIONS];
    struct outcome outcome_slots[OUTCOMES];
    struct queue asks;
    struct takeover_ask ask_slots[ASKS];
    struct record_outcome record; /* too large for the stack of a small thread */
    _Atomic int64_t busy_usec;    /* boot time at which the action under way was begun; 0: none */
    _Atomic uint64_t decision;    /* whose it is, */
    _Atomic int kind;             /* and what */
    atomic_bool cut;              /* it was cut short */
    int64_t told_usec;            /* begin of what was told to be stuck; governor's thread */
    int64_t swept_usec;
    uint32_t sweeps;
    atomic_bool ended;
};

struct hands {
    struct hands_options options;
    atomic_bool stop;
    pthread_mutex_t ring_lock;
    struct hand hand[HANDS];
    uint32_t open; /* threads that run */
    struct queue hints;
    struct kernel_hint hint_slots[HINTS];
    bool hint_refused; /* and said so */
};

static void write_record(struct hands *hands, const struct record_outcome *record)
{
    (void)pthread_mutex_lock(&hands->ring_lock);
    int r = ring_write(hands->options.outcomes, RECORD_OUTCOME, record, sizeof *record);
    (void)pthread_mutex_unlock(&hands->ring_lock);
    if (r < 0)
        log_warning("the recorder is far behind: the outcome of decision %llu is not recorded",
            (unsigned long long)record->outcome.decision);
}

static void report(struct hand *hand)
{
    struct hands *hands = hand->hands;
    struct outcome *outcome = &hand->record.outcome;
    if (atomic_exchange(&hand->cut, false) && outcome->error[0] == '\0')
        (void)text_copy(outcome->error, sizeof outcome->error, "cut short, since it lasted");
    write_record(hands, &hand->record);
    if (!queue_put(&hand->outcomes, outcome))
        log_error("the governor's thread takes no outcomes; decision %llu",
            (unsigned long long)outcome->decision);
    (void)eventfd_write(hands->options.outcome_fd, 1);
}

static void tell_kernel(struct hands *hands, const struct kernel_hint *hint)
{
    int r = actuator_hint(hands->options.actuator, hint);
    if (r == 0 || r == -ENODEV || hands->hint_refused)
        return;
    hands->hint_refused = true;
    log_warning("the kernel's OOM killer can't be told all (%s): tell_kernel is of less use",
        strerrorname_np(-r));
}

static void begin(struct hand *hand, uint64_t decision, enum action_kind kind)
{
    atomic_store(&hand->decision, decision);
    atomic_store(&hand->kind, kind);
    atomic_store(&hand->busy_usec, clock_now().boot_usec);
}

static void apply(struct hand *hand, const struct action *action)
{
    begin(hand, action->decision, action->kind);
    actuator_apply(
        hand->hands->options.actuator, action, &hand->record.outcome, &hand->record.processes);
    atomic_store(&hand->busy_usec, 0);
    report(hand);
}

static bool take_over(struct hand *hand)
{
    struct takeover_ask ask;
    if (!queue_take(&hand->asks, &ask))
        return false;
    if (atomic_load(&hand->hands->stop)) /* it would be given back at once */
        return true;
    begin(hand, 0, ACTION_THROTTLE); /* v2's memory.high can make it wait */
    oom_handler_take(hand->hands->options.oom_handler, hand->hands->options.actuator, &ask);
    atomic_store(&hand->busy_usec, 0);
    return true;
}

static bool work(struct hand *hand)
{
    struct action action;
    struct kernel_hint hint;
    for (int client = 0; client < HANDS_CLIENTS; client++)
        if (queue_take(&hand->actions[client], &action)) {
            apply(hand, &action);
            return true;
        }
    if (take_over(hand))
        return true;
    if (hand != &hand->hands->hand[HAND_HINTS] || !queue_take(&hand->hands->hints, &hint))
        return false;
    tell_kernel(hand->hands, &hint);
    return true;
}

/* What could not be undone yet may be by now. */
static void tidy(struct hand *hand)
{
    struct actuator *actuator = hand->hands->options.actuator;
    int64_t now_usec = clock_now().boot_usec;
    if (hand != &hand->hands->hand[HAND_HINTS] || now_usec - hand->swept_usec < SWEEP_USEC)
        return;
    hand->swept_usec = now_usec;
    begin(hand, 0, ACTION_RELEASE);
    actuator_sweep(actuator);
    if (hand->sweeps++ % SWEEPS_A_TIDY == 0)
        actuator_tidy(actuator);
    atomic_store(&hand->busy_usec, 0);
}

static void *run(void *argument)
{
    struct hand *hand = argument;
    struct hands *hands = hand->hands;
    seal_thread(SEAL_ALLOCATION);
    do {
        while (work(hand))
            ;
        tidy(hand);
        if (hand == &hands->hand[HAND_RESETS])
            hands->options.heartbeat->beat_usec[HEART_HANDS] = clock_now().boot_usec;
        struct timespec until;
        (void)clock_gettime(CLOCK_MONOTONIC, &until);
        until.tv_sec += BEAT_SEC;
        (void)sem_clockwait(&hand->given, CLOCK_MONOTONIC, &until);
    } while (!atomic_load(&hands->stop));
    while (work(hand))
        ;
    atomic_store(&hand->ended, true);
    return NULL;
}

static int open_hand(struct hands *hands, struct hand *hand)
{
    hand->hands = hands;
    for (int client = 0; client < HANDS_CLIENTS; client++)
        queue_init(
            &hand->actions[client], hand->action_slots[client], sizeof(struct action), ACTIONS);
    queue_init(&hand->outcomes, hand->outcome_slots, sizeof(struct outcome), OUTCOMES);
    queue_init(&hand->asks, hand->ask_slots, sizeof(struct takeover_ask), ASKS);
    (void)sem_init(&hand->given, 0, 0);
    return -pthread_create(&hand->thread, NULL, run, hand);
}

/* It does nothing but end the system call that the thread is in. */
static void cut_short(int signal_number)
{
    (void)signal_number;
}

int hands_open(const struct hands_options *options, struct hands **ret, struct mom_error *error)
{
    struct hands *hands = calloc(1, sizeof *hands);
    if (!hands)
        return error_errno(error, -ENOMEM, "the hands");
    hands->options = *options;
    (void)pthread_mutex_init(&hands->ring_lock, NULL);
    queue_init(&hands->hints, hands->hint_slots, sizeof(struct kernel_hint), HINTS);
    const struct sigaction ends_calls = {.sa_handler = cut_short}; /* without SA_RESTART */
    (void)sigaction(SIGUSR1, &ends_calls, NULL);
    int r = 0;
    while (r == 0 && hands->open < HANDS) {
        r = open_hand(hands, &hands->hand[hands->open]);
        hands->open += r == 0;
    }
    if (r < 0) {
        hands_close(hands);
        return error_errno(error, r, "the threads of the hands");
    }
    *ret = hands;
    return 0;
}

/* What lasts when mom is to stop is cut short at once. */
static void end(struct hand *hand)
{
    const struct timespec pause = {.tv_nsec = 50000000};
    while (!atomic_load(&hand->ended)) {
        (void)sem_post(&hand->given);
        if (hand != &hand->hands->hand[HAND_RESETS])
            (void)pthread_kill(hand->thread, SIGUSR1);
        (void)nanosleep(&pause, NULL);
    }
    (void)pthread_join(hand->thread, NULL);
    (void)sem_destroy(&hand->given);
}

void hands_close(struct hands *hands)
{
    actuator_hurry(hands->options.actuator);
    atomic_store(&hands->stop, true);
    while (hands->open > 0)
        end(&hands->hand[--hands->open]);
    free(hands);
}

/* For so long it has been at something that should be short; a reset that asks first need not be.
 */
static int64_t lasts_usec(const struct hand *hand, int64_t now_usec)
{
    int64_t since_usec = atomic_load(&hand->busy_usec);
    bool is_short = atomic_load(&hand->kind) != ACTION_RESET;
    return since_usec != 0 && is_short ? now_usec - since_usec : 0;
}

static struct hand *shared_hand(struct hands *hands, const struct slice_life *life)
{
    return &hands->hand[HAND_HINTS + life->inode % (HANDS - HAND_HINTS)];
}

/* A reset that asks first takes its time, and so doesn't hold up others; but it doesn't wait for
 * what is stuck. */
static struct hand *hand_for(struct hands *hands, struct action *action)
{
    struct hand *shared = shared_hand(hands, &action->life);
    if (action->kind != ACTION_RESET)
        return shared;
    if (lasts_usec(shared, clock_now().boot_usec) >= HANDS_STUCK_USEC)
        action->grace_usec = 0;
    return action->grace_usec > 0 ? shared : &hands->hand[HAND_RESETS];
}

bool hands_give(struct hands *hands, enum hands_client client, const struct action *action)
{
    struct action given = *action;
    struct hand *hand = hand_for(hands, &given);
    if (!queue_put(&hand->actions[client], &given))
        return false;
    (void)sem_post(&hand->given);
    return true;
}

bool hands_hint(struct hands *hands, const struct kernel_hint *hint)
{
    if (!queue_put(&hands->hints, hint))
        return false;
    (void)sem_post(&hands->hand[HAND_HINTS].given);
    return true;
}

void hands_record(struct hands *hands, const struct outcome *outcome)
{
    const struct record_outcome record = {.outcome = *outcome};
    write_record(hands, &record);
}

bool hands_take_over(struct hands *hands, const struct takeover_ask *ask)
{
    struct hand *hand = shared_hand(hands, &ask->life);
    if (!queue_put(&hand->asks, ask))
        return false;
    (void)sem_post(&hand->given);
    return true;
}

bool hands_outcome(struct hands *hands, struct outcome *ret)
{
    for (int i = 0; i < HANDS; i++)
        if (queue_take(&hands->hand[i].outcomes, ret))
            return true;
    return false;
}

bool hands_watch(struct hands *hands, int64_t now_usec, struct hands_stuck *ret)
{
    for (uint32_t i = HAND_HINTS; i < hands->open; i++) {
        struct hand *hand = &hands->hand[i];
        int64_t usec = lasts_usec(hand, now_usec), since_usec = now_usec - usec;
        if (usec < HANDS_SLOW_USEC)
            continue;
        atomic_store(&hand->cut, true);
        (void)pthread_kill(hand->thread, SIGUSR1);
        if (usec < HANDS_STUCK_USEC || hand->told_usec == since_usec)
            continue;
        hand->told_usec = since_usec;
        *ret = (struct hands_stuck){
            atomic_load(&hand->decision), (enum action_kind)atomic_load(&hand->kind), since_usec};
        return true;
    }
    return false;
}
