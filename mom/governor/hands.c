#include "mom/governor/hands.h"

#include "mom/common/clock.h"
#include "mom/common/log.h"
#include "mom/common/records.h"
#include "mom/governor/queue.h"
#include "mom/governor/seal.h"

#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { ACTIONS = 64, OUTCOMES = 128, HINTS = 64, BEAT_SEC = 1 };

struct hands {
    struct hands_options options;
    pthread_t thread;
    sem_t given;
    atomic_bool stop;
    struct queue actions[HANDS_CLIENTS], outcomes, hints;
    struct action action_slots[HANDS_CLIENTS][ACTIONS];
    struct outcome outcome_slots[OUTCOMES];
    struct kernel_hint hint_slots[HINTS];
    bool hint_refused;            /* and said so */
    struct record_outcome record; /* too large for the stack of a small thread */
};

static void report(struct hands *hands)
{
    const struct outcome *outcome = &hands->record.outcome;
    if (ring_write(hands->options.outcomes, RECORD_OUTCOME, &hands->record, sizeof hands->record) <
        0)
        log_warning("the recorder is far behind: the outcome of decision %llu is not recorded",
            (unsigned long long)outcome->decision);
    if (!queue_put(&hands->outcomes, outcome))
        log_error("the governor's thread takes no outcomes; decision %llu",
            (unsigned long long)outcome->decision);
    const uint64_t one = 1;
    (void)!write(hands->options.outcome_fd, &one, sizeof one);
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

static bool work(struct hands *hands)
{
    struct action action;
    struct kernel_hint hint;
    for (int client = 0; client < HANDS_CLIENTS; client++)
        if (queue_take(&hands->actions[client], &action)) {
            actuator_apply(
                hands->options.actuator, &action, &hands->record.outcome, &hands->record.processes);
            report(hands);
            return true;
        }
    if (!queue_take(&hands->hints, &hint))
        return false;
    tell_kernel(hands, &hint);
    return true;
}

static void *run(void *argument)
{
    struct hands *hands = argument;
    seal_thread(SEAL_ALLOCATION);
    do {
        while (work(hands))
            ;
        hands->options.heartbeat->beat_usec[HEART_HANDS] = clock_now().boot_usec;
        struct timespec until;
        (void)clock_gettime(CLOCK_MONOTONIC, &until);
        until.tv_sec += BEAT_SEC;
        (void)sem_clockwait(&hands->given, CLOCK_MONOTONIC, &until);
    } while (!atomic_load(&hands->stop));
    while (work(hands))
        ;
    return NULL;
}

int hands_open(const struct hands_options *options, struct hands **ret, struct mom_error *error)
{
    struct hands *hands = calloc(1, sizeof *hands);
    if (!hands)
        return error_errno(error, -ENOMEM, "the hands");
    hands->options = *options;
    for (int client = 0; client < HANDS_CLIENTS; client++)
        queue_init(
            &hands->actions[client], hands->action_slots[client], sizeof(struct action), ACTIONS);
    queue_init(&hands->hints, hands->hint_slots, sizeof(struct kernel_hint), HINTS);
    queue_init(&hands->outcomes, hands->outcome_slots, sizeof(struct outcome), OUTCOMES);
    (void)sem_init(&hands->given, 0, 0);
    int r = -pthread_create(&hands->thread, NULL, run, hands);
    if (r < 0) {
        free(hands);
        return error_errno(error, r, "the thread of the hands");
    }
    *ret = hands;
    return 0;
}

void hands_close(struct hands *hands)
{
    atomic_store(&hands->stop, true);
    (void)sem_post(&hands->given);
    (void)pthread_join(hands->thread, NULL);
    (void)sem_destroy(&hands->given);
    free(hands);
}

bool hands_give(struct hands *hands, enum hands_client client, const struct action *action)
{
    if (!queue_put(&hands->actions[client], action))
        return false;
    (void)sem_post(&hands->given);
    return true;
}

bool hands_hint(struct hands *hands, const struct kernel_hint *hint)
{
    if (!queue_put(&hands->hints, hint))
        return false;
    (void)sem_post(&hands->given);
    return true;
}

bool hands_outcome(struct hands *hands, struct outcome *ret)
{
    return queue_take(&hands->outcomes, ret);
}
