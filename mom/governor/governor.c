#include "mom/governor/governor.h"

#include "mom/common/clock.h"
#include "mom/common/lock.h"
#include "mom/common/log.h"
#include "mom/common/records.h"
#include "mom/common/signals.h"
#include "mom/governor/seal.h"
#include "slices/act/watchdog.h"
#include "slices/base/text.h"
#include "slices/read/mems.h"
#include "slices/read/processes.h"
#include "slices/read/pstore.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/timerfd.h>
#include <unistd.h>

enum { RESCAN_TICKS = 60, ROUND_MSEC = 1000, HURRY_MSEC = 100 };

static const char *or_null(const char *path)
{
    return path[0] ? path : NULL;
}

static void raise_open_files(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
        return;
    limit.rlim_cur = limit.rlim_max;
    (void)setrlimit(RLIMIT_NOFILE, &limit);
}

/* The group of whoever started momd: we are momd's child. "" where it can't be told. */
static void find_starter(const struct governor *governor, char *path, size_t size)
{
    const char *proc_root = governor->options->paths.proc_root;
    char name[64], text[1024];
    struct process_row momd;
    path[0] = '\0';
    (void)text_format(name, sizeof name, "%d/stat", (int)getppid());
    if (file_read(governor->proc_fd, name, text, sizeof text) > 0 &&
        processes_parse_stat(text, &momd) == 0 &&
        hierarchy_group_of(&governor->hierarchy, proc_root, momd.parent, path, size) < 0)
        path[0] = '\0';
}

static int open_places(struct governor *governor, struct mom_error *error)
{
    governor->capacity = tree_capacity(governor->tree);
    size_t size = governor->capacity * sizeof *governor->places + 64;
    int r = arena_open(&governor->arena, size, error);
    if (r < 0)
        return r;
    governor->places = arena_take(&governor->arena, governor->capacity, sizeof *governor->places);
    return governor->places ? 0 : error_set(error, -ENOMEM, "%u slices", governor->capacity);
}

void governor_init(struct governor *governor, const struct options *options, struct policy *policy)
{
    governor->options = options;
    governor->policy = policy;
    governor->hierarchy.root_fd = governor->proc_fd = -1;
    governor->node_reader = (struct node_reader){-1, -1, -1, -1};
}

