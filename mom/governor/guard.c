#include "mom/governor/guard.h"

#include "mom/common/clock.h"
#include "mom/common/log.h"
#include "mom/common/paths.h"
#include "mom/common/records.h"
#include "mom/governor/queue.h"
#include "mom/governor/seal.h"
#include "slices/base/priority.h"
#include "slices/base/text.h"
#include "slices/read/group.h"
#include "slices/read/node.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum { ORDERS = 32, OUTCOMES = 2 };

/* What the guard goes by. */
struct lists {
    struct standings standings;
    struct domain_reader reader[DOMAINS_MAX]; /* of those in use but the node */
    const struct policy *policy;
    uint64_t number;
};

/* Of one domain: what was seen of it, and whether that goes into the record. */
struct seen {
    struct node_look look; /* the newest */
    bool looked_before, recording;
    int64_t close_usec; /* when it was last close to trouble; 0: never */
};

struct guard {
    struct guard_options options;
    pthread_t thread;
    atomic_bool stop;
    int pressure_fd; /* PSI trigger; -1: woken by time alone */

    /* The letter box: the governor's thread holds the lock for a copy's time only; the guard tries.
     */
    pthread_mutex_t box_lock;
    bool box_full;
    struct lists box;
    _Atomic uint64_t taken;

    /* The guard's thread's own. */
    struct node_reader reader;
    struct node_watches watches;
    struct lists lists;
    struct decision decision;
    struct seen seen[DOMAINS_MAX];

    struct queue orders, outcomes;
    struct guard_order order_slots[ORDERS];
    struct outcome outcome_slots[OUTCOMES];
};

/* Wakes the guard early when memory gets tight. Unprivileged windows must be multiples of 2 s
 * (since 6.5); privileged ones may be shorter. Either is only a faster clock: the timer goes on. */
static int open_pressure(const char *proc_root)
{
    static const char *const triggers[] = {"some 100000 1000000", "some 200000 2000000"};
    char path[PATH_MAX];
    if (paths_join(path, sizeof path, proc_root, "pressure/memory") < 0)
        return -1;
    for (size_t i = 0; i < sizeof triggers / sizeof *triggers; i++) {
        int fd = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC);
        if (fd < 0)
            return -1;
        if (write(fd, triggers[i], strlen(triggers[i]) + 1) > 0)
            return fd;
        (void)close(fd);
    }
    return -1;
}

static void take_lists(struct guard *guard)
{
    if (pthread_mutex_trylock(&guard->box_lock) != 0)
        return; /* next time; the lists at hand are at most a tick older */
    if (guard->box_full) {
        const struct policy *before = guard->lists.policy;
        standings_copy(&guard->lists.standings, &guard->box.standings);
        memcpy(guard->lists.reader, guard->box.reader, sizeof guard->box.reader);
        guard->lists.policy = guard->box.policy;
        guard->lists.number = guard->box.number;
        guard->box_full = false;
        atomic_store(&guard->taken, guard->lists.number);
        for (uint32_t i = 0; i < DOMAINS_MAX; i++) {
            if (domains_follow(&guard->watches, &guard->lists.standings, i))
                guard->seen[i] = (struct seen){0};
            if (guard->lists.policy !=
                before) /* other rules: none has held, or been told of, yet */
                node_watch_forget_rules(&guard->watches.of[i]);
        }
    }
    (void)pthread_mutex_unlock(&guard->box_lock);
}

/* Looks are recorded while the node is close to trouble, and so long afterwards, so that what was
 * decided can be replayed: in calm times nobody would miss them. */
#define RECORD_USEC (10 * USEC_PER_SEC)

/* The look before the first that is recorded goes with it: that is where a replay takes over. */
static void record_look(struct guard *guard, uint32_t domain, const struct node_sample *node,
    enum node_look_kind kind, uint64_t charged)
{
    const struct node_watch *watch = &guard->watches.of[domain];
    struct seen *seen = &guard->seen[domain];
    struct node_look look = node_look_of(watch, node, &guard->lists.standings.of[domain], kind);
    look.charged = charged;
    if (node_is_close(watch))
        seen->close_usec = node->at.boot_usec;
    bool record = seen->close_usec != 0 && node->at.boot_usec - seen->close_usec <= RECORD_USEC;
    seen->look.kind = LOOK_FIRST;
    if (record && !seen->recording && seen->looked_before)
        (void)ring_write(guard->options.looks, RECORD_LOOK, &seen->look, sizeof seen->look);
    if (record)
        (void)ring_write(guard->options.looks, RECORD_LOOK, &look, sizeof look);
    seen->recording = record;
    seen->looked_before = true;
    seen->look = look;
}

