#include "slices/act/backend.h"

#include "slices/base/priority.h"
#include "slices/base/text.h"
#include "slices/read/group.h"
#include "slices/read/monotonic.h"
#include "slices/read/visit.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define PATIENCE_USEC 10000000

enum action_result attempt_fail(struct attempt *attempt, int code, const char *words)
{
    struct mom_error error;
    (void)error_errno(&error, code, "%s", words);
    (void)text_copy(attempt->outcome->error, sizeof attempt->outcome->error, error.text);
    return RESULT_FAILED;
}

enum action_result attempt_refuse(struct attempt *attempt, const char *words)
{
    (void)text_copy(attempt->outcome->error, sizeof attempt->outcome->error, words);
    return RESULT_REFUSED;
}

enum action_result attempt_undo(
    struct attempt *attempt, bool (*is_meant)(enum journal_kind kind), const char *words)
{
    struct journal *journal = attempt->actuator->options.journal;
    struct outcome *outcome = attempt->outcome;
    struct mom_error error;
    int failed = 0;
    for (int i = 0; i < JOURNAL_ENTRIES; i++) {
        const struct journal_entry *entry = journal_row(journal, i);
        if (!entry || !is_meant(entry->kind) ||
            !slice_life_equal(&entry->life, &attempt->action->life))
            continue;
        int r = journal_undo(journal, i, &error);
        failed = r < 0 ? r : failed;
        if (r > 0)
            (void)text_copy(outcome->error, sizeof outcome->error, error.text);
    }
    return failed < 0 ? attempt_fail(attempt, failed, words) : RESULT_DONE;
}

void attempt_start(struct attempt *attempt)
{
    int64_t patience_usec = attempt->actuator->options.patience_usec;
    attempt->deadline_usec = monotonic_usec() + (patience_usec > 0 ? patience_usec : PATIENCE_USEC);
}

bool attempt_timed_out(const struct attempt *attempt)
{
    return monotonic_usec() >= attempt->deadline_usec;
}

void attempt_nap(unsigned *msec)
{
    enum { SHORTEST = 1, LONGEST = 50 };
    *msec = *msec == 0 ? SHORTEST : *msec * 2 < LONGEST ? *msec * 2 : LONGEST;
    const struct timespec nap = {.tv_nsec = (long)*msec * 1000000};
    (void)nanosleep(&nap, NULL);
}

bool attempt_spares(int32_t pid)
{
    return pid == 1 || pid == getpid() || pid == getppid();
}

/* v1 lets whoever may write to the group above rename a job: what hangs under another name is known
 * by its life. Cuts the path to as many names as the job has. */
static bool is_in_renamed_job(const struct attempt *attempt, char *path)
{
    char *end = path;
    for (const char *name = attempt->action->path; name && end; name = strchr(name + 1, '/'))
        end = *end == '/' ? end + 1 + strcspn(end + 1, "/") : NULL;
    if (!end)
        return false;
    *end = '\0';
    int fd = group_open(attempt->actuator->options.hierarchy->root_fd, path);
    bool same = fd >= 0 && group_check(fd, &attempt->action->life) == 0;
    if (fd >= 0)
        (void)close(fd);
    return same;
}

bool attempt_is_member(const struct attempt *attempt, int32_t pid)
{
    const struct actuator_options *options = &attempt->actuator->options;
    char path[PATH_MAX];
    int r = hierarchy_group_of(options->hierarchy, options->proc_root, pid, path, sizeof path);
    if (r < 0 && r != -ENAMETOOLONG) /* the beginning is enough */
        return false;
    return slice_path_within(path, attempt->action->path) ||
           (attempt->outcome->job[0] && is_in_renamed_job(attempt, path));
}

struct signalling {
    const struct attempt *attempt;
    int number, failed; /* the last -errno: the others are reached all the same */
};