int governor_open_eyes(struct governor *governor, struct mom_error *error)
{
    const struct paths *paths = &governor->options->paths;
    const struct policy_globals *globals = policy_globals(governor->policy);
    governor->proc_fd = open(paths->proc_root, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (governor->proc_fd < 0)
        return error_errno(error, -errno, "%s", paths->proc_root);
    int r = hierarchy_open(or_null(paths->cgroup_root), &governor->hierarchy, error);
    if (r == 0)
        r = names_open(&governor->names, "", error);
    char starter[SLICE_PATH_MAX] = "";
    if (r == 0)
        find_starter(governor, starter, sizeof starter);
    const struct tree_options options = {
        .hierarchy = &governor->hierarchy,
        .names = &governor->names,
        .scope = paths->scope,
        .proc_root = paths->proc_root,
        .self_group = or_null(paths->self_cgroup),
        .starter_group = or_null(starter),
        .max_slices = globals->max_slices,
        .rescan_ticks = RESCAN_TICKS,
        .serial_first = governor->live.file.base ? live_header(&governor->live)->next_serial : 1,
    };
    if (r == 0)
        r = tree_open(&options, &governor->tree, error);
    if (r == 0)
        r = sampler_open(&governor->hierarchy, globals->max_slices, globals->full_every,
            &governor->sampler, error);
    if (r == 0)
        r = node_reader_open(&governor->node_reader, paths->proc_root, error);
    governor->memory_nodes = mems_of_machine(MEMS_ROOT);
    return r < 0 ? r : open_places(governor, error);
}

void governor_close_eyes(struct governor *governor)
{
    node_reader_close(&governor->node_reader);
    limited_close(&governor->limited);
    if (governor->proc_fd >= 0)
        (void)close(governor->proc_fd);
    if (governor->sampler)
        sampler_close(governor->sampler);
    if (governor->tree)
        tree_close(governor->tree);
    names_close(&governor->names);
    hierarchy_close(&governor->hierarchy);
    arena_close(&governor->arena);
}

static int open_ring(struct governor *governor, enum ring_name name, struct ring_writer *ring,
    struct mom_error *error)
{
    return records_open_writer(
        governor->options->paths.run_dir, name, governor->group, ring, error);
}

static int open_run_dir(struct governor *governor, struct mom_error *error)
{
    const char *run_dir = governor->options->paths.run_dir;
    uint32_t rows = policy_globals(governor->policy)->max_slices;
    char heartbeat[PATH_MAX];
    struct stat status;
    if (stat(run_dir, &status) < 0)
        return error_errno(error, -errno, "%s", run_dir);
    governor->group = status.st_gid;
    int r = lock_take(run_dir, GOVERNOR_LOCK_FILE, error); /* kept open until the end */
    r = r < 0 ? r : 0;
    if (r == 0)
        r = paths_join(heartbeat, sizeof heartbeat, run_dir, HEARTBEAT_GOVERNOR_FILE);
    if (r == 0)
        r = heartbeat_create(&governor->heartbeat, heartbeat, governor->group, error);
    if (r == 0)
        r = live_create(&governor->live, run_dir, rows, governor->group, error);
    if (r == 0)
        r = holds_open(&governor->holds, run_dir, error);
    if (r == 0)
        r = hooks_open(&governor->hooks, run_dir, error);
    if (r == 0)
        r = open_ring(governor, RING_SAMPLES, &governor->samples, error);
    if (r == 0)
        r = open_ring(governor, RING_DECISIONS, &governor->decisions, error);
    if (r == 0)
        r = open_ring(governor, RING_GUARD, &governor->guard_ring, error);
    if (r == 0)
        r = open_ring(governor, RING_LOOKS, &governor->look_ring, error);
    if (r == 0)
        r = open_ring(governor, RING_OUTCOMES, &governor->outcome_ring, error);
    return r;
}

/* What an earlier governor left half done is undone before anything new is begun. */
static int open_actuator(struct governor *governor, struct mom_error *error)
{
    const struct options *options = governor->options;
    int r = journal_open(&governor->journal, options->paths.run_dir, error);
    if (r < 0)
        return r;
    (void)journal_undo_all(&governor->journal, NULL);
    const struct actuator_options actuator = {
        .hierarchy = &governor->hierarchy,
        .journal = &governor->journal,
        .scope = options->paths.scope,
        .proc_root = options->paths.proc_root,
        .boot = governor->boot,
        .dry_run = options->dry_run,
        .now = clock_now,
    };
    return actuator_open(&actuator, &governor->actuator, error);
}

/* A part of the machine alone: the rest isn't mom's to end. */
static bool is_confined(const struct governor *governor)
{
    const struct paths *paths = &governor->options->paths;
    bool has_scope = paths->scope[0] && strcmp(paths->scope, "/") != 0;
    return has_scope || paths->cgroup_root[0] || !hierarchy_is_whole(&governor->hierarchy);
}

static int open_last_resort(struct governor *governor, struct mom_error *error)
{
    static const char *const pstore[] = {PSTORE_FOLDER, PSTORE_SYSTEMD_FOLDER, NULL};
    const struct options *options = governor->options;
    const struct last_resort_options last_resort = {
        .state_dir = options->paths.state_dir,
        .proc_root = options->paths.proc_root,
        .pstore = pstore,
        .group = governor->group,
        .boot = governor->boot,
        .dry_run = options->dry_run,
        .told = &governor->guard_ring,
        .heartbeat = heartbeat_page(&governor->heartbeat),
    };
    return last_resort_open(&last_resort, &governor->last_resort, error);
}

static int open_threads(struct governor *governor, struct mom_error *error)
{
    governor->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    governor->tick_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    const struct oom_handler_options oom_handler = {
        .journal = &governor->journal,
        .heartbeat = heartbeat_page(&governor->heartbeat),
        .word_fd = governor->wake_fd,
    };
    int r = oom_handler_open(&oom_handler, &governor->oom_handler, error);
    const struct hands_options hands = {
        .actuator = governor->actuator,
        .oom_handler = governor->oom_handler,
        .outcomes = &governor->outcome_ring,
        .heartbeat = heartbeat_page(&governor->heartbeat),
        .outcome_fd = governor->wake_fd,
    };
    governor->journal.patient = true;
    governor->last_resort_view.confined = is_confined(governor);
    if (r == 0)
        r = hands_open(&hands, &governor->hands, error);
    if (r == 0)
        r = open_last_resort(governor, error);
    const struct keepalive_options keepalive = {
        .run_dir = governor->options->paths.run_dir,
        .sys_root = WATCHDOG_SYS_ROOT,
        .journal = &governor->journal,
        .heartbeat = heartbeat_page(&governor->heartbeat),
    };
    if (r == 0)
        r = keepalive_open(&keepalive, &governor->keepalive, error);
    const struct guard_options guard = {
        .proc_root = governor->options->paths.proc_root,
        .hierarchy = &governor->hierarchy,
        .hands = governor->hands,
        .live = &governor->live,
        .decisions = &governor->guard_ring,
        .looks = &governor->look_ring,
        .heartbeat = heartbeat_page(&governor->heartbeat),
        .keepalive = governor->keepalive,
        .policy = governor->policy,
        .tick_fd = governor->tick_fd,
        .last_resort = governor->last_resort,
        .confined = governor->last_resort_view.confined,
    };
    if (r == 0)
        r = guard_open(&guard, &governor->guard, error);
    if (r == 0)
        r = requests_open(
            governor->options, governor->group, governor->wake_fd, &governor->requests, error);
    if (r == 0)
        r = witness_open(
            &governor->hierarchy, governor->options->paths.proc_root, &governor->witness, error);
    return r;
}

static void close_threads(struct governor *governor)
{
    if (governor->witness)
        witness_close(governor->witness);
    if (governor->requests)
        requests_close(governor->requests);
    if (governor->guard)
        guard_close(governor->guard);
    if (governor->last_resort)
        last_resort_close(governor->last_resort);
    if (governor->keepalive)
        keepalive_close(governor->keepalive);
    if (governor->hands)
        hands_close(governor->hands);
    if (governor->oom_handler)
        oom_handler_close(governor->oom_handler); /* what it kept is given back with all else */
    governor->journal.patient = false;
    (void)journal_undo_all(&governor->journal, NULL);
    if (governor->actuator)
        actuator_close(governor->actuator);
}

static int watch_fd(struct governor *governor, int fd)
{
    struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};
    return fd < 0 || epoll_ctl(governor->epoll_fd, EPOLL_CTL_ADD, fd, &event) < 0 ? -errno : 0;
}

