/* Programs of somebody else's, run by the warden: these here are real ones, in a folder of their
 * own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "mom/common/clock.h"
#include "mom/common/paths.h"
#include "mom/warden/programs.h"
#include "mom/warden/reload.h"
#include "slices/act/drop_in.h"
#include "slices/base/file.h"
#include "slices/base/text.h"
#include "tests/unit/folder.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { NOBODY = 65534, PATIENCE_SEC = 60, NAP_USEC = 10000 };

struct bench {
    struct programs programs;
    struct ring_writer asks;
    struct ring_reader ends;
    uint64_t decisions;
};

static char *path_of(const char *name)
{
    static char paths[4][PATH_MAX];
    static unsigned turn;
    char *path = paths[turn++ % 4];
    assert_int_equal(paths_join(path, PATH_MAX, folder, name), 0);
    return path;
}

static int set_up(void **state)
{
    struct bench *bench = calloc(1, sizeof *bench);
    assert_non_null(bench);
    assert_int_equal(folder_make(NULL), 0);
    assert_int_equal(chmod(folder, 0755), 0);
    assert_int_equal(mkdir(path_of("out"), 0755), 0);
    assert_int_equal(chmod(path_of("out"), 0777), 0);
    assert_int_equal(programs_open(&bench->programs, folder, NOBODY, NOBODY, NULL), 0);
    assert_int_equal(ring_writer_open(&bench->asks, path_of(PROGRAM_ASKS_FILE),
                         path_of(PROGRAM_ASKS_ACK), PROGRAM_ASKS_SIZE, 0600, (gid_t)-1, NULL),
        0);
    bench->ends.fd = bench->ends.ack_fd = -1;
    *state = bench;
    return 0;
}

static void forget_programs(struct programs *programs)
{
    ring_reader_close(&programs->asks);
    ring_writer_close(&programs->ends);
}

static int tear_down(void **state)
{
    struct bench *bench = *state;
    programs_end(&bench->programs);
    while (waitpid(-1, NULL, 0) > 0)
        ;
    forget_programs(&bench->programs);
    ring_writer_close(&bench->asks);
    ring_reader_close(&bench->ends);
    free(bench);
    return folder_remove(NULL);
}

static const char *script(const char *name, const char *body)
{
    char *path = path_of(name);
    FILE *file = fopen(path, "we");
    assert_non_null(file);
    (void)fprintf(file, "#!/bin/sh\ncd %s/out\n%s\n", folder, body);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(chmod(path, 0755), 0);
    return path;
}

static struct program_ask ask_of(struct bench *bench, const char *command)
{
    struct program_ask ask = {.decision = ++bench->decisions,
        .role = PROGRAM_NOTIFY,
        .at = clock_now(),
        .timeout_usec = 30 * USEC_PER_SEC};
    (void)text_copy(ask.user, sizeof ask.user, PROGRAM_USER_MOM);
    (void)text_copy(ask.command, sizeof ask.command, command);
    return ask;
}

static void give(struct bench *bench, const struct program_ask *ask)
{
    assert_int_equal(ring_write(&bench->asks, PROGRAM_ASK, ask, sizeof *ask), 0);
}

/* As the warden goes round. */
static void go_round(struct bench *bench)
{
    siginfo_t ended = {0};
    int status;
    programs_round(&bench->programs, clock_now().boot_usec);
    while (waitid(P_ALL, 0, &ended, WEXITED | WNOHANG | WNOWAIT) == 0 && ended.si_pid != 0) {
        pid_t pid = ended.si_pid;
        programs_bury(&bench->programs, pid);
        assert_int_equal(waitpid(pid, &status, 0), pid);
        assert_true(programs_reap(&bench->programs, pid, status, clock_now().boot_usec));
        ended.si_pid = 0;
    }
    (void)usleep(NAP_USEC);
}

static bool next_end(struct bench *bench, struct program_outcome *ret)
{
    static _Alignas(uint64_t) char buffer[RING_PAYLOAD_MAX];
    uint32_t type;
    if (bench->ends.fd < 0)
        assert_int_equal(ring_reader_open(&bench->ends, path_of(PROGRAM_ENDS_FILE),
                             path_of(PROGRAM_ENDS_ACK), (gid_t)-1, NULL),
            0);
    ssize_t n = ring_read(&bench->ends, &type, buffer);
    if (n == -EAGAIN)
        return false;
    assert_int_equal(n, sizeof *ret);
    assert_int_equal(type, PROGRAM_END);
    memcpy(ret, buffer, sizeof *ret);
    return true;
}

