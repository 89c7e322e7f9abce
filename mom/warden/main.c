/* momd: the warden. Starts the governor, the recorder and, when they are wanted, courier and
 * scorer; starts them again when they die; when the governor dies or its heartbeat stalls, replays
 * the undo journal. Runs hooks and restarts for the governor, and tries whether processes can still
 * be started. Tells systemd how things stand. libc only, so that nothing of a library can bring it
 * down. */
#include "mom/common/clock.h"
#include "mom/common/heartbeat.h"
#include "mom/common/log.h"
#include "mom/common/options.h"
#include "mom/common/signals.h"
#include "mom/warden/children.h"
#include "mom/warden/forks.h"
#include "mom/warden/notify.h"
#include "mom/warden/places.h"
#include "mom/warden/programs.h"
#include "mom/warden/reload.h"
#include "slices/act/journal.h"
#include "slices/base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define START_PATIENCE_USEC (30 * USEC_PER_SEC) /* until the first beat */
#define STOP_PATIENCE_USEC  (15 * USEC_PER_SEC)
enum { ROUND_MSEC = 250, GOVERNOR_HEARTS = 4 };

struct pulse {
    int64_t beat_usec, silent_usec;
};

struct warden {
    struct options options;
    struct account account;
    struct children children;
    struct programs programs;
    struct reload reload;
    struct forks forks;
    int signal_fd;
    bool told_ready;
    int give_up_status;                 /* what the governor said when it could not even start; 0 */
    int64_t watchdog_usec, pinged_usec; /* systemd's, of this process */
    struct pulse pulse[GOVERNOR_HEARTS];
    int64_t felt_usec;
    int64_t killed_usec; /* the governor, by us; 0: it was not */
    bool dying_undone;   /* and its changes are undone, though it lives */
    int ready_fd;        /* detached: the parent waits on its other end; -1 */
};

static void open_log(const struct warden *warden)
{
    log_open("momd", warden->options.verbose ? LOG_LEVEL_DEBUG : LOG_LEVEL_INFO);
}

static void say_undone(const char *text)
{
    log_warning("undo: %s", text);
}

/* Nothing that the governor changed for a time may outlive it; but for the watchdog, where no
 * other can be started: then the node is as good as dead. */
static void replay_journal(const struct warden *warden, bool spare_watchdog)
{
    struct journal journal = {0};
    struct mom_error error = {0};
    if (journal_open(&journal, warden->options.paths.run_dir, &error) < 0) {
        log_error("the undo journal: %s", error.text);
        return;
    }
    journal.spares_watchdog = spare_watchdog;
    if (spare_watchdog)
        log_error("nobody can govern: a watchdog that is armed stays armed");
    int left = journal_undo_all(&journal, say_undone);
    if (left > 0)
        log_error("%d changes could not be undone", left);
    journal_close(&journal);
}

static void describe_end(enum child_name name, int status)
{
    if (WIFSIGNALED(status))
        log_error("%s was ended by signal %d", child_programs[name], WTERMSIG(status));
    else if (WEXITSTATUS(status) != 0)
        log_error("%s ended with status %d", child_programs[name], WEXITSTATUS(status));
    else
        log_debug("%s ended", child_programs[name]);
}

/* The next child that has ended, and its status; what it leaves behind may need its pid. 0: none.
 */
static pid_t bury(struct warden *warden, int *ret_status)
{
    siginfo_t ended = {0};
    if (waitid(P_ALL, 0, &ended, WEXITED | WNOHANG | WNOWAIT) < 0 || ended.si_pid == 0)
        return 0;
    programs_bury(&warden->programs, ended.si_pid);
    return waitpid(ended.si_pid, ret_status, WNOHANG);
}

static void reap(struct warden *warden, int64_t now_usec)
{
    int status;
    pid_t pid;
    while ((pid = bury(warden, &status)) > 0) {
        if (forks_reap(&warden->forks, pid, now_usec))
            continue;
        enum child_name name = children_reap(&warden->children, pid, status, now_usec);
        if (name == CHILDREN) {
            (void)programs_reap(&warden->programs, pid, status, now_usec);
            continue;
        }
        describe_end(name, status);
        if (name != CHILD_GOVERNOR)
            continue;
        replay_journal(warden, forks_failed(&warden->forks, now_usec));
        warden->killed_usec = 0;
        warden->dying_undone = false;
        if (!warden->told_ready && WIFEXITED(status) && WEXITSTATUS(status) >= EXIT_USAGE)
            warden->give_up_status = WEXITSTATUS(status); /* trying again would not help */
    }
}