/* The next tick comes after `first_usec`, the others at the policy's pace. */
static void set_timer(struct governor *governor, int64_t first_usec)
{
    int64_t period = policy_globals(governor->policy)->tick_usec;
    const struct itimerspec timer = {
        .it_interval = {period / USEC_PER_SEC, period % USEC_PER_SEC * 1000},
        .it_value = {first_usec / USEC_PER_SEC, first_usec % USEC_PER_SEC * 1000},
    };
    (void)timerfd_settime(governor->timer_fd, 0, &timer, NULL);
}

static int open_loop(struct governor *governor, struct mom_error *error)
{
    governor->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    governor->timer_fd = timerfd_create(CLOCK_BOOTTIME, TFD_CLOEXEC | TFD_NONBLOCK);
    if (watch_fd(governor, governor->timer_fd) < 0 || watch_fd(governor, governor->signal_fd) < 0 ||
        watch_fd(governor, governor->wake_fd) < 0 || watch_fd(governor, governor->tick_fd) < 0)
        return error_errno(error, -errno, "the event loop");
    set_timer(governor, 1);
    return 0;
}

/* False: the end was asked for. */
static bool take_signal(struct governor *governor)
{
    int number;
    while (signals_take(governor->signal_fd, &number)) {
        if (number != SIGHUP)
            return false;
        requests_reload(governor->requests);
    }
    return true;
}

/* What the guard asked for while a tick was on its way has been done by that one. */
static bool is_asked_for(const struct governor *governor, int fd, struct stamp now)
{
    return fd == governor->timer_fd ||
           (fd == governor->tick_fd &&
               now.boot_usec - governor->last_tick.boot_usec >= STANDING_LEAST_USEC);
}