static struct program_outcome await(struct bench *bench)
{
    struct program_outcome outcome;
    int64_t until = clock_now().boot_usec + PATIENCE_SEC * USEC_PER_SEC;
    while (!next_end(bench, &outcome)) {
        go_round(bench);
        assert_true(clock_now().boot_usec < until);
    }
    return outcome;
}

static struct program_outcome run(struct bench *bench, const char *body)
{
    struct program_ask ask = ask_of(bench, script("program", body));
    give(bench, &ask);
    return await(bench);
}

/* What a program has left in the folder `out`, without its last newline. */
static char *output(const char *name)
{
    static char text[4096];
    char path[PATH_MAX];
    (void)text_format(path, sizeof path, "%s/out/%s", folder, name);
    ssize_t n = file_read(AT_FDCWD, path, text, sizeof text);
    text[n > 0 && text[n - 1] == '\n' ? n - 1 : n > 0 ? n : 0] = '\0';
    return text;
}

static bool is_alive(int pid)
{
    char path[64], stat[512];
    (void)text_format(path, sizeof path, "/proc/%d/stat", pid);
    if (pid <= 0 || file_read_beginning(AT_FDCWD, path, stat, sizeof stat) <= 0)
        return false;
    const char *state = strrchr(stat, ')');
    return state && state[2] != 'Z' && state[2] != 'X';
}

static bool dies(int pid)
{
    for (int i = 0; i < 500 && is_alive(pid); i++)
        (void)usleep(NAP_USEC);
    return !is_alive(pid);
}

static void one_that_ends_well_is_done(void **state)
{
    struct program_outcome outcome = run(*state, "touch ran");
    assert_int_equal(outcome.result, PROGRAM_DONE);
    assert_int_equal(outcome.decision, 1);
    assert_int_equal(outcome.role, PROGRAM_NOTIFY);
    assert_true(outcome.took_usec > 0 && outcome.ended.unix_usec > 0);
    assert_string_equal(outcome.words, "");
    assert_int_equal(access(path_of("out/ran"), F_OK), 0);
}

static void its_status_and_the_first_line_of_its_complaints_are_told(void **state)
{
    struct program_outcome outcome =
        run(*state, "echo not this; echo 'the first' >&2; echo second >&2; exit 3");
    assert_int_equal(outcome.result, PROGRAM_FAILED);
    assert_int_equal(outcome.status, 3);
    assert_string_equal(outcome.words, "the first");
    outcome = run(*state, "kill -9 $$");
    assert_int_equal(outcome.result, PROGRAM_FAILED);
    assert_int_equal(outcome.status, -SIGKILL);
}

static void a_long_line_is_cut_and_a_flood_is_taken(void **state)
{
    struct program_outcome outcome =
        run(*state, "head -c 1000000 /dev/zero | tr '\\0' x >&2; exit 7");
    assert_int_equal(outcome.status, 7);
    assert_int_equal(strlen(outcome.words), sizeof outcome.words - 1);
    assert_int_equal(strspn(outcome.words, "x"), sizeof outcome.words - 1);
}

static void one_that_takes_too_long_is_asked_to_end(void **state)
{
    struct bench *bench = *state;
    struct program_ask ask = ask_of(
        bench, script("slow", "trap 'touch asked; exit 0' TERM; while :; do sleep 0.1; done"));
    ask.timeout_usec = USEC_PER_SEC;
    give(bench, &ask);
    struct program_outcome outcome = await(bench);
    assert_int_equal(outcome.result, PROGRAM_LATE);
    assert_true(outcome.took_usec >= USEC_PER_SEC);
    assert_int_equal(access(path_of("out/asked"), F_OK), 0);
}

