#include "slices/act/actuator.h"

#include "slices/act/backend.h"
#include "slices/act/freeze.h"
#include "slices/act/job.h"
#include "slices/act/kernel_hints.h"
#include "slices/act/limits.h"
#include "slices/act/move.h"
#include "slices/act/takeover.h"
#include "slices/base/file.h"
#include "slices/base/text.h"
#include "slices/read/group.h"
#include "slices/read/processes.h"
#include "slices/read/visit.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const struct backend *choose_backend(const struct actuator_options *options)
{
    if (options->recording)
        return &backend_recording;
    if (options->dry_run)
        return &backend_dry_run;
    return options->hierarchy->version == HIERARCHY_V2 ? &backend_v2 : &backend_v1;
}

void actuator_leave(struct actuator *actuator, int row)
{
    const struct journal_entry *entry = journal_row(actuator->options.journal, row);
    (void)pthread_mutex_lock(&actuator->left_lock);
    if (entry)
        actuator->left_over[row] = (struct left_over){true, entry->decision, entry->made.boot_usec};
    (void)pthread_mutex_unlock(&actuator->left_lock);
}

static struct left_over left_at(struct actuator *actuator, int row)
{
    (void)pthread_mutex_lock(&actuator->left_lock);
    struct left_over left = actuator->left_over[row];
    actuator->left_over[row].is = false;
    (void)pthread_mutex_unlock(&actuator->left_lock);
    return left;
}

int actuator_open(
    const struct actuator_options *options, struct actuator **ret, struct mom_error *error)
{
    if (!options->journal && !options->dry_run && !options->recording)
        return error_set(error, -EINVAL, "no actuator without a journal");
    struct actuator *actuator = calloc(1, sizeof *actuator);
    if (!actuator)
        return error_errno(error, -ENOMEM, "an actuator");
    actuator->options = *options;
    actuator->backend = choose_backend(options);
    actuator->proc_fd = open(options->proc_root, O_PATH | O_DIRECTORY | O_CLOEXEC);
    int r = actuator->proc_fd < 0 ? -errno : 0;
    if (r == 0 && options->recording) {
        actuator->recorded = calloc(ACTUATOR_RECORDED_MAX, sizeof *actuator->recorded);
        r = actuator->recorded ? 0 : -ENOMEM;
    }
    if (r < 0) {
        actuator_close(actuator);
        return error_errno(error, r, "an actuator over %s", options->proc_root);
    }
    (void)pthread_mutex_init(&actuator->left_lock, NULL);
    for (int i = 0; options->journal && i < JOURNAL_ENTRIES; i++)
        actuator_leave(actuator, i);
    *ret = actuator;
    return 0;
}

void actuator_tidy(struct actuator *actuator)
{
    struct journal *journal = actuator->options.journal;
    struct mom_error error;
    for (int i = 0; journal && i < JOURNAL_ENTRIES; i++) {
        struct left_over left = left_at(actuator, i);
        const struct journal_entry *entry = left.is ? journal_row(journal, i) : NULL;
        bool is_it =
            entry && entry->decision == left.decision && entry->made.boot_usec == left.made_usec;
        if (is_it && journal_undo(journal, i, &error) < 0)
            actuator_leave(actuator, i);
    }
}

void actuator_sweep(struct actuator *actuator)
{
    if (actuator->options.journal)
        journal_sweep(actuator->options.journal);
}

void actuator_hurry(struct actuator *actuator)
{
    atomic_store(&actuator->hurries, true);
}

void actuator_close(struct actuator *actuator)
{
    if (!actuator)
        return;
    if (actuator->proc_fd >= 0)
        (void)close(actuator->proc_fd);
    free(actuator->recorded);
    free(actuator);
}

uint32_t actuator_recorded(const struct actuator *actuator, const struct action **ret)
{
    *ret = actuator->recorded;
    return actuator->recorded_count;
}

/* --- Taking aim ------------------------------------------------------------------------------ */

/* Strictly below: the scope itself, as the root, is nobody's slice. */
static bool is_below(const char *path, const char *scope)
{
    size_t length = strlen(scope);
    while (length > 0 && scope[length - 1] == '/')
        length--;
    return strncmp(path, scope, length) == 0 && path[length] == '/' && path[length + 1];
}

static int is_spared(void *context, int32_t pid)
{
    (void)context;
    return attempt_spares(pid);
}

bool actuator_reaches(const struct actuator *actuator, const char *path)
{
    return is_below(path, actuator->options.scope);
}

/* Opens the group that is meant, or says what is wrong: -EPERM outside the scope, -EREMCHG another
 * life, or as group_open. */
static int open_life(
    const struct actuator *actuator, const char *path, const struct slice_life *life)
{
    const struct actuator_options *options = &actuator->options;
    if (!actuator_reaches(actuator, path))
        return -EPERM;
    int fd = group_open(options->hierarchy->root_fd, path);
    if (fd < 0)
        return fd;
    if (memcmp(life->boot, options->boot, sizeof life->boot) == 0 && group_check(fd, life) == 0)
        return fd;
    (void)close(fd);
    return -EREMCHG;
}

