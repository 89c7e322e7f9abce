#include "mom/governor/last_resort.h"

#include "mom/common/clock.h"
#include "mom/common/log.h"
#include "mom/governor/kernel_words.h"
#include "mom/governor/seal.h"
#include "slices/act/last_resort.h"
#include "slices/act/ledger.h"
#include "slices/base/priority.h"
#include "slices/base/text.h"
#include "slices/read/pstore.h"

#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum step_name { STEP_WORDS, STEP_SAY, STEP_SYNC, STEP_PANIC, STEP_REBOOT, STEP_SYSRQ, STEPS };

/* What the thread that keeps the ledger is asked for, each a bit. */
enum wish { WISH_TOLD = 1, WISH_ORDER = 2, WISH_WITHDRAW = 4, WISH_END = 8 };

struct step {
    struct last_resort_steps *steps;
    pthread_t thread;
    sem_t due;
    atomic_bool busy;
    _Atomic int result; /* of the last time: 0 or -errno */
};

struct last_resort_steps {
    struct last_resort_options options;
    struct step step[STEPS];
    struct ledger ledger; /* the first step's thread's own */
    _Atomic unsigned wishes;

    _Atomic(const struct boot_past *) past; /* the newest of these, once the ledger has been read */
    struct boot_past pasts[2];
    atomic_bool has_end; /* boot_end is filled, and not taken yet */
    struct record_boot_end boot_end;

    struct boot_order order;          /* written by the guard before the wish */
    struct last_words words;          /* so are they */
    char line[KERNEL_WORDS_LINE_MAX]; /* for the kernel's log; written before its step */
};

/* ---- the ledger ---- */

/* A disk that hung may have kept an order from the ledger. */
static void ask_pstore(struct last_resort_steps *steps)
{
    const struct boot_ended *ended = &steps->ledger.page.ended;
    struct kernel_words words;
    kernel_words_begin(&words, ended->boot);
    for (const char *const *folder = steps->options.pstore; *folder; folder++)
        (void)pstore_read(*folder, ended->begun_unix_usec, kernel_words_take, &words);
    const struct boot_order *order = kernel_words_order(&words);
    if (order || words.panic[0])
        (void)ledger_amend(&steps->ledger, order, words.panic);
}

static void find_end(struct last_resort_steps *steps)
{
    const struct ledger_page *page = &steps->ledger.page;
    struct record_boot_end *end = &steps->boot_end;
    if (!page->untold)
        return;
    ask_pstore(steps);
    end->ended = page->ended;
    end->past = page->past;
    end->has_words = page->ended.how == BOOT_END_ORDERED &&
                     ledger_words(&steps->ledger, &end->words, sizeof end->words);
    atomic_store(&steps->has_end, true);
}

/* Not over the one that others may be reading. */
static void tell_past(struct last_resort_steps *steps)
{
    struct boot_past *next = &steps->pasts[atomic_load(&steps->past) == &steps->pasts[0]];
    *next = steps->ledger.page.past;
    atomic_store(&steps->past, next);
}

/* Without a ledger there is no last resort: it is not known how often that was taken. A disk that
 * is full, or fails, may be well again later; and the clock may be set. */
enum { AGAIN_SEC = 300 };

static void begin(struct last_resort_steps *steps)
{
    const struct last_resort_options *options = &steps->options;
    struct mom_error error = {0};
    bool fresh = false;
    ledger_close(&steps->ledger);
    int r = ledger_open(&steps->ledger, options->state_dir, options->group, &fresh, &error);
    if (r == 0 && fresh)
        log_notice("a new ledger of reboots is begun in %s", options->state_dir);
    if (r == 0 && (r = ledger_begin(&steps->ledger, options->boot, clock_now())) < 0)
        error_errno(&error, r, "%s/%s", options->state_dir, LEDGER_FILE);
    if (r < 0) {
        log_error("the ledger of reboots: %s", error.text);
        ledger_close(&steps->ledger);
        return;
    }
    find_end(steps);
    tell_past(steps);
}

static void look_again(struct last_resort_steps *steps)
{
    if (steps->ledger.fd < 0)
        begin(steps);
    else if (ledger_redate(&steps->ledger, clock_now()) != 0)
        tell_past(steps);
}

static int keep(struct last_resort_steps *steps)
{
    struct ledger *ledger = &steps->ledger;
    unsigned wishes = atomic_exchange(&steps->wishes, 0);
    if (wishes == 0) /* a wish was kept before its turn */
        return atomic_load(&steps->step[STEP_WORDS].result);
    int r = ledger->fd < 0 ? -EBADF : 0;
    if (r == 0 && wishes & WISH_TOLD)
        r = ledger_told(ledger);
    if (r == 0 && wishes & WISH_ORDER)
        r = ledger_order(ledger, &steps->order, &steps->words, sizeof steps->words);
    if (r == 0 && wishes & WISH_WITHDRAW)
        r = ledger_withdraw(ledger);
    if (r == 0 && wishes & WISH_END)
        r = ledger_end(ledger);
    return r;
}