static void one_that_does_not_listen_is_killed_with_its_children(void **state)
{
    struct bench *bench = *state;
    struct program_ask ask = ask_of(bench,
        script("deaf",
            "trap '' TERM; sleep 1000 & echo $! >child; echo $$ >self; while :; do sleep 1; done"));
    ask.timeout_usec = USEC_PER_SEC;
    give(bench, &ask);
    struct program_outcome outcome = await(bench);
    int self = atoi(output("self")), child = atoi(output("child"));
    assert_int_equal(outcome.result, PROGRAM_LATE);
    assert_true(self > 0 && child > 0);
    for (int i = 0; i < 100 && is_alive(self); i++)
        go_round(bench);
    assert_false(is_alive(self));
    assert_true(dies(child));
}

static void what_it_leaves_behind_ends_with_it(void **state)
{
    struct program_outcome outcome = run(*state, "sleep 1000 & echo $! >child");
    int child = atoi(output("child"));
    assert_int_equal(outcome.result, PROGRAM_DONE);
    assert_true(child > 0);
    assert_true(dies(child));
}

static void what_can_not_be_started_is_told_with_the_reason(void **state)
{
    struct bench *bench = *state;
    static const struct {
        const char *command, *user, *words;
    } wrong[] = {
        {"/no/such/program", PROGRAM_USER_MOM, "/no/such/program: No such file or directory"},
        {"no-such-program-here", PROGRAM_USER_MOM, "there is no program no-such-program-here"},
        {"/dev/shm", PROGRAM_USER_MOM, "/dev/shm: Permission denied"},
        {"/etc/passwd", PROGRAM_USER_MOM, "/etc/passwd: Permission denied"},
        {"/bin/true", "no-such-user-here", "there is no user no-such-user-here"},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct program_ask ask = ask_of(bench, wrong[i].command);
        (void)text_copy(ask.user, sizeof ask.user, wrong[i].user);
        give(bench, &ask);
        struct program_outcome outcome = await(bench);
        assert_string_equal(outcome.words, wrong[i].words);
        assert_int_equal(outcome.result, PROGRAM_NOT_STARTED);
        assert_int_equal(outcome.took_usec, 0);
        assert_string_equal(outcome.command, wrong[i].command);
    }
}

static void it_gets_its_arguments_and_nothing_reads_them(void **state)
{
    struct bench *bench = *state;
    char command[PROGRAM_COMMAND_MAX];
    const char *path = script("program", "for a; do echo \"$a\"; done >arguments");
    (void)text_format(command, sizeof command, "%s one * $(touch evil) ~", path);
    struct program_ask ask = ask_of(bench, command);
    give(bench, &ask);
    assert_int_equal(await(bench).result, PROGRAM_DONE);
    assert_string_equal(output("arguments"), "one\n*\n$(touch\nevil)\n~");
    assert_int_equal(access(path_of("out/evil"), F_OK), -1);
}

static void its_environment_is_the_facts_and_little_more(void **state)
{
    struct bench *bench = *state;
    struct program_ask ask =
        ask_of(bench, script("program", "tr '\\0' '\\n' </proc/$$/environ | LC_ALL=C sort >env"));
    (void)setenv("MOM_TEST_SECRET", "leaked", 1);
    (void)text_copy(ask.facts, sizeof ask.facts, "MOM_SLICE=docker:a b;$(x)\nMOM_REASON=request\n");
    give(bench, &ask);
    assert_int_equal(await(bench).result, PROGRAM_DONE);
    assert_string_equal(output("env"),
        "HOME=/\nLC_ALL=C\nMOM_REASON=request\nMOM_SLICE=docker:a b;$(x)\n"
        "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin");
}

static void it_has_nothing_of_ours_open_and_a_session_of_its_own(void **state)
{
    struct bench *bench = *state;
    int fd = fcntl(STDOUT_FILENO, F_DUPFD, 20); /* not close-on-exec */
    assert_true(fd >= 20);
    struct program_outcome outcome =
        run(bench, "ls /proc/$$/fd | sort -n | tr '\\n' ' ' >fds\n"
                   "ls -l /proc/$$/fd | grep -c null >nulls\n"
                   "cut -d' ' -f5,6 /proc/$$/stat >session; echo $$ $$ >expected");
    (void)close(fd);
    assert_int_equal(outcome.result, PROGRAM_DONE);
    assert_true(text_starts_with(output("fds"), "0 1 2 "));
    assert_null(strstr(output("fds"), " 20 "));
    assert_string_equal(output("nulls"), "2"); /* input and output */
    char session[64];
    (void)text_copy(session, sizeof session, output("session"));
    assert_string_equal(output("expected"), session);
}