/* History has a row a second at most, and a tick that is not in it can't be replayed. */
static bool has_its_second(const struct governor *governor, struct stamp now)
{
    return policy_globals(governor->policy)->tick_usec < USEC_PER_SEC ||
           now.unix_usec / USEC_PER_SEC != governor->last_tick.unix_usec / USEC_PER_SEC;
}

static void tick_if_due(struct governor *governor, int fd, struct stamp now)
{
    if (!is_asked_for(governor, fd, now))
        return;
    if (has_its_second(governor, now))
        governor_tick(governor, now);
    else /* and from then on early in each second: what is late is in the same one still */
        set_timer(governor, USEC_PER_SEC - now.unix_usec % USEC_PER_SEC + 1000);
}

static void loop(struct governor *governor)
{
    struct heartbeat_page *page = heartbeat_page(&governor->heartbeat);
    int64_t tick_usec = policy_globals(governor->policy)->tick_usec;
    seal_thread(SEAL_ALLOCATION);
    for (bool go_on = true; go_on;) {
        struct epoll_event event;
        int count = epoll_wait(
            governor->epoll_fd, &event, 1, hooks_wait(&governor->hooks) ? HURRY_MSEC : ROUND_MSEC);
        struct stamp now = clock_now();
        uint64_t ignored;
        if (count > 0 && event.data.fd == governor->signal_fd)
            go_on = take_signal(governor);
        else if (count > 0)
            (void)!read(event.data.fd, &ignored, sizeof ignored);
        governor_answer(governor, now);
        if (count > 0)
            tick_if_due(governor, event.data.fd, now);
        if (policy_globals(governor->policy)->tick_usec != tick_usec) {
            tick_usec = policy_globals(governor->policy)->tick_usec;
            set_timer(governor, 1);
        }
        page->beat_usec[HEART_GOVERNOR] = now.boot_usec;
        page->ready = governor->state.ticks > 0;
    }
    seal_thread(SEAL_NONE);
}

static int open_all(struct governor *governor, struct mom_error *error)
{
    static const int signals[] = {SIGTERM, SIGINT, SIGHUP};
    governor->signal_fd = signals_open(signals, 3);
    int r = clock_boot_id(governor->options->paths.proc_root, governor->boot);
    if (r < 0)
        return error_errno(
            error, r, "%s/sys/kernel/random/boot_id", governor->options->paths.proc_root);
    raise_open_files();
    r = open_run_dir(governor, error);
    if (r == 0)
        r = governor_open_eyes(governor, error);
    if (r == 0)
        r = open_actuator(governor, error);
    if (r == 0)
        r = open_threads(governor, error);
    return r < 0 ? r : open_loop(governor, error);
}

static void begin_state(struct governor *governor, struct stamp started)
{
    struct live_state *state = &governor->state;
    state->pid = getpid();
    memcpy(state->boot, governor->boot, sizeof state->boot);
    state->started = started;
    state->dry_run = governor->options->dry_run;
    state->hierarchy = (uint8_t)governor->hierarchy.version;
    (void)text_copy(state->scope, sizeof state->scope, governor->options->paths.scope);
    tell_note(governor, state->started, "start", "governor of cgroup v%d%s%s%s", state->hierarchy,
        state->scope[0] ? " below " : "", state->scope, state->dry_run ? ", dry run" : "");
    tell_policy(governor, state->started);
}

int governor_run(const struct options *options, struct policy *policy)
{
    static struct governor governor;
    struct mom_error error = {0};
    governor_init(&governor, options, policy);
    struct stamp started = clock_now(); /* before the guard's first look: a replay begins there */
    int r = open_all(&governor, &error);
    if (r == 0) {
        begin_state(&governor, started);
        seal_process();
        loop(&governor);
        tell_note(&governor, clock_now(), "stop", "asked to");
        governor.state.pid = 0;
        tell_state(&governor);
    } else {
        log_error("%s", error.text);
    }
    close_threads(&governor);
    governor_close_eyes(&governor);
    policy_free(governor.policy);
    policy_free(governor.retired);
    if (r == -EBUSY)
        return EXIT_FAILURE; /* worth another try, unlike the others */
    return r == 0 ? EXIT_SUCCESS : r == -EPERM || r == -EACCES ? EXIT_DENIED : EXIT_CANT_START;
}