/* A domain's own numbers say what it may use; how much of that the node still has, and what only
 * the node is counted for, is taken from the look before at the node. */
static int read_domain(struct guard *guard, uint32_t domain, struct node_sample *ret)
{
    struct stamp now = clock_now();
    if (domain == 0)
        return node_read(&guard->reader, now, ret);
    return domain_read(&guard->lists.reader[domain], now, &guard->seen[0].look.node, ret);
}

/* To the slice that was chosen. Another life there, or none, is the hands' affair. */
static uint64_t read_charged(const struct guard *guard)
{
    const struct hierarchy *hierarchy = guard->options.hierarchy;
    int fd = group_open(hierarchy->root_fd, guard->decision.path);
    if (fd < 0)
        return SAMPLE_NO_LIMIT;
    uint64_t charged = group_charged(fd, hierarchy->version);
    (void)close(fd);
    return charged;
}

static bool still_short(struct guard *guard, uint32_t domain)
{
    struct node_sample node;
    if (read_domain(guard, domain, &node) < 0)
        return false;
    uint64_t charged =
        guard->decision.action == ACTION_RESET ? read_charged(guard) : SAMPLE_NO_LIMIT;
    bool is_short = decide_node_confirm(&guard->watches.of[domain], guard->lists.policy, &node,
        &guard->lists.standings.of[domain], &guard->decision, charged);
    record_look(guard, domain, &node, LOOK_AGAIN, charged);
    return is_short;
}

static void tell_governor(struct guard *guard, bool failed)
{
    const struct decision *decision = &guard->decision;
    struct guard_order order = {.serial = decision->serial,
        .decision = decision->seq,
        .action = decision->action,
        .wanted = decision->wanted,
        .restraint = decision->restraint,
        .failed = failed};
    (void)text_copy(order.rule, sizeof order.rule, decision->rule);
    (void)queue_put(&guard->orders, &order);
}

static bool carry_out(struct guard *guard)
{
    struct decision *decision = &guard->decision;
    const struct action action = decision_action(decision);
    if (hands_give(guard->options.hands, HANDS_GUARD, &action))
        return true;
    if (decision->action == ACTION_RESET)
        tell_governor(guard, true);
    log_error("guard: the hands are busy, decision %llu is not carried out",
        (unsigned long long)decision->seq);
    return false;
}

static void ask_for_a_tick(const struct guard *guard)
{
    (void)eventfd_write(guard->options.tick_fd, 1); /* never blocks: EAGAIN is as good */
}

/* Its memory is on the way already, or back, or the shortage is over. */
static bool is_needless(struct guard *guard, uint32_t domain)
{
    bool resets = guard->decision.action == ACTION_RESET;
    return (resets &&
               domains_await(&guard->watches, guard->lists.policy, domain, &guard->decision)) ||
           !still_short(guard, domain);
}

/* What comes back from it has failed, or was a dry run. */
static void go_down(struct guard *guard)
{
    struct outcome outcome;
    last_resort_go(guard->options.last_resort,
        policy_globals(guard->lists.policy)->last_resort.action, &guard->decision,
        &guard->lists.standings.of[0], &outcome);
    (void)queue_put(&guard->outcomes, &outcome);
}

static void pursue(struct guard *guard, uint32_t domain)
{
    struct decision *decision = &guard->decision;
    decision->seq = decision->incident = live_next_seq(guard->options.live);
    bool told =
        ring_write(guard->options.decisions, RECORD_DECISION, decision, sizeof *decision) == 0;
    bool acts = decision->serial != 0 && decision->action >= ACTION_WARN;
    if (decision->serial != 0 && decision->action >= ACTION_ALARM)
        tell_governor(guard, false); /* before an outcome can come */
    bool done = !acts || carry_out(guard);
    if (decision->action == ACTION_REBOOT)
        go_down(guard);
    if (decision->action == ACTION_RESET && !done)
        decide_node_withdraw(&guard->watches.of[domain], decision);
    else if (decision->action == ACTION_RESET)
        domains_note_reset(&guard->watches, &guard->lists.standings, domain, decision);
    /* Only now: a log that is a file may have to wait for its disk. */
    log_warning("guard: rule %s%s%s: %s %s (decision %llu)%s", decision->rule,
        decision->domain[0] ? " in " : "", decision->domain, action_kind_names[decision->action],
        decision->key[0] ? decision->key : "nobody", (unsigned long long)decision->seq,
        told ? "" : "; not recorded, the recorder is far behind");
}

/* What the last resort depends on, beside the memory. */
static void see_machine(struct guard *guard, struct stamp now)
{
    struct last_resort_view *view = &guard->watches.of[0].last_resort;
    view->confined = guard->options.confined;
    last_resort_see(view, last_resort_past(guard->options.last_resort), now);
}