static const char *who = "id -u >uid; id -g >gid; id -G >groups\n"
                         "awk '/^NoNewPrivs/ {print $2}' /proc/self/status >nnp\n"
                         "awk '/^CapEff/ {print $2}' /proc/$$/status >caps\n"
                         "cat /proc/$$/oom_score_adj >adj; awk '{print $19}' /proc/$$/stat >nice";

static void it_runs_as_mom_with_no_way_back(void **state)
{
    struct bench *bench = *state;
    if (geteuid() != 0)
        skip();
    assert_int_equal(run(bench, who).result, PROGRAM_DONE);
    assert_string_equal(output("uid"), "65534");
    assert_string_equal(output("gid"), "65534");
    assert_string_equal(output("groups"), "65534");
    assert_string_equal(output("caps"), "0000000000000000");
    assert_string_equal(output("nnp"), "1");
    assert_string_equal(output("adj"), "0");
    assert_true(atoi(output("nice")) >= 5);
}

static void it_runs_as_the_user_who_is_named_root_if_so(void **state)
{
    struct bench *bench = *state;
    if (geteuid() != 0)
        skip();
    const char *path = script("program", who);
    struct program_ask ask = ask_of(bench, path);
    (void)text_copy(ask.user, sizeof ask.user, "daemon");
    give(bench, &ask);
    assert_int_equal(await(bench).result, PROGRAM_DONE);
    assert_string_equal(output("uid"), "1");
    assert_string_equal(output("groups"), "1");
    (void)text_copy(ask.user, sizeof ask.user, "root");
    ask.at = clock_now();
    give(bench, &ask);
    assert_int_equal(await(bench).result, PROGRAM_DONE);
    assert_string_equal(output("uid"), "0");
    assert_string_equal(output("nnp"), "1");
    assert_int_equal(chmod(path, 0777), 0);
    ask.at = clock_now();
    give(bench, &ask);
    struct program_outcome outcome = await(bench);
    assert_int_equal(outcome.result, PROGRAM_NOT_STARTED);
    assert_non_null(strstr(outcome.words, "others than root may write it"));
}

static unsigned running(const struct bench *bench)
{
    unsigned count = 0;
    for (int i = 0; i < PROGRAMS_AT_ONCE; i++)
        count += bench->programs.program[i].pid != 0;
    return count;
}

static void no_more_than_a_few_run_at_once_and_the_others_have_their_turn(void **state)
{
    enum { ASKED = PROGRAMS_AT_ONCE + 2 };
    struct bench *bench = *state;
    const char *path = script("program", "until [ -e go ]; do sleep 0.05; done");
    for (int i = 0; i < ASKED; i++) {
        struct program_ask ask = ask_of(bench, path);
        give(bench, &ask);
    }
    struct program_outcome outcome;
    for (int i = 0; i < 20; i++)
        go_round(bench);
    assert_int_equal(running(bench), PROGRAMS_AT_ONCE);
    assert_false(next_end(bench, &outcome));
    assert_int_equal(close(creat(path_of("out/go"), 0644)), 0);
    for (int i = 0; i < ASKED; i++)
        assert_int_equal(await(bench).result, PROGRAM_DONE);
    go_round(bench);
    assert_int_equal(running(bench), 0);
}

static void who_waits_for_too_long_is_not_started(void **state)
{
    struct bench *bench = *state;
    struct program_ask ask = ask_of(bench, script("program", "touch ran"));
    ask.at.boot_usec -= ask.timeout_usec + USEC_PER_SEC;
    give(bench, &ask);
    struct program_outcome outcome = await(bench);
    assert_int_equal(outcome.result, PROGRAM_NOT_STARTED);
    assert_string_equal(outcome.words, "it has waited for its turn for too long");
    assert_int_equal(access(path_of("out/ran"), F_OK), -1);
}

static void the_queue_is_bounded(void **state)
{
    struct bench *bench = *state;
    struct program_ask ask = ask_of(bench, "/bin/true");
    unsigned fits = 0;
    while (ring_write(&bench->asks, PROGRAM_ASK, &ask, sizeof ask) == 0 && fits < 1000)
        fits++;
    assert_in_range(fits, 10, 100);
    for (unsigned i = 0; i < fits; i++)
        assert_int_equal(await(bench).result, PROGRAM_DONE);
    give(bench, &ask); /* there is room again */
    assert_int_equal(await(bench).result, PROGRAM_DONE);
}

