#include "mom/governor/keepalive.h"

#include "mom/common/clock.h"
#include "mom/common/log.h"
#include "mom/common/paths.h"
#include "mom/governor/seal.h"
#include "slices/act/watchdog.h"
#include "slices/base/priority.h"
#include "slices/base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { ROUND_SEC = 1 };
/* The warden starts a governor again whose guard is silent for 15 s: a watchdog must leave it as
 * long, and a little more. The settings ask for no less; a driver may make less of it. */
enum { TIMEOUT_LEAST_SEC = 20 };
#define RETRY_USEC  (5 * 60 * USEC_PER_SEC) /* after a refusal: a module may be loaded meanwhile */
#define REOPEN_USEC (90 * USEC_PER_SEC)     /* a page without news: it may be another by now */
#define GUARD_USEC  (15 * USEC_PER_SEC)     /* without a look: the guard is what stands still */

/* A page of another program's, kept open: opening a file takes memory, of which there may be none.
 */
struct page {
    char path[PATH_MAX];
    enum heart heart;
    int fd; /* -1 */
    int64_t opened_usec, moved_usec;
    _Atomic int64_t beat_usec; /* read by the guard */
};

/* What the governor's thread wants. */
struct wish {
    struct watchdog_settings settings;
    enum watchdog_phase bar;
    uint64_t number;
};

struct keepalive {
    struct keepalive_options options;
    pthread_t thread;
    sem_t wake;
    atomic_bool stop;

    pthread_mutex_t lock; /* governor's thread and the keeper's, for a copy's time */
    struct wish wish;
    struct live_watchdog told;

    /* The guard's. */
    struct recoverable recoverable;
    _Atomic int64_t looked_usec;
    _Atomic uint64_t grants;
    _Atomic int ailment;
    atomic_bool armed; /* the keeper's, for what the guard says */

    /* The keeper's own. */
    struct wish taken;
    struct watchdog watchdog;
    struct page forks, database;
    struct live_watchdog state;
    uint64_t granted; /* the newest grant that was seen */
    int row;          /* of the journal */
    int64_t retry_usec;
};

/* --- The guard's thread ---------------------------------------------------------------------- */

static struct vital_signs read_signs(
    struct keepalive *keepalive, const struct node_watch *watch, const struct node_sample *node)
{
    struct heartbeat_page *own = keepalive->options.heartbeat;
    return (struct vital_signs){
        .at_usec = node->at.boot_usec,
        .beat_usec = {[VITAL_SAMPLING] = own->beat_usec[HEART_GOVERNOR],
            [VITAL_ACTING] = own->beat_usec[HEART_HANDS],
            [VITAL_FORK] = keepalive->forks.beat_usec,
            [VITAL_DISK] = keepalive->database.beat_usec},
        .waiting = vital_signs_waiting(watch, node),
    };
}

/* The governor's thread tells of it, too, if it still can. */
static void say(struct keepalive *keepalive, enum ailment ailment)
{
    if (ailment != AILMENT_NONE && atomic_load(&keepalive->armed))
        log_error("guard: the watchdog is not petted any more: %s", ailment_texts[ailment]);
}

void keepalive_look(struct keepalive *keepalive, const struct policy_globals *globals,
    const struct node_watch *watch, const struct node_sample *node)
{
    const struct vital_signs signs = read_signs(keepalive, watch, node);
    enum ailment ailment = recoverable_look(&keepalive->recoverable, &signs, &globals->watchdog);
    bool is_news = atomic_exchange(&keepalive->ailment, (int)ailment) != (int)ailment;
    atomic_store(&keepalive->looked_usec, node->at.boot_usec);
    if (ailment == AILMENT_NONE)
        atomic_fetch_add(&keepalive->grants, 1);
    if (is_news)
        say(keepalive, ailment);
}

/* --- The keeper's thread --------------------------------------------------------------------- */

