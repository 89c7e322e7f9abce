#include "mom/warden/programs.h"

#include "mom/common/clock.h"
#include "mom/common/log.h"
#include "mom/common/paths.h"
#include "mom/warden/become.h"
#include "slices/base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define GRACE_USEC (2 * USEC_PER_SEC) /* between asking a program to end and killing it */
enum { COMPLAINTS_AT_ONCE = 4096, COMPLAINTS_A_ROUND = 16 };

/* --- What came of it -------------------------------------------------------------------------- */

static void tell(struct programs *programs, struct program_outcome *outcome)
{
    outcome->ended = clock_now();
    if (ring_write(&programs->ends, PROGRAM_END, outcome, sizeof *outcome) < 0)
        log_error("the governor takes no outcomes of programs: %s for decision %llu",
            program_role_names[outcome->role], (unsigned long long)outcome->decision);
}

static void say(const struct program_outcome *outcome)
{
    char words[4 * sizeof outcome->words];
    const char *colon = outcome->words[0] ? ": " : "";
    (void)text_escape(words, sizeof words, outcome->words);
    if (outcome->result == PROGRAM_DONE)
        log_notice("%s: done", outcome->command);
    else
        log_warning(
            "%s: %s%s%s", outcome->command, program_result_names[outcome->result], colon, words);
}

static void tell_once(struct programs *programs, struct program *program)
{
    if (program->told)
        return;
    program->told = true;
    if (program->own)
        say(&program->outcome);
    else
        tell(programs, &program->outcome);
}

static void keep_complaints(struct program_outcome *outcome, const char *bytes)
{
    size_t used = strlen(outcome->words);
    if (!strchr(outcome->words, '\n'))
        (void)text_copy(outcome->words + used, sizeof outcome->words - used, bytes);
}

/* The first line is kept; the rest is taken at our pace, and thrown away: whoever floods us has to
 * wait. */
static void take_complaints(struct program *program)
{
    char bytes[COMPLAINTS_AT_ONCE + 1];
    ssize_t n = 1;
    for (int i = 0; i < COMPLAINTS_A_ROUND && n > 0; i++) {
        n = read(program->complaints_fd, bytes, COMPLAINTS_AT_ONCE);
        bytes[n > 0 ? n : 0] = '\0';
        keep_complaints(&program->outcome, bytes);
    }
}

/* Fills in why it was not started. False: it was. */
static bool take_failure(struct program *program)
{
    struct become_failure failure;
    if (read(program->failure_fd, &failure, sizeof failure) != sizeof failure)
        return false;
    program->outcome.result = failure.result;
    (void)text_copy(program->outcome.words, sizeof program->outcome.words, failure.words);
    return true;
}

static void judge(struct program *program, int status, int64_t now_usec)
{
    struct program_outcome *outcome = &program->outcome;
    outcome->took_usec = now_usec - program->started_usec;
    outcome->words[strcspn(outcome->words, "\r\n")] = '\0';
    if (program->warned) {
        outcome->result = PROGRAM_LATE;
        return;
    }
    bool is_well = WIFEXITED(status) && WEXITSTATUS(status) == 0;
    outcome->result = is_well ? PROGRAM_DONE : PROGRAM_FAILED;
    outcome->status = WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
}

/* --- Starting ----------------------------------------------------------------------------------
 */

static void close_end(int *fd)
{
    if (*fd >= 0)
        (void)close(*fd);
    *fd = -1;
}

/* Two pipes; what we read never makes us wait. */
static int open_pipes(int complaints[2], int failure[2])
{
    if (pipe2(complaints, O_CLOEXEC) < 0)
        return -errno;
    if (fcntl(complaints[0], F_SETFL, O_NONBLOCK) == 0 &&
        pipe2(failure, O_CLOEXEC | O_NONBLOCK) == 0)
        return 0;
    int r = -errno;
    (void)close(complaints[0]);
    (void)close(complaints[1]);
    return r;
}

static int start(struct programs *programs, struct program *program, int64_t now_usec)
{
    int complaints[2] = {-1, -1}, failure[2] = {-1, -1};
    int r = open_pipes(complaints, failure);
    if (r < 0)
        return r;
    const struct become become = {.ask = &programs->ask,
        .mom_uid = programs->uid,
        .mom_gid = programs->gid,
        .warden = getpid(),
        .complaints_fd = complaints[1],
        .failure_fd = failure[1]};
    program->pid = fork();
    if (program->pid == 0)
        become_program(&become);
    r = program->pid < 0 ? -errno : 0;
    (void)close(complaints[1]);
    (void)close(failure[1]);
    program->complaints_fd = complaints[0];
    program->failure_fd = failure[0];
    program->started_usec = now_usec;
    program->until_usec = now_usec + programs->ask.timeout_usec;
    return r;
}

static void clear_place(struct program *program)
{
    *program = (struct program){.complaints_fd = -1, .failure_fd = -1};
}

static void free_place(struct program *program)
{
    close_end(&program->complaints_fd);
    close_end(&program->failure_fd);
    clear_place(program);
}

/* What stands in programs->ask. */
static void begin(struct programs *programs, struct program *program, bool own, int64_t now_usec)
{
    const struct program_ask *ask = &programs->ask;
    struct program_outcome *outcome = &program->outcome;
    clear_place(program);
    program->own = own;
    *outcome = (struct program_outcome){
        .decision = ask->decision, .role = ask->role, .result = PROGRAM_NOT_STARTED};
    (void)text_copy(outcome->command, sizeof outcome->command, ask->command);
    bool in_time = now_usec - ask->at.boot_usec <= ask->timeout_usec;
    int r = in_time ? start(programs, program, now_usec) : -ETIME;
    if (r == 0)
        return;
    (void)text_copy(outcome->words, sizeof outcome->words,
        in_time ? strerrordesc_np(-r) : "it has waited for its turn for too long");
    tell_once(programs, program);
    free_place(program);
}