static void a_program_is_started_once_whoever_dies(void **state)
{
    struct bench *bench = *state;
    struct program_ask ask = ask_of(bench, script("program", "echo x >>ran; sleep 1000"));
    give(bench, &ask);
    for (int i = 0; i < 500 && !output("ran")[0]; i++)
        go_round(bench);
    programs_end(&bench->programs); /* and the warden goes, and another comes */
    while (waitpid(-1, NULL, 0) > 0)
        ;
    forget_programs(&bench->programs);
    assert_int_equal(programs_open(&bench->programs, folder, NOBODY, NOBODY, NULL), 0);
    for (int i = 0; i < 30; i++)
        go_round(bench);
    assert_int_equal(running(bench), 0);
    assert_string_equal(output("ran"), "x");
}

static void write_file(const char *name, const char *text)
{
    FILE *file = fopen(path_of(name), "we");
    assert_non_null(file);
    (void)fputs(text, file);
    assert_int_equal(fclose(file), 0);
}

static struct program_outcome run_for_group(struct bench *bench, const struct slice_life *life)
{
    struct program_ask ask = ask_of(bench, "/bin/true");
    ask.role = PROGRAM_RESTART;
    ask.life = *life;
    (void)text_copy(ask.group, sizeof ask.group, path_of("group"));
    give(bench, &ask);
    return await(bench);
}

static void a_restart_is_refused_where_the_group_is_another_or_lives(void **state)
{
    struct bench *bench = *state;
    struct slice_life life = {.inode = 1, .mount = 1};
    assert_int_equal(run_for_group(bench, &life).result, PROGRAM_DONE); /* it is gone */
    assert_int_equal(mkdir(path_of("group"), 0755), 0);
    struct program_outcome outcome = run_for_group(bench, &life);
    assert_int_equal(outcome.result, PROGRAM_REFUSED);
    assert_string_equal(outcome.words, "another group stands there since");
    struct stat status;
    assert_int_equal(stat(path_of("group"), &status), 0);
    life = (struct slice_life){.inode = status.st_ino, .mount = status.st_dev};
    write_file("group/cgroup.procs", "");
    assert_int_equal(run_for_group(bench, &life).result, PROGRAM_DONE); /* v1: empty */
    write_file("group/cgroup.procs", "17\n");
    outcome = run_for_group(bench, &life);
    assert_int_equal(outcome.result, PROGRAM_REFUSED);
    assert_string_equal(outcome.words, "it runs again already");
    write_file("group/cgroup.procs", "");
    write_file("group/cgroup.events", "populated 1\nfrozen 0\n"); /* v2: below it */
    assert_int_equal(run_for_group(bench, &life).result, PROGRAM_REFUSED);
    write_file("group/cgroup.events", "populated 0\nfrozen 0\n");
    assert_int_equal(run_for_group(bench, &life).result, PROGRAM_DONE);
}

/* Each test opens the table: what else is open is none of its business. */
static void what_was_open_before_is_open_still(void **state)
{
    (void)state;
    assert_true(fcntl(STDIN_FILENO, F_GETFD) >= 0);
}

/* Of what the warden runs for herself the governor is told nothing. */
static void one_of_her_own_runs_as_root(void **state)
{
    struct bench *bench = *state;
    const char *own = script("own", "id -u >who");
    char text[32];
    assert_true(programs_run(&bench->programs, own, 30 * USEC_PER_SEC, clock_now().boot_usec));
    assert_int_equal(bench->programs.program[0].own, true);
    while (bench->programs.program[0].pid != 0)
        go_round(bench);
    assert_true(file_read(AT_FDCWD, path_of("out/who"), text, sizeof text) > 0);
    assert_string_equal(text, "0\n");
    assert_true(ring_reader_open(&bench->ends, path_of(PROGRAM_ENDS_FILE),
                    path_of(PROGRAM_ENDS_ACK), (gid_t)-1, NULL) == 0);
    uint32_t type;
    assert_int_equal(ring_read(&bench->ends, &type, bench->programs.buffer), -EAGAIN);
}