/* ---- the steps ---- */

static int take_step(struct last_resort_steps *steps, enum step_name name)
{
    static const enum last_resort ways[STEPS] = {[STEP_PANIC] = LAST_RESORT_PANIC,
        [STEP_REBOOT] = LAST_RESORT_REBOOT,
        [STEP_SYSRQ] = LAST_RESORT_SYSRQ};
    switch (name) {
    case STEP_WORDS:
        return keep(steps);
    case STEP_SAY:
        return last_resort_say(steps->line, steps->options.proc_root);
    case STEP_SYNC:
        sync();
        return 0;
    default:
        return last_resort_try(ways[name], steps->options.proc_root);
    }
}

static bool is_due(struct step *step)
{
    struct timespec until;
    (void)clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += AGAIN_SEC;
    return sem_clockwait(&step->due, CLOCK_MONOTONIC, &until) == 0;
}

/* Made while it was busy, when nobody waits for it. */
static bool has_wishes(const struct last_resort_steps *steps, enum step_name name)
{
    return name == STEP_WORDS && atomic_load(&steps->wishes) != 0;
}

static void *run(void *argument)
{
    struct step *step = argument;
    struct last_resort_steps *steps = step->steps;
    enum step_name name = (enum step_name)(step - steps->step);
    struct priority unused;
    (void)priority_raise(&unused); /* it works when nothing else does, or not at all */
    seal_thread(SEAL_ALLOCATION);
    if (name == STEP_WORDS)
        begin(steps);
    atomic_store(&step->busy, false);
    for (;;) {
        while (!is_due(step))
            if (name == STEP_WORDS)
                look_again(steps);
        do {
            atomic_store(&step->busy, true);
            atomic_store(&step->result, take_step(steps, name));
            atomic_store(&step->busy, false);
        } while (has_wishes(steps, name));
    }
    return NULL;
}

static void start(struct step *step)
{
    atomic_store(&step->busy, true);
    (void)sem_post(&step->due);
}

/* Waits in naps, since the guard takes no lock: it has nothing else to do now. */
static void nap(const struct last_resort_steps *steps)
{
    const struct timespec pause = {.tv_nsec = 10000000};
    (void)nanosleep(&pause, NULL);
    steps->options.heartbeat->beat_usec[HEART_GUARD] = clock_now().boot_usec;
}

/* 0 or -errno, as the step says itself; -ETIMEDOUT; -EBUSY: it is at what it was asked before. */
static int within(struct last_resort_steps *steps, enum step_name name, int64_t usec)
{
    struct step *step = &steps->step[name];
    int64_t until_usec = clock_now().boot_usec + usec;
    for (bool begun = false;; nap(steps)) {
        bool busy = atomic_load(&step->busy);
        if (!busy && begun)
            return atomic_load(&step->result);
        if (!busy)
            start(step);
        begun |= !busy;
        if (clock_now().boot_usec >= until_usec)
            return begun ? -ETIMEDOUT : -EBUSY;
    }
}

int last_resort_open(const struct last_resort_options *options, struct last_resort_steps **ret,
    struct mom_error *error)
{
    struct last_resort_steps *steps = calloc(1, sizeof *steps);
    if (!steps)
        return error_errno(error, -ENOMEM, "the last resort");
    steps->options = *options;
    steps->ledger.fd = -1;
    int r = 0;
    for (int i = 0; i < STEPS && r == 0; i++) {
        struct step *step = &steps->step[i];
        step->steps = steps;
        atomic_store(&step->busy, true); /* until the thread is there */
        (void)sem_init(&step->due, 0, 0);
        r = -pthread_create(&step->thread, NULL, run, step);
    }
    if (r < 0)
        return error_errno(error, r, "the threads of the last resort"); /* the program ends */
    *ret = steps;
    return 0;
}

/* The threads are left as they are: one may hang in a disk, and the program ends now. */
void last_resort_close(struct last_resort_steps *steps)
{
    (void)atomic_fetch_or(&steps->wishes, WISH_END);
    int r = within(steps, STEP_WORDS, LAST_RESORT_WORDS_USEC);
    if (r < 0 && r != -EBADF)
        log_error("the ledger of reboots does not know of the stop: %s", strerrordesc_np(-r));
}

const struct boot_past *last_resort_past(const struct last_resort_steps *steps)
{
    static const struct boot_past unknown;
    const struct boot_past *past = atomic_load(&steps->past);
    return past ? past : &unknown;
}