static void open_page(struct page *page, int64_t now_usec)
{
    if (page->fd >= 0)
        (void)close(page->fd);
    page->fd = open(page->path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    page->opened_usec = now_usec;
}

static void read_page(struct page *page, int64_t now_usec)
{
    struct heartbeat_page read;
    int64_t since_usec =
        page->moved_usec > page->opened_usec ? page->moved_usec : page->opened_usec;
    if (page->fd < 0 || now_usec - since_usec > REOPEN_USEC)
        open_page(page, now_usec);
    if (page->fd < 0 || pread(page->fd, &read, sizeof read, 0) != sizeof read)
        return;
    int64_t beat_usec = read.beat_usec[page->heart];
    if (atomic_exchange(&page->beat_usec, beat_usec) != beat_usec)
        page->moved_usec = now_usec;
}

/* The governor's thread may hang with the lock in its hand: next time. */
static void take_wish(struct keepalive *keepalive)
{
    if (pthread_mutex_trylock(&keepalive->lock) != 0)
        return;
    keepalive->taken = keepalive->wish;
    (void)pthread_mutex_unlock(&keepalive->lock);
}

static void tell(struct keepalive *keepalive)
{
    if (pthread_mutex_trylock(&keepalive->lock) != 0)
        return;
    keepalive->told = keepalive->state;
    (void)pthread_mutex_unlock(&keepalive->lock);
}

static bool is_armed(const struct keepalive *keepalive)
{
    return keepalive->watchdog.fd >= 0;
}

static void set_phase(
    struct keepalive *keepalive, enum watchdog_phase phase, const struct mom_error *error)
{
    keepalive->state.phase = phase;
    (void)text_copy(
        keepalive->state.error, sizeof keepalive->state.error, error ? error->text : "");
}

/* Whether it is to be armed now; if not, why. */
static bool is_wanted(
    const struct keepalive *keepalive, int64_t now_usec, enum watchdog_phase *ret_why)
{
    const struct wish *wish = &keepalive->taken;
    bool is_named = wish->settings.device[0] != '\0';
    bool too_early = now_usec < wish->settings.after_boot_usec;
    *ret_why = !is_named ? WATCHDOG_NONE : wish->bar != WATCHDOG_NONE ? wish->bar : WATCHDOG_EARLY;
    return is_named && wish->bar == WATCHDOG_NONE && !too_early;
}

/* Noted before: who dies in between leaves a row that is undone by looking. */
static int note(struct keepalive *keepalive, const char *path, dev_t device)
{
    struct journal_entry entry = {.kind = JOURNAL_WATCHDOG, .made = clock_now(), .disk = device};
    int r = text_copy(entry.directory, sizeof entry.directory, path);
    return r < 0 ? r : journal_add(keepalive->options.journal, &entry);
}

static int arm(struct keepalive *keepalive, struct mom_error *error)
{
    const struct watchdog_settings *settings = &keepalive->taken.settings;
    struct watchdog *watchdog = &keepalive->watchdog;
    struct watchdog_facts facts = {0};
    int r = watchdog_find(settings->device, keepalive->options.sys_root, &facts, error);
    (void)text_copy(keepalive->state.identity, sizeof keepalive->state.identity, facts.identity);
    if (r == 0)
        r = watchdog_check(&facts, settings->nowayout == NOWAYOUT_ACCEPT, error);
    if (r < 0)
        return r;
    keepalive->row = note(keepalive, settings->device, facts.device);
    if (keepalive->row < 0)
        return error_errno(error, keepalive->row, "the undo journal");
    r = watchdog_arm(watchdog, settings->device, &facts,
        (unsigned)(settings->timeout_usec / USEC_PER_SEC), TIMEOUT_LEAST_SEC, error);
    if (r < 0)
        journal_strike(keepalive->options.journal, keepalive->row);
    return r;
}

static void try_to_arm(struct keepalive *keepalive, int64_t now_usec)
{
    struct mom_error error = {0};
    if (arm(keepalive, &error) < 0) {
        keepalive->retry_usec = now_usec + RETRY_USEC;
        set_phase(keepalive, WATCHDOG_REFUSED, &error);
        return;
    }
    keepalive->retry_usec = 0;
    keepalive->state.timeout_sec = keepalive->watchdog.timeout_sec;
    atomic_store(&keepalive->armed, true);
    set_phase(keepalive, WATCHDOG_ARMED, NULL);
}

static bool can_disarm(const struct keepalive *keepalive)
{
    return keepalive->watchdog.facts.endless != WATCHDOG_YES;
}

static void disarm(struct keepalive *keepalive)
{
    struct mom_error error = {0};
    if (!is_armed(keepalive))
        return;
    if (watchdog_disarm(&keepalive->watchdog, keepalive->options.sys_root, &error) < 0)
        log_error("watchdog: %s", error.text);
    journal_strike(keepalive->options.journal, keepalive->row);
    atomic_store(&keepalive->armed, false);
    keepalive->state.timeout_sec = 0;
}

static bool take_grant(struct keepalive *keepalive)
{
    uint64_t grants = atomic_load(&keepalive->grants);
    bool is_new = grants != keepalive->granted;
    keepalive->granted = grants;
    return is_new;
}

static enum ailment find_ailment(struct keepalive *keepalive, int64_t now_usec)
{
    int64_t looked_usec = atomic_load(&keepalive->looked_usec);
    bool looks = looked_usec != 0 && now_usec - looked_usec < GUARD_USEC;
    return looks ? (enum ailment)atomic_load(&keepalive->ailment) : AILMENT_DECIDING;
}

static void pet(struct keepalive *keepalive, bool granted)
{
    struct mom_error error = {0};
    int r = granted ? watchdog_pet(&keepalive->watchdog) : 0;
    if (r < 0) {
        (void)error_errno(&error, r, "%s: petting it", keepalive->watchdog.path);
        set_phase(keepalive, WATCHDOG_WITHHELD, &error);
    } else if (keepalive->state.ailment != AILMENT_NONE) {
        set_phase(keepalive, WATCHDOG_WITHHELD, NULL);
    } else if (granted) {
        set_phase(keepalive, WATCHDOG_ARMED, NULL);
    }
}

/* It is armed by a grant: while nothing is wrong. */
static void wait_or_arm(struct keepalive *keepalive, bool granted, int64_t now_usec)
{
    if (now_usec < keepalive->retry_usec)
        return; /* refused */
    if (granted)
        try_to_arm(keepalive, now_usec);
    else if (keepalive->state.ailment != AILMENT_NONE && keepalive->retry_usec == 0)
        set_phase(keepalive, WATCHDOG_AILING, NULL);
}

/* One that can't be disarmed is petted whatever is wanted meanwhile. */
static void keep(struct keepalive *keepalive, bool is_new, int64_t now_usec)
{
    enum watchdog_phase why;
    bool wanted = is_wanted(keepalive, now_usec, &why), granted = take_grant(keepalive);
    keepalive->state.ailment = find_ailment(keepalive, now_usec);
    if ((is_new || !wanted) && can_disarm(keepalive))
        disarm(keepalive);
    if (is_armed(keepalive))
        pet(keepalive, granted);
    else if (wanted)
        wait_or_arm(keepalive, granted, now_usec);
    else
        set_phase(keepalive, why, NULL);
    bool is_due = is_armed(keepalive) || (wanted && now_usec >= keepalive->retry_usec);
    keepalive->options.heartbeat->forks_wanted = is_due && keepalive->taken.settings.fork_usec > 0;
}

static void go_round(struct keepalive *keepalive, int64_t now_usec)
{
    uint64_t before = keepalive->taken.number;
    take_wish(keepalive);
    bool is_new = keepalive->taken.number != before;
    if (is_new) {
        keepalive->retry_usec = 0;
        (void)text_copy(keepalive->state.device, sizeof keepalive->state.device,
            keepalive->taken.settings.device);
    }
    if (keepalive->taken.settings.fork_usec > 0)
        read_page(&keepalive->forks, now_usec);
    if (keepalive->taken.settings.disk_usec > 0)
        read_page(&keepalive->database, now_usec);
    keep(keepalive, is_new, now_usec);
    tell(keepalive);
}

static void *run(void *argument)
{
    struct keepalive *keepalive = argument;
    struct priority unused;
    (void)priority_raise(&unused); /* a round costs next to nothing */
    seal_thread(SEAL_ALLOCATION);
    while (!atomic_load(&keepalive->stop)) {
        go_round(keepalive, clock_now().boot_usec);
        struct timespec until;
        (void)clock_gettime(CLOCK_MONOTONIC, &until);
        until.tv_sec += ROUND_SEC;
        (void)sem_clockwait(&keepalive->wake, CLOCK_MONOTONIC, &until);
    }
    disarm(keepalive);
    return NULL;
}

/* --- The governor's thread ------------------------------------------------------------------- */

static int set_page(struct page *page, const char *run_dir, const char *file, enum heart heart)
{
    page->fd = -1;
    page->heart = heart;
    return paths_join(page->path, sizeof page->path, run_dir, file);
}

int keepalive_open(
    const struct keepalive_options *options, struct keepalive **ret, struct mom_error *error)
{
    struct keepalive *keepalive = calloc(1, sizeof *keepalive);
    if (!keepalive)
        return error_errno(error, -ENOMEM, "the watchdog's keeper");
    keepalive->options = *options;
    keepalive->watchdog.fd = -1;
    (void)pthread_mutex_init(&keepalive->lock, NULL);
    (void)sem_init(&keepalive->wake, 0, 0);
    int r = set_page(&keepalive->forks, options->run_dir, HEARTBEAT_WARDEN_FILE, HEART_FORK);
    if (r == 0)
        r = set_page(&keepalive->database, options->run_dir, HEARTBEAT_RECORDER_FILE, HEART_COMMIT);
    if (r == 0)
        r = -pthread_create(&keepalive->thread, NULL, run, keepalive);
    if (r < 0) {
        free(keepalive);
        return error_errno(error, r, "the watchdog's keeper");
    }
    *ret = keepalive;
    return 0;
}

static void close_page(struct page *page)
{
    if (page->fd >= 0)
        (void)close(page->fd);
}

void keepalive_close(struct keepalive *keepalive)
{
    atomic_store(&keepalive->stop, true);
    (void)sem_post(&keepalive->wake);
    (void)pthread_join(keepalive->thread, NULL);
    close_page(&keepalive->forks);
    close_page(&keepalive->database);
    (void)sem_destroy(&keepalive->wake);
    (void)pthread_mutex_destroy(&keepalive->lock);
    free(keepalive);
}

static bool is_same(const struct watchdog_settings *a, const struct watchdog_settings *b)
{
    return strcmp(a->device, b->device) == 0 && a->timeout_usec == b->timeout_usec &&
           a->after_boot_usec == b->after_boot_usec && a->nowayout == b->nowayout &&
           a->fork_usec == b->fork_usec && a->memory_usec == b->memory_usec &&
           a->disk_usec == b->disk_usec;
}

void keepalive_want(
    struct keepalive *keepalive, const struct watchdog_settings *settings, enum watchdog_phase bar)
{
    struct wish *wish = &keepalive->wish;
    (void)pthread_mutex_lock(&keepalive->lock);
    bool other_settings = wish->number == 0 || !is_same(&wish->settings, settings);
    bool is_news = other_settings || wish->bar != bar;
    wish->number += other_settings;
    wish->settings = *settings;
    wish->bar = bar;
    (void)pthread_mutex_unlock(&keepalive->lock);
    if (is_news)
        (void)sem_post(&keepalive->wake);
}

void keepalive_state(struct keepalive *keepalive, struct live_watchdog *ret)
{
    (void)pthread_mutex_lock(&keepalive->lock);
    *ret = keepalive->told;
    (void)pthread_mutex_unlock(&keepalive->lock);
}