static bool read_heartbeat(
    const struct warden *warden, const char *file, struct heartbeat_page *ret)
{
    char path[PATH_MAX];
    return paths_join(path, sizeof path, warden->options.paths.run_dir, file) == 0 &&
           heartbeat_read(path, ret) == 0;
}

/* How long each heart of the governor may be silent before the program is started again. The guard
 * is what the node's life may hang on; the others may be kept waiting by a node in trouble, and the
 * guard goes on without them. Until the first beat, START_PATIENCE_USEC. */
static const struct {
    enum heart heart;
    const char *name;
    int64_t patience_usec;
} hearts[] = {
    {HEART_GUARD, "guard", 15 * USEC_PER_SEC},
    {HEART_GOVERNOR, "governor's thread", 60 * USEC_PER_SEC},
    {HEART_HANDS, "hands' thread", 300 * USEC_PER_SEC},
    {HEART_OOM_HANDLER, "OOM handler", 15 * USEC_PER_SEC},
};
_Static_assert(sizeof hearts / sizeof *hearts == GOVERNOR_HEARTS, "a pulse for each heart");

/* The OOM handler beats twice a second, before all others. While the OOM of any slice is mom's the
 * tasks of that one have nobody else, so it may not be silent for longer than this; and where some
 * wait already, not beyond their deadline by more than that. */
#define KEEPING_PATIENCE_USEC (5 * USEC_PER_SEC)
#define LATE_PATIENCE_USEC    (2 * USEC_PER_SEC)

/* Who is killed is gone within this, unless it can't be. */
#define DYING_PATIENCE_USEC (5 * USEC_PER_SEC)

static int64_t patience_usec(int heart, const struct heartbeat_page *page, int64_t now_usec)
{
    int64_t patience = hearts[heart].patience_usec;
    if (hearts[heart].heart != HEART_OOM_HANDLER || page->kept == 0)
        return patience;
    bool is_late = page->kept_until_usec != 0 && now_usec > page->kept_until_usec;
    return is_late ? LATE_PATIENCE_USEC : KEEPING_PATIENCE_USEC;
}

/* Silence is counted in our own rounds: when the whole machine stood still (suspend, a debugger),
 * nobody was silent. Returns the heart that has been silent for too long; GOVERNOR_HEARTS: none. */
static int feel_pulses(struct warden *warden, const struct heartbeat_page *page, int64_t now_usec)
{
    int64_t started = warden->children.child[CHILD_GOVERNOR].started_usec;
    int64_t step = now_usec - warden->felt_usec;
    step = step < 2 * ROUND_MSEC * 1000 ? step : 2 * ROUND_MSEC * 1000;
    warden->felt_usec = now_usec;
    for (int i = 0; i < GOVERNOR_HEARTS; i++) {
        struct pulse *pulse = &warden->pulse[i];
        int64_t beat = page->beat_usec[hearts[i].heart];
        pulse->silent_usec = beat == pulse->beat_usec ? pulse->silent_usec + step : 0;
        pulse->beat_usec = beat;
        int64_t patience = beat > started ? patience_usec(i, page, now_usec) : START_PATIENCE_USEC;
        if (pulse->silent_usec > patience)
            return i;
    }
    return GOVERNOR_HEARTS;
}

static void tell_ready(struct warden *warden)
{
    notify_send("READY=1\nSTATUS=governing");
    if (warden->ready_fd >= 0) {
        (void)!write(warden->ready_fd, "", 1);
        (void)close(warden->ready_fd);
        warden->ready_fd = -1;
    }
    warden->told_ready = true;
}

static void ping_watchdog(struct warden *warden, int64_t now_usec)
{
    if (warden->watchdog_usec == 0 || now_usec - warden->pinged_usec < warden->watchdog_usec)
        return;
    notify_send("WATCHDOG=1");
    warden->pinged_usec = now_usec;
}

/* Killed, and not gone: what is left of it waits in the kernel, for a disk, say, and ends when that
 * is over. All its other threads have ended by then; nobody changes anything any more. */
static void undo_the_dying(struct warden *warden, int64_t now_usec)
{
    if (warden->killed_usec == 0 || warden->dying_undone ||
        now_usec - warden->killed_usec < DYING_PATIENCE_USEC)
        return;
    warden->dying_undone = true;
    log_error("the governor was killed and can't die: what it changed is undone");
    replay_journal(warden, true);
}

static void kill_child(struct warden *warden, enum child_name name, int64_t now_usec)
{
    children_signal(&warden->children, name, SIGKILL);
    if (name == CHILD_GOVERNOR && warden->killed_usec == 0)
        warden->killed_usec = now_usec;
}