/* Of a process that ended since it was listed, and is waited for at this moment, or whose number a
 * thread has now, pidfd_open says EINVAL (kernel/fork.c, pidfd_prepare; some
 * kernels say ENOENT of threads). */
static bool is_gone(int error)
{
    return error == ESRCH || error == EINVAL || error == ENOENT;
}

static int signal_process(const struct signalling *signalling, int32_t pid)
{
    int process = (int)syscall(SYS_pidfd_open, pid, 0);
    if (process < 0 && errno != ENOSYS) /* since 5.3 */
        return is_gone(errno) ? 0 : -errno;
    int r = 0;
    if (attempt_is_member(signalling->attempt, pid))
        r = process < 0 ? kill(pid, signalling->number)
                        : (int)syscall(SYS_pidfd_send_signal, process, signalling->number, NULL, 0);
    r = r < 0 && errno != ESRCH ? -errno : 0;
    if (process >= 0)
        (void)close(process);
    return r;
}

static int signal_member(void *context, int32_t pid)
{
    struct signalling *signalling = context;
    int r = attempt_spares(pid) ? 0 : signal_process(signalling, pid);
    signalling->failed = r < 0 ? r : signalling->failed;
    return 0;
}

/* The signal to every process of the slice, each held by a pidfd while its membership is looked up
 * again: a reused pid is never hit. 0 or -errno. */
static int signal_members(struct attempt *attempt, int signal_number)
{
    struct signalling signalling = {attempt, signal_number, 0};
    int r = processes_visit(attempt->group_fd, signal_member, &signalling);
    return r < 0 ? r : signalling.failed;
}

int attempt_kill_members(struct attempt *attempt)
{
    return signal_members(attempt, SIGKILL);
}

static bool becomes_empty(const struct attempt *attempt, int64_t within_usec)
{
    enum hierarchy_version version = attempt->actuator->options.hierarchy->version;
    int64_t until = monotonic_usec() + within_usec;
    for (unsigned nap = 0;; attempt_nap(&nap)) {
        if (group_is_empty(version, attempt->group_fd))
            return true;
        if (monotonic_usec() >= until || attempt_timed_out(attempt))
            return false;
    }
}

/* Who can't die yet, since he waits in the kernel or has found no processor, still holds his
 * memory: it is taken from him. (process_mrelease, since 5.15; the kernel refuses it for whoever is
 * not about to die, or shares his memory with such.) */
static int release_member(void *context, int32_t pid)
{
    const struct attempt *attempt = context;
    int process = attempt_spares(pid) ? -1 : (int)syscall(SYS_pidfd_open, pid, 0);
    if (process < 0)
        return 0;
    if (attempt_is_member(attempt, pid))
        (void)syscall(SYS_process_mrelease, process, 0);
    (void)close(process);
    return 0;
}

bool attempt_ask_to_end(struct attempt *attempt)
{
    return signal_members(attempt, SIGTERM) == 0 &&
           becomes_empty(attempt, attempt->action->grace_usec);
}

static enum action_result repeat(
    struct attempt *attempt, int (*kill_all)(struct attempt *attempt), int64_t round_usec)
{
    do {
        attempt->outcome->rounds++;
        int r = kill_all(attempt);
        if (r < 0 && !group_vanished(r))
            return attempt_fail(attempt, r, "killing");
        if (becomes_empty(attempt, round_usec))
            return RESULT_DONE;
        if (round_usec == ROUND_USEC) /* in a race there is no time for it */
            (void)processes_visit(attempt->group_fd, release_member, attempt);
    } while (!attempt_timed_out(attempt));
    return RESULT_INCOMPLETE;
}

enum action_result attempt_rounds(
    struct attempt *attempt, int (*kill_all)(struct attempt *attempt), int64_t round_usec)
{
    struct priority before;
    bool raised = priority_raise(&before);
    enum action_result result = repeat(attempt, kill_all, round_usec);
    if (raised)
        priority_restore(&before);
    return result;
}