/* Opens the group and checks that it is the one that is meant. RESULT_DONE: go on. */
static enum action_result take_aim(struct attempt *attempt)
{
    const struct action *action = attempt->action;
    if (!memchr(action->path, '\0', sizeof action->path) ||
        !memchr(action->to, '\0', sizeof action->to) || action->kind >= ACTION_KINDS)
        return attempt_refuse(attempt, "no action");
    int fd = open_life(attempt->actuator, action->path, &action->life);
    if (fd == -EPERM)
        return attempt_refuse(attempt, "outside the scope");
    if (fd == -EINVAL)
        return attempt_refuse(attempt, "no path of a group");
    if (fd == -EREMCHG)
        return RESULT_STRANGER;
    if (fd < 0)
        return group_vanished(fd) ? RESULT_VANISHED
                                  : attempt_fail(attempt, fd, "opening the group");
    attempt->group_fd = fd;
    return RESULT_DONE;
}

/* The recording backend writes down what it was asked. */
static bool is_about_a_job(const struct attempt *attempt)
{
    const struct action *action = attempt->action;
    return action->kind == ACTION_RESET && action->independent &&
           !attempt->actuator->backend->takes_all;
}

/* From here on the action is aimed at the slice's largest job, unless that is the slice itself. */
static enum action_result take_job(struct attempt *attempt)
{
    struct action *job = &attempt->job;
    struct stat status;
    *job = *attempt->action;
    int fd = job_find(attempt->actuator->options.hierarchy->version, attempt->group_fd, job->path);
    if (fd < 0)
        return attempt_fail(attempt, fd, "looking for the largest job");
    if (fd == attempt->group_fd)
        return RESULT_DONE;
    (void)close(attempt->group_fd);
    attempt->group_fd = fd;
    if (fstat(fd, &status) < 0)
        return attempt_fail(attempt, -errno, "looking at the largest job");
    job->life.inode = status.st_ino;
    attempt->action = job;
    (void)text_copy(attempt->outcome->job, sizeof attempt->outcome->job, job->path);
    return RESULT_DONE;
}

/* mom never kills herself, her starter or process 1, whoever has asked for it. */
static enum action_result check_bystanders(struct attempt *attempt)
{
    int r = processes_visit(attempt->group_fd, is_spared, NULL);
    if (r > 0)
        return attempt_refuse(attempt, "holds mom, the one that started her, or process 1");
    return group_vanished(r) ? RESULT_VANISHED : RESULT_DONE;
}

/* --- Measuring ------------------------------------------------------------------------------- */

static uint64_t charged_bytes(const struct attempt *attempt)
{
    enum hierarchy_version version = attempt->actuator->options.hierarchy->version;
    bool is_memory_alone = attempt->action->kind == ACTION_RECLAIM;
    return is_memory_alone ? group_memory(attempt->group_fd, version)
                           : group_charged(attempt->group_fd, version);
}

static int note_survivor(void *context, int32_t pid)
{
    struct outcome *outcome = context;
    if (outcome->survivors < OUTCOME_SURVIVORS_MAX)
        outcome->survivor[outcome->survivors] = pid;
    outcome->survivors++;
    return 0;
}

static void measure_after(struct attempt *attempt)
{
    struct outcome *outcome = attempt->outcome;
    outcome->bytes_after = charged_bytes(attempt);
    if (outcome->bytes_before > outcome->bytes_after)
        outcome->bytes_freed = outcome->bytes_before - outcome->bytes_after;
    if (outcome->result == RESULT_INCOMPLETE || outcome->result == RESULT_FAILED)
        (void)processes_visit(attempt->group_fd, note_survivor, outcome);
}

/* --- Acting ---------------------------------------------------------------------------------- */

static enum action_result release(struct attempt *attempt)
{
    static enum action_result (*const ends[])(struct attempt * attempt) = {
        freeze_end, move_end, limits_release};
    enum action_result result = RESULT_DONE;
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        enum action_result end = ends[i](attempt);
        result = result == RESULT_DONE ? end : result;
    }
    return result;
}

/* Nobody dies of these. Without a function they are for people to read: the table and the bytes are
 * their whole matter. */
static enum action_result (*const mildly[ACTION_KINDS])(struct attempt *attempt) = {
    [ACTION_RECLAIM] = limits_reclaim,
    [ACTION_THROTTLE] = limits_throttle,
    [ACTION_RAISE] = limits_raise,
    [ACTION_FREEZE] = freeze_begin,
    [ACTION_MOVE] = move_begin,
    [ACTION_RELEASE] = release,
};

static enum action_result carry_out_mildly(struct attempt *attempt)
{
    enum action_kind kind = attempt->action->kind;
    if (!mildly[kind])
        return RESULT_DONE;
    return attempt->actuator->options.dry_run ? RESULT_DRY_RUN : mildly[kind](attempt);
}