static void look(struct guard *guard, uint32_t domain)
{
    struct node_watch *watch = &guard->watches.of[domain];
    const struct standing *standing = &guard->lists.standings.of[domain];
    struct node_sample node;
    if (read_domain(guard, domain, &node) < 0)
        return;
    if (domain == 0)
        see_machine(guard, node.at);
    if (standing_is_overtaken(standing, &node))
        ask_for_a_tick(guard);
    struct decision *decision = &guard->decision;
    uint32_t count = decide_node(watch, guard->lists.policy, &node, standing, node.at, decision);
    record_look(guard, domain, &node, LOOK_NEXT, SAMPLE_NO_LIMIT);
    if (domain == 0)
        keepalive_look(guard->options.keepalive, policy_globals(guard->lists.policy), watch, &node);
    if (count == 0)
        return;
    if (decide_node_is_grave(decision) && is_needless(guard, domain))
        decide_node_withdraw(watch, decision);
    else
        pursue(guard, domain);
}

/* Returns how long it may rest then. */
static int64_t look_around(struct guard *guard)
{
    int64_t pause_usec = policy_globals(guard->lists.policy)->guard_usec;
    for (uint32_t i = 0; i < DOMAINS_MAX; i++) {
        if (i > 0 && !guard->lists.standings.of[i].in_use)
            continue;
        look(guard, i);
        pause_usec = node_watch_pause_usec(&guard->watches.of[i], pause_usec);
    }
    return pause_usec;
}

static void *run(void *argument)
{
    struct guard *guard = argument;
    struct priority unused;
    (void)priority_raise(&unused); /* a look costs a tenth of a millisecond */
    seal_thread(SEAL_WAITING);
    while (!atomic_load(&guard->stop)) {
        guard->options.heartbeat->beat_usec[HEART_GUARD] = clock_now().boot_usec;
        take_lists(guard);
        int64_t pause_usec = look_around(guard);
        struct pollfd pressure = {.fd = guard->pressure_fd, .events = POLLPRI};
        if (poll(&pressure, 1, (int)(pause_usec / 1000)) > 0 && (pressure.revents & POLLERR)) {
            (void)close(guard->pressure_fd); /* PSI was switched off */
            guard->pressure_fd = -1;
        }
    }
    return NULL;
}

int guard_open(const struct guard_options *options, struct guard **ret, struct mom_error *error)
{
    struct guard *guard = calloc(1, sizeof *guard);
    if (!guard)
        return error_errno(error, -ENOMEM, "the guard");
    guard->options = *options;
    guard->lists.policy = options->policy;
    (void)pthread_mutex_init(&guard->box_lock, NULL);
    queue_init(&guard->orders, guard->order_slots, sizeof *guard->order_slots, ORDERS);
    queue_init(&guard->outcomes, guard->outcome_slots, sizeof *guard->outcome_slots, OUTCOMES);
    guard->pressure_fd = open_pressure(options->proc_root);
    int r = node_reader_open(&guard->reader, options->proc_root, error);
    if (r == 0) {
        r = -pthread_create(&guard->thread, NULL, run, guard);
        if (r < 0)
            error_errno(error, r, "the guard's thread");
    }
    if (r < 0)
        free(guard);
    else
        *ret = guard;
    return r;
}

void guard_close(struct guard *guard)
{
    atomic_store(&guard->stop, true);
    (void)pthread_join(guard->thread, NULL);
    node_reader_close(&guard->reader);
    if (guard->pressure_fd >= 0)
        (void)close(guard->pressure_fd);
    (void)pthread_mutex_destroy(&guard->box_lock);
    free(guard);
}

void guard_publish(struct guard *guard, const struct standings *standings,
    const struct limited *limited, const struct policy *policy)
{
    struct lists *box = &guard->box;
    (void)pthread_mutex_lock(&guard->box_lock);
    standings_copy(&box->standings, standings);
    for (uint32_t i = 1; i < DOMAINS_MAX; i++)
        box->reader[i] = limited->of[i].reader;
    box->policy = policy;
    box->number++;
    guard->box_full = true;
    (void)pthread_mutex_unlock(&guard->box_lock);
}

uint64_t guard_published(const struct guard *guard)
{
    return guard->box.number; /* this thread is the only one that writes it */
}

uint64_t guard_taken(const struct guard *guard)
{
    return atomic_load(&guard->taken);
}

bool guard_order(struct guard *guard, struct guard_order *ret)
{
    return queue_take(&guard->orders, ret);
}

bool guard_outcome(struct guard *guard, struct outcome *ret)
{
    return queue_take(&guard->outcomes, ret);
}