static void without_a_place_her_own_are_not_run(void **state)
{
    struct bench *bench = *state;
    const char *slow = script("slow", "sleep 60");
    for (int i = 0; i < PROGRAMS_AT_ONCE; i++)
        assert_true(programs_run(&bench->programs, slow, 30 * USEC_PER_SEC, clock_now().boot_usec));
    assert_false(programs_run(&bench->programs, slow, 30 * USEC_PER_SEC, clock_now().boot_usec));
}

static bool is_due(void)
{
    return access(path_of(DROP_IN_RELOAD_FILE), F_OK) == 0;
}

static void systemd_is_told_to_reload_when_it_is_due_and_not_too_often(void **state)
{
    struct bench *bench = *state;
    struct reload reload;
    const int64_t t = 100 * USEC_PER_SEC;
    assert_int_equal(reload_open(&reload, "true", folder, NULL), 0);
    reload_round(&reload, &bench->programs, t);
    assert_int_equal(bench->programs.program[0].pid, 0); /* nothing is due */
    drop_in_note_reload(path_of(DROP_IN_RELOAD_FILE));
    reload_round(&reload, &bench->programs, t + 1);
    assert_false(is_due());
    assert_int_not_equal(bench->programs.program[0].pid, 0);
    drop_in_note_reload(path_of(DROP_IN_RELOAD_FILE));
    reload_round(&reload, &bench->programs, t + RELOAD_PAUSE_USEC);
    assert_true(is_due()); /* but not yet */
    reload_round(&reload, &bench->programs, t + RELOAD_PAUSE_USEC + 1);
    assert_false(is_due());
    assert_int_not_equal(bench->programs.program[1].pid, 0);
}

static void what_finds_no_place_stays_due(void **state)
{
    struct bench *bench = *state;
    struct reload reload;
    assert_int_equal(reload_open(&reload, "true", folder, NULL), 0);
    without_a_place_her_own_are_not_run(state);
    drop_in_note_reload(path_of(DROP_IN_RELOAD_FILE));
    reload_round(&reload, &bench->programs, 100 * USEC_PER_SEC);
    assert_true(is_due());
}

static void what_is_cut_short_stays_due(void **state)
{
    struct bench *bench = *state;
    struct reload reload;
    assert_int_equal(reload_open(&reload, "sleep 60", folder, NULL), 0);
    reload_end(&reload, &bench->programs);
    assert_false(is_due()); /* none was begun */
    drop_in_note_reload(path_of(DROP_IN_RELOAD_FILE));
    reload_round(&reload, &bench->programs, clock_now().boot_usec);
    assert_false(is_due());
    reload_end(&reload, &bench->programs);
    assert_true(is_due());
}

int main(void)
{
    /* As the warden does: whoever starts us with one of them closed would mix up the rest. */
    while (open("/dev/null", O_RDWR) < STDERR_FILENO)
        ;
#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(one_of_her_own_runs_as_root),
        TEST(without_a_place_her_own_are_not_run),
        TEST(systemd_is_told_to_reload_when_it_is_due_and_not_too_often),
        TEST(what_finds_no_place_stays_due),
        TEST(what_is_cut_short_stays_due),
        TEST(what_was_open_before_is_open_still),
        TEST(one_that_ends_well_is_done),
        TEST(its_status_and_the_first_line_of_its_complaints_are_told),
        TEST(a_long_line_is_cut_and_a_flood_is_taken),
        TEST(one_that_takes_too_long_is_asked_to_end),
        TEST(one_that_does_not_listen_is_killed_with_its_children),
        TEST(what_it_leaves_behind_ends_with_it),
        TEST(what_can_not_be_started_is_told_with_the_reason),
        TEST(it_gets_its_arguments_and_nothing_reads_them),
        TEST(its_environment_is_the_facts_and_little_more),
        TEST(it_has_nothing_of_ours_open_and_a_session_of_its_own),
        TEST(it_runs_as_mom_with_no_way_back),
        TEST(it_runs_as_the_user_who_is_named_root_if_so),
        TEST(no_more_than_a_few_run_at_once_and_the_others_have_their_turn),
        TEST(who_waits_for_too_long_is_not_started),
        TEST(the_queue_is_bounded),
        TEST(a_program_is_started_once_whoever_dies),
        TEST(a_restart_is_refused_where_the_group_is_another_or_lives),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