/* It has time for that, and mom too. */
static bool asks_first(const struct attempt *attempt)
{
    const struct action *action = attempt->action;
    return action->kind == ACTION_RESET && action->grace_usec > 0 &&
           attempt->actuator->backend->kills && !atomic_load(&attempt->actuator->hurries);
}

static enum action_result carry_out(struct attempt *attempt, struct process_table *processes)
{
    const struct actuator *actuator = attempt->actuator;
    bool is_reset = attempt->action->kind == ACTION_RESET;
    bool touches_them =
        is_reset || attempt->action->kind == ACTION_FREEZE || attempt->action->kind == ACTION_MOVE;
    enum action_result result = touches_them ? check_bystanders(attempt) : RESULT_DONE;
    if (result != RESULT_DONE)
        return result;
    if (is_reset && actuator->backend->kills)
        (void)move_end(attempt); /* else it would be empty */
    (void)processes_read(attempt->group_fd, actuator->proc_fd, PROCESSES_BUDGET_USEC, processes);
    attempt->outcome->processes_before = processes->total;
    attempt->outcome->bytes_before = charged_bytes(attempt);
    attempt->deadline_usec = INT64_MAX;
    if (asks_first(attempt) && attempt_ask_to_end(attempt))
        return RESULT_DONE;
    attempt_start(attempt);
    if (is_reset || actuator->backend->takes_all)
        return actuator->backend->carry_out(attempt);
    return carry_out_mildly(attempt);
}

static void act(struct attempt *attempt, struct process_table *processes)
{
    struct outcome *outcome = attempt->outcome;
    if (is_about_a_job(attempt))
        outcome->result = take_job(attempt);
    if (outcome->result != RESULT_DONE)
        return;
    outcome->result = carry_out(attempt, processes);
    measure_after(attempt);
}

/* The whole slice goes on, since who stands still hears nothing, and has a little room, even where
 * only one of its jobs is asked. */
static void act_asking_first(struct attempt *attempt, struct process_table *processes)
{
    struct attempt of_slice = *attempt;
    struct headroom headroom;
    of_slice.group_fd = fcntl(attempt->group_fd, F_DUPFD_CLOEXEC, 0);
    (void)freeze_end(&of_slice);
    limits_give_headroom(&of_slice, &headroom);
    act(attempt, processes);
    limits_take_headroom(&of_slice, &headroom);
    if (of_slice.group_fd >= 0)
        (void)close(of_slice.group_fd);
}

void actuator_apply(struct actuator *actuator, const struct action *action, struct outcome *outcome,
    struct process_table *processes)
{
    struct attempt attempt = {
        .actuator = actuator, .action = action, .outcome = outcome, .group_fd = -1};
    *outcome = (struct outcome){.decision = action->decision, .kind = action->kind};
    *processes = (struct process_table){0};
    outcome->started = actuator->options.now();
    outcome->result = take_aim(&attempt);
    if (outcome->result == RESULT_DONE)
        (asks_first(&attempt) ? act_asking_first : act)(&attempt, processes);
    if (attempt.group_fd >= 0)
        (void)close(attempt.group_fd);
    outcome->ended = actuator->options.now();
}

/* --- Telling the kernel ----------------------------------------------------------------------- */

/* Before the first hint: one row stands for all of them. */
static int note_hints(struct actuator *actuator)
{
    const struct actuator_options *options = &actuator->options;
    struct journal_entry entry = {.kind = JOURNAL_HINTS, .made = options->now()};
    if (actuator->hints_noted)
        return 0;
    int r = text_format(entry.directory, sizeof entry.directory, "%s%s", options->hierarchy->root,
        strcmp(options->scope, "/") == 0 ? "" : options->scope);
    if (r == 0)
        r = journal_add(options->journal, &entry);
    actuator->hints_noted = r >= 0;
    return r < 0 ? r : 0;
}

int actuator_hint(struct actuator *actuator, const struct kernel_hint *hint)
{
    if (actuator->options.dry_run || actuator->options.recording)
        return 0;
    int fd = open_life(actuator, hint->path, &hint->life);
    if (fd < 0)
        return fd == -EREMCHG || group_vanished(fd) ? -ENODEV : fd;
    int r = note_hints(actuator);
    if (r == 0)
        r = kernel_hints_give(fd, actuator->proc_fd, hint);
    (void)close(fd);
    return r;
}

int actuator_take_over(
    struct actuator *actuator, const struct takeover_ask *ask, struct takeover *ret)
{
    const struct actuator_options *options = &actuator->options;
    char directory[PATH_MAX];
    if (options->dry_run || options->recording)
        return -ECANCELED;
    int fd = open_life(actuator, ask->path, &ask->life);
    if (fd < 0)
        return fd == -EREMCHG || group_vanished(fd) ? -ENODEV : fd;
    int r = text_format(directory, sizeof directory, "%s%s", options->hierarchy->root, ask->path);
    if (r == 0)
        r = takeover_begin(options->journal, fd, directory, &ask->life, options->now(), ret);
    (void)close(fd);
    return r;
}