static void check_governor(struct warden *warden, int64_t now_usec)
{
    struct heartbeat_page page = {0}; /* a page that can't be read has never beaten */
    const struct child *governor = &warden->children.child[CHILD_GOVERNOR];
    if (governor->pid == 0)
        return;
    undo_the_dying(warden, now_usec);
    (void)read_heartbeat(warden, HEARTBEAT_GOVERNOR_FILE, &page);
    int silent = feel_pulses(warden, &page, now_usec);
    if (silent < GOVERNOR_HEARTS) {
        log_error("the %s is silent: the governor is started again", hearts[silent].name);
        memset(warden->pulse, 0, sizeof warden->pulse);
        kill_child(warden, CHILD_GOVERNOR, now_usec);
    } else if (!warden->told_ready && page.ready &&
               page.beat_usec[HEART_GOVERNOR] > governor->started_usec) {
        tell_ready(warden);
    }
}

static void start_missing(struct warden *warden, int64_t now_usec)
{
    struct heartbeat_page page;
    bool wanted[CHILDREN] = {[CHILD_GOVERNOR] = true, [CHILD_RECORDER] = true};
    wanted[CHILD_COURIER] = read_heartbeat(warden, HEARTBEAT_RECORDER_FILE, &page) && page.mail_due;
    wanted[CHILD_SCORER] =
        read_heartbeat(warden, HEARTBEAT_GOVERNOR_FILE, &page) && page.scorer_wanted;
    for (int name = 0; name < CHILDREN; name++) {
        const struct child *child = &warden->children.child[name];
        struct mom_error error = {0};
        if (!wanted[name] || child->pid != 0 || now_usec < child->start_usec)
            continue;
        if (children_start(&warden->children, (enum child_name)name, now_usec, &error) < 0)
            log_error("%s", error.text);
        if (name == CHILD_GOVERNOR)
            memset(warden->pulse, 0, sizeof warden->pulse);
    }
}

static void try_forks(struct warden *warden, int64_t now_usec)
{
    struct heartbeat_page page;
    bool wanted = warden->children.child[CHILD_GOVERNOR].pid != 0 &&
                  read_heartbeat(warden, HEARTBEAT_GOVERNOR_FILE, &page) && page.forks_wanted;
    forks_round(&warden->forks, wanted, now_usec);
}

/* False: the end was asked for. */
static bool take_signals(struct warden *warden)
{
    int number;
    while (signals_take(warden->signal_fd, &number)) {
        if (number == SIGTERM || number == SIGINT)
            return false;
        if (number == SIGHUP) {
            children_signal(&warden->children, CHILD_GOVERNOR, SIGHUP);
            children_signal(&warden->children, CHILD_RECORDER, SIGHUP);
            children_signal(&warden->children, CHILD_SCORER, SIGTERM); /* it begins anew */
        }
    }
    return true;
}

static void wait_signal(const struct warden *warden)
{
    struct pollfd signals = {.fd = warden->signal_fd, .events = POLLIN};
    (void)poll(&signals, 1, ROUND_MSEC);
}

/* Ends one child: politely, then for good. */
static void end_child(struct warden *warden, enum child_name name)
{
    int64_t give_up = clock_now().boot_usec + STOP_PATIENCE_USEC;
    children_signal(&warden->children, name, SIGTERM);
    while (warden->children.child[name].pid != 0) {
        int64_t now_usec = clock_now().boot_usec;
        if (now_usec > give_up)
            kill_child(warden, name, now_usec);
        if (name == CHILD_GOVERNOR)
            undo_the_dying(warden, now_usec);
        reap(warden, now_usec);
        int ignored;
        if (warden->children.child[name].pid != 0)
            wait_signal(warden);
        while (signals_take(warden->signal_fd, &ignored))
            ;
    }
}

static void govern(struct warden *warden)
{
    bool go_on = true;
    while (go_on) {
        int64_t now_usec = clock_now().boot_usec;
        start_missing(warden, now_usec);
        programs_round(&warden->programs, now_usec);
        reload_round(&warden->reload, &warden->programs, now_usec);
        check_governor(warden, now_usec);
        try_forks(warden, now_usec);
        ping_watchdog(warden, now_usec);
        wait_signal(warden);
        go_on = take_signals(warden);
        reap(warden, clock_now().boot_usec);
        go_on = go_on && warden->give_up_status == 0;
    }
    notify_send("STOPPING=1");
    end_child(warden, CHILD_GOVERNOR);
    forks_close(&warden->forks);
    reload_end(&warden->reload, &warden->programs);
    programs_end(&warden->programs); /* not before: what waits for one of them would be done */
    /* The recorder goes last: it drains what the governor said until its end. */
    end_child(warden, CHILD_RECORDER);
    end_child(warden, CHILD_COURIER);
    end_child(warden, CHILD_SCORER);
}