/* What lies in the ring was written by root; but cut texts are ended here. */
static bool take_ask(struct programs *programs)
{
    struct ring_reader *asks = &programs->asks;
    struct program_ask *ask = &programs->ask;
    uint32_t type;
    if (asks->fd < 0 &&
        ring_reader_open(asks, programs->asks_path, programs->asks_ack, (gid_t)-1, NULL) < 0)
        return false;
    ssize_t n = ring_read(asks, &type, programs->buffer);
    if (n == -ESTALE)
        ring_reader_close(asks); /* made anew: at the next round */
    if (n < 0)
        return false;
    (void)ring_ack(asks); /* before it is started: at most once */
    if (n != sizeof *ask || type != PROGRAM_ASK)
        return false;
    memcpy(ask, programs->buffer, sizeof *ask);
    ask->user[sizeof ask->user - 1] = ask->command[sizeof ask->command - 1] = '\0';
    ask->facts[sizeof ask->facts - 1] = ask->group[sizeof ask->group - 1] = '\0';
    return ask->role < PROGRAM_ROLES;
}

/* --- While they run ----------------------------------------------------------------------------
 */

static void end_group(const struct program *program, int signal_number)
{
    if (kill(-program->pid, signal_number) < 0) /* it has not come to be a group yet */
        (void)kill(program->pid, signal_number);
}

/* One that can't even be killed, since it waits in the kernel, is told of all the same. */
static void hurry(struct programs *programs, struct program *program, int64_t now_usec)
{
    if (now_usec < program->until_usec)
        return;
    program->until_usec = now_usec + GRACE_USEC;
    end_group(program, program->warned ? SIGKILL : SIGTERM);
    if (program->warned) {
        judge(program, 0, now_usec);
        tell_once(programs, program);
    }
    program->warned = true;
}

void programs_round(struct programs *programs, int64_t now_usec)
{
    bool more = true;
    for (int i = 0; i < PROGRAMS_AT_ONCE; i++) {
        struct program *program = &programs->program[i];
        more = more && (program->pid != 0 || take_ask(programs));
        if (program->pid == 0 && more)
            begin(programs, program, false, now_usec);
        if (program->pid == 0)
            continue;
        take_complaints(program);
        hurry(programs, program, now_usec);
    }
}

bool programs_run(
    struct programs *programs, const char *command, int64_t timeout_usec, int64_t now_usec)
{
    struct program *program = programs->program;
    while (program < programs->program + PROGRAMS_AT_ONCE && program->pid != 0)
        program++;
    if (program == programs->program + PROGRAMS_AT_ONCE)
        return false;
    programs->ask = (struct program_ask){.at = clock_now(), .timeout_usec = timeout_usec};
    (void)text_copy(programs->ask.user, sizeof programs->ask.user, "root");
    (void)text_copy(programs->ask.command, sizeof programs->ask.command, command);
    begin(programs, program, true, now_usec);
    return true;
}

static struct program *find(struct programs *programs, pid_t pid)
{
    for (int i = 0; i < PROGRAMS_AT_ONCE; i++)
        if (pid > 0 && programs->program[i].pid == pid)
            return &programs->program[i];
    return NULL;
}

void programs_bury(struct programs *programs, pid_t pid)
{
    if (find(programs, pid))
        (void)kill(-pid, SIGKILL);
}

bool programs_reap(struct programs *programs, pid_t pid, int status, int64_t now_usec)
{
    struct program *program = find(programs, pid);
    if (!program)
        return false;
    take_complaints(program);
    if (!take_failure(program))
        judge(program, status, now_usec);
    tell_once(programs, program);
    free_place(program);
    return true;
}

void programs_end(struct programs *programs)
{
    for (int i = 0; i < PROGRAMS_AT_ONCE; i++)
        if (programs->program[i].pid > 0)
            end_group(&programs->program[i], SIGKILL);
}

int programs_open(
    struct programs *programs, const char *run_dir, uid_t uid, gid_t gid, struct mom_error *error)
{
    char ends[PATH_MAX], ends_ack[PATH_MAX];
    *programs = (struct programs){.uid = uid, .gid = gid, .asks = {.fd = -1, .ack_fd = -1}};
    for (int i = 0; i < PROGRAMS_AT_ONCE; i++)
        clear_place(&programs->program[i]); /* nothing is open yet: 0 is our own input */
    if (paths_join(programs->asks_path, PATH_MAX, run_dir, PROGRAM_ASKS_FILE) < 0 ||
        paths_join(programs->asks_ack, PATH_MAX, run_dir, PROGRAM_ASKS_ACK) < 0 ||
        paths_join(ends, sizeof ends, run_dir, PROGRAM_ENDS_FILE) < 0 ||
        paths_join(ends_ack, sizeof ends_ack, run_dir, PROGRAM_ENDS_ACK) < 0)
        return error_errno(error, -ENAMETOOLONG, "%s", run_dir);
    return ring_writer_open(
        &programs->ends, ends, ends_ack, PROGRAM_ENDS_SIZE, 0600, (gid_t)-1, error);
}