bool last_resort_boot_end(struct last_resort_steps *steps, struct record_boot_end *ret)
{
    if (!atomic_load(&steps->has_end))
        return false;
    *ret = steps->boot_end;
    atomic_store(&steps->has_end, false);
    return true;
}

void last_resort_told(struct last_resort_steps *steps)
{
    (void)atomic_fetch_or(&steps->wishes, WISH_TOLD);
    if (!atomic_load(&steps->step[STEP_WORDS].busy))
        start(&steps->step[STEP_WORDS]);
}

/* ---- going ---- */

static void say_words(struct last_resort_steps *steps, const struct decision *decision,
    const struct standing *standing)
{
    struct last_words *words = &steps->words;
    words->decision = *decision;
    words->count = 0;
    for (uint32_t i = 0; i < standing->count && i < LAST_WORDS_ACTIVE; i++) {
        const struct standing_entry *entry = &standing->entry[i];
        (void)text_copy(words->active[i].key, sizeof words->active[i].key, entry->key);
        words->active[i].rank = entry->rank;
        words->active[i].gives_back = entry->gives_back;
        words->active[i].resident = (uint64_t)entry->score.resident;
        words->active[i].growth = entry->growth;
        words->count++;
    }
}

static int keep_order(struct last_resort_steps *steps)
{
    (void)atomic_fetch_or(&steps->wishes, WISH_ORDER);
    return within(steps, STEP_WORDS, LAST_RESORT_WORDS_USEC);
}

static void await_recorder(struct last_resort_steps *steps)
{
    int64_t until_usec = clock_now().boot_usec + LAST_RESORT_RECORD_USEC;
    while (!ring_is_taken(steps->options.told) && clock_now().boot_usec < until_usec)
        nap(steps);
}

static void add_word(struct outcome *outcome, const char *what, int r)
{
    size_t used = strlen(outcome->error);
    (void)text_format(outcome->error + used, sizeof outcome->error - used, "%s%s: %s",
        used > 0 ? "; " : "", what, r == 0 ? "without effect" : strerrordesc_np(-r));
}

/* The policy's way first, then the others, from the orderly to the blunt; the ledger, where it
 * works, knows which. */
static void try_ways(struct last_resort_steps *steps, bool has_ledger, struct outcome *outcome)
{
    int first = (int)steps->order.way - LAST_RESORT_PANIC;
    for (int i = 0; i < LAST_RESORTS - 1; i++) {
        int which = (first + i) % (LAST_RESORTS - 1);
        steps->order.way = (enum last_resort)(LAST_RESORT_PANIC + which);
        if (i > 0 && has_ledger)
            (void)keep_order(steps);
        int r = within(steps, (enum step_name)(STEP_PANIC + which), LAST_RESORT_WAY_USEC);
        add_word(outcome, last_resort_names[steps->order.way], r);
    }
}

/* A slow console, or the log's backlog, may keep the line before. */
static void say(struct last_resort_steps *steps, const char *text)
{
    if (atomic_load(&steps->step[STEP_SAY].busy))
        return;
    (void)text_copy(steps->line, sizeof steps->line, text);
    (void)within(steps, STEP_SAY, LAST_RESORT_SAY_USEC);
}

static void go(struct last_resort_steps *steps, const struct decision *decision,
    const struct standing *standing, struct outcome *outcome)
{
    char line[KERNEL_WORDS_LINE_MAX];
    kernel_words_format_order(line, steps->options.boot, &steps->order);
    say(steps, line);
    say_words(steps, decision, standing);
    bool has_ledger = keep_order(steps) == 0;
    if (!has_ledger)
        say(steps, "the last words are not on the disk");
    await_recorder(steps);
    if (within(steps, STEP_SYNC, LAST_RESORT_SYNC_USEC) < 0)
        say(steps, "the file systems are not on the disks");
    try_ways(steps, has_ledger, outcome);
    outcome->result = RESULT_FAILED;
    kernel_words_format_withdrawal(line, steps->options.boot, decision->seq);
    say(steps, line);
    (void)atomic_fetch_or(&steps->wishes, WISH_WITHDRAW);
    (void)within(steps, STEP_WORDS, LAST_RESORT_WORDS_USEC);
}

void last_resort_go(struct last_resort_steps *steps, enum last_resort way,
    const struct decision *decision, const struct standing *standing, struct outcome *ret)
{
    *ret = (struct outcome){.decision = decision->seq,
        .kind = ACTION_REBOOT,
        .result = RESULT_DRY_RUN,
        .started = clock_now()};
    steps->order = (struct boot_order){
        .way = way, .unix_usec = ret->started.unix_usec, .decision = decision->seq};
    (void)text_copy(steps->order.rule, sizeof steps->order.rule, decision->rule);
    if (!steps->options.dry_run)
        go(steps, decision, standing, ret);
    ret->ended = clock_now();
}