/* Goes into the background; the parent ends when the first tick is done, or the child has failed.
 * Log lines go to syslog from then on. */
static void detach(struct warden *warden)
{
    int ends[2];
    if (access("/dev/log", F_OK) < 0)
        log_warning("there is no /dev/log: what momd says in the background is lost; see -f");
    if (pipe2(ends, O_CLOEXEC) < 0)
        return;
    pid_t pid = fork();
    if (pid > 0) {
        char byte;
        (void)close(ends[1]);
        _exit(read(ends[0], &byte, 1) == 1 ? EXIT_SUCCESS : EXIT_FAILURE);
    }
    (void)close(ends[0]);
    warden->ready_fd = ends[1];
    (void)setsid();
    (void)setenv(LOG_TO_SYSLOG, "1", 1);
    open_log(warden);
    int null_fd = open("/dev/null", O_RDWR | O_CLOEXEC);
    for (int fd = STDIN_FILENO; null_fd >= 0 && fd <= STDERR_FILENO; fd++)
        (void)dup2(null_fd, fd);
}

static int prepare(struct warden *warden, struct mom_error *error)
{
    const struct paths *paths = &warden->options.paths;
    places_account(&warden->account);
    int r = places_make(paths, &warden->account, error);
    if (r < 0)
        return r;
    if (warden->account.stand_in)
        log_warning("there is no user mom: the recorder and the courier run as uid %u",
            (unsigned)warden->account.uid);
    warden->children.uid = warden->account.uid;
    warden->children.gid = warden->account.gid;
    warden->children.setgid_sendmail = warden->options.setgid_sendmail;
    int lock_fd = places_lock(paths, error);
    if (lock_fd < 0)
        return lock_fd;
    if (!warden->options.foreground && !notify_wanted())
        detach(warden);
    (void)places_write_pid(lock_fd); /* for people; the lock is what counts */
    places_await_governor(paths);
    r = programs_open(
        &warden->programs, paths->run_dir, warden->account.uid, warden->account.gid, error);
    if (r == 0)
        r = reload_open(&warden->reload, RELOAD_COMMAND, paths->run_dir, error);
    if (r == 0)
        r = forks_open(&warden->forks, paths->run_dir, error);
    if (r < 0)
        return r;
    static const int signals[] = {SIGTERM, SIGINT, SIGHUP, SIGCHLD};
    warden->signal_fd = signals_open(signals, 4);
    return warden->signal_fd < 0 ? error_errno(error, warden->signal_fd, "signals") : 0;
}

/* Whoever starts us with one of them closed would have our lock, say, take its number. */
static void open_standard_files(void)
{
    int fd;
    do
        fd = open("/dev/null", O_RDWR);
    while (fd >= 0 && fd <= STDERR_FILENO);
    if (fd >= 0)
        (void)close(fd);
}

/* The one that must not die. What isn't permitted is done without; the governor says so for both.
 */
static void hold_on(void)
{
    (void)mlockall(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT);
    (void)file_write(AT_FDCWD, "/proc/self/oom_score_adj", "-1000");
}

int main(int argc, char **argv)
{
    static struct warden warden;
    struct mom_error error = {0};
    open_standard_files();
    (void)signal(SIGCHLD, SIG_DFL); /* a starter may ignore it: then nobody could be waited for */
    warden.ready_fd = -1;
    warden.children.arguments = argv;
    int status = options_parse(&warden.options, argc, argv);
    if (status >= 0)
        return status;
    open_log(&warden);
    int r = children_find(&warden.children, &error);
    if (r == 0 && (warden.options.check_config || warden.options.once)) {
        r = children_become(&warden.children, CHILD_GOVERNOR);
        error_errno(&error, r, "%s", child_programs[CHILD_GOVERNOR]);
    } else if (r == 0) {
        r = prepare(&warden, &error);
    }
    if (r < 0) {
        log_error("%s", error.text);
        return r == -EPERM || r == -EACCES ? EXIT_DENIED : EXIT_CANT_START;
    }
    hold_on();
    warden.watchdog_usec = notify_watchdog_usec();
    replay_journal(&warden, false); /* of a momd that was killed */
    govern(&warden);
    replay_journal(&warden, false);
    return warden.give_up_status;
}
