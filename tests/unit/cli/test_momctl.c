/* The program itself: exit codes, what goes to which stream, with a daemon and without. */
#include "scene.h"

#include "mom/common/lock.h"
#include "slices/base/text.h"

#include <errno.h>
#include <ftw.h>
#include <jansson.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static char dir[] = "/tmp/mom-test-cli-XXXXXX";

/* Runs `momctl WORDS` on the scene, with its streams in `out`. Returns the exit code. */
static char out[65536];

static int run(const char *words)
{
    char command[4096];
    assert_int_equal(text_format(command, sizeof command,
                         "TZ=UTC0 LC_ALL=C.UTF-8 %s --run-dir=%s/run --state-dir=%s/state "
                         "--etc-dir=%s/etc --proc-root=%s/proc </dev/null %s",
                         MOMCTL, dir, dir, dir, dir, words),
        0);
    FILE *pipe = popen(command, "r");
    assert_non_null(pipe);
    size_t length = fread(out, 1, sizeof out - 1, pipe);
    out[length] = '\0';
    int status = pclose(pipe);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

#define PERIOD " --since '2026-11-21 06:00' --until '2026-11-21 07:00'"

static int lines(const char *text)
{
    int count = 0;
    for (; *text; text++)
        count += *text == '\n';
    return count;
}

static void no_byte_acts_on_a_terminal(void)
{
    for (const char *c = out; *c; c++)
        if ((unsigned char)*c < ' ' && *c != '\n')
            fail_msg("a control byte %d in the output", *c);
}

static int remove_entry(const char *path, const struct stat *stat, int type, struct FTW *ftw)
{
    (void)stat, (void)type, (void)ftw;
    return remove(path);
}

static void remove_below(const char *name)
{
    char path[PATH_MAX];
    (void)text_format(path, sizeof path, "%s/%s", dir, name);
    (void)nftw(path, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
}

static int make_database(void **state)
{
    (void)state;
    if (!mkdtemp(dir))
        return -1;
    scene_make_database(dir);
    return 0;
}

static int clean_up(void **state)
{
    (void)state;
    return nftw(dir, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
}

static int start_daemon(void **state)
{
    (void)state;
    scene_make_live(dir, (int)getpid());
    return 0;
}

static int stop_daemon(void **state)
{
    (void)state;
    remove_below("run");
    remove_below("proc");
    return 0;
}

static void wrong_usage_is_2_and_says_so_on_stderr(void **state)
{
    (void)state;
    static const char *const wrong[] = {"", "histroy", "policy", "show", "list a b",
        "list --since=now", "list -o xml", "--no-such-option", "history web --since=soon",
        "history web --since=now --until=-1h", "history web --tier=2min", "hold web",
        "hold web --for=soon", "release", "release web --all", "replay --csv=- --db=x",
        "mail show x", "completion tcsh", "help nothing"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        char command[64];
        (void)text_format(command, sizeof command, "%s 2>/dev/null", wrong[i]);
        if (run(command) != 2 || *out)
            fail_msg("'%s' wrote '%s'", wrong[i], out);
    }
}

static void help_and_version_are_answers(void **state)
{
    (void)state;
    assert_int_equal(run("help"), 0);
    assert_non_null(strstr(out, "history SLICE"));
    assert_int_equal(run("history --help"), 0);
    assert_non_null(strstr(out, "--tier"));
    assert_int_equal(run("--version"), 0);
    assert_true(text_starts_with(out, "mom "));
}

static void without_a_daemon_the_status_is_3_and_the_database_still_speaks(void **state)
{
    (void)state;
    assert_int_equal(run("status -o json 2>/dev/null"), 3);
    json_t *root = json_loads(out, 0, NULL);
    assert_non_null(root);
    json_t *daemon = json_object_get(root, "daemon"), *base = json_object_get(root, "database");
    assert_true(json_is_false(json_object_get(daemon, "running")));
    assert_int_equal(json_integer_value(json_object_get(base, "slices")), 3);
    assert_string_equal(
        json_string_value(json_object_get(base, "newest_entry")), "2026-11-21T06:28:00.000Z");
    json_decref(root);
    assert_int_equal(run("reset web 2>/dev/null"), 3);
    assert_int_equal(run("hold web --for 2h 2>/dev/null"), 3);
}

/* Is row `i` this one? -1: null. */
static void expect_kills(
    json_t *root, size_t i, const char *slice, int in_life, int ever, const char *last)
{
    json_t *row = json_array_get(json_object_get(root, "oom_kills"), i);
    const char *const names[] = {"kills_in_life", "kills_ever"};
    const int expected[] = {in_life, ever};
    assert_string_equal(json_string_value(json_object_get(row, "slice")), slice);
    for (size_t n = 0; n < 2; n++) {
        json_t *count = json_object_get(row, names[n]);
        assert_true(expected[n] < 0 ? json_is_null(count) : json_is_integer(count));
        assert_int_equal(json_integer_value(count), expected[n] < 0 ? 0 : expected[n]);
    }
    json_t *seen = json_object_get(row, "last_kill_seen");
    if (last)
        assert_string_equal(json_string_value(seen), last);
    else
        assert_true(json_is_null(seen));
}

static json_t *status_of(const char *words, int code, size_t rows)
{
    assert_int_equal(run(words), code);
    json_t *root = json_loads(out, 0, NULL);
    assert_non_null(root);
    assert_int_equal(json_array_size(json_object_get(root, "oom_kills")), rows);
    return root;
}

#define LAST_KILL "2026-11-21T06:27:31.000Z"

static void without_a_daemon_the_database_counts_the_kernels_kills(void **state)
{
    (void)state;
    json_t *root = status_of("status -o json 2>/dev/null", 3, 1);
    expect_kills(root, 0, "docker:web", 2, 2, LAST_KILL);
    json_t *base = json_object_get(root, "database");
    assert_int_equal(json_integer_value(json_object_get(base, "oom_kills_ever")), 5);
    json_decref(root);
    assert_int_equal(run("show web -o csv 2>/dev/null"), 0);
    assert_non_null(strstr(out, "kills_in_life,kills_ever,last_kill_seen\n2,2," LAST_KILL "\n"));
    assert_int_equal(run("status 2>/dev/null"), 3);
    assert_non_null(strstr(out, "OOM KILLS"));
}

static void with_a_daemon_the_kernels_kills_are_of_both(void **state)
{
    (void)state;
    json_t *root = status_of("status -o json", 0, 2);
    expect_kills(root, 0, "docker:web", 2, 2, LAST_KILL);
    expect_kills(root, 1, "user:1000", 3, 3, NULL);
    json_t *node = json_object_get(root, "node");
    assert_int_equal(json_integer_value(json_object_get(node, "oom_kills")), 6);
    json_decref(root);
    assert_int_equal(run("status"), 0);
    no_byte_acts_on_a_terminal();
    root = status_of("--state-dir=/nonexistent status -o json 2>/dev/null", 0, 1);
    expect_kills(root, 0, "user:1000", 3, -1, NULL);
    json_decref(root);
}

static void without_a_daemon_the_list_comes_from_the_database(void **state)
{
    (void)state;
    assert_int_equal(run("list -o csv --no-headers 2>/dev/null"), 0);
    assert_int_equal(lines(out), 3);
    assert_true(text_starts_with(out, "docker:web,web,container,"));
    no_byte_acts_on_a_terminal();
    assert_int_equal(run("list 'docker:*' -o csv --no-headers 2>/dev/null"), 0);
    assert_int_equal(lines(out), 2);
}

static void history_needs_no_daemon(void **state)
{
    (void)state;
    assert_int_equal(run("history web -o jsonl" PERIOD), 0);
    assert_int_equal(lines(out), SCENE_SAMPLES + 1);
    json_t *first = json_loads(strchr(out, '\n') + 1, JSON_DISABLE_EOF_CHECK, NULL);
    assert_non_null(first);
    assert_int_equal(
        json_integer_value(json_object_get(first, "footprint_bytes")), 101 * 1024 * 1024);
    assert_int_equal(json_integer_value(json_object_get(first, "limit_bytes")), 1 << 30);
    json_decref(first);
    assert_int_equal(run("history web" PERIOD), 0);
    assert_true(text_starts_with(out, "▁"));
    assert_non_null(strstr(out, "101.0 MiB to 190.0 MiB"));
    assert_int_equal(run("history user:1000 --tier=raw" PERIOD), 0);
    no_byte_acts_on_a_terminal();
}

static void a_slice_is_found_by_key_name_path_or_glob(void **state)
{
    (void)state;
    static const char *const words[] = {"docker:web", "web", "/docker/1", "'*:we?'"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        char command[64];
        (void)text_format(command, sizeof command, "show %s -o csv 2>/dev/null", words[i]);
        assert_int_equal(run(command), 0);
        assert_non_null(strstr(out, "\ndocker:web,"));
    }
    assert_int_equal(run("show nobody 2>/dev/null"), 4);
    assert_int_equal(run("show 'docker:w*' 2>&1"), 2);
    assert_non_null(strstr(out, "fits 2 slices"));
    assert_non_null(strstr(out, "docker:wiki"));
}

static void events_and_why_tell_the_same_story(void **state)
{
    (void)state;
    assert_int_equal(run("events -o csv --no-headers" PERIOD), 0);
    assert_int_equal(lines(out), 3);
    assert_non_null(strstr(out, "docker:web"));
    assert_non_null(strstr(out, ",hook-before,docker:web,"));
    assert_non_null(strstr(out, "/bin/before -n: failed, status 3: no"));
    assert_int_equal(run("why 17 -o json"), 0);
    json_t *root = json_loads(out, 0, NULL);
    assert_non_null(root);
    json_t *decision = json_object_get(root, "decision");
    assert_string_equal(json_string_value(json_object_get(decision, "action")), "reset");
    json_t *evidence = json_array_get(json_object_get(root, "evidence"), 0);
    assert_string_equal(json_string_value(json_object_get(evidence, "relation")), "<");
    assert_int_equal(json_integer_value(json_object_get(evidence, "bound")), 8192);
    json_t *outcome = json_object_get(root, "outcome");
    assert_int_equal(json_integer_value(json_object_get(outcome, "freed_bytes")), 2 << 20);
    json_t *process = json_array_get(json_object_get(root, "processes"), 0);
    assert_int_equal(json_integer_value(json_object_get(process, "pid")), 4194303);
    json_t *program = json_array_get(json_object_get(root, "programs"), 0);
    assert_string_equal(json_string_value(json_object_get(program, "program")), "hook-before");
    assert_string_equal(json_string_value(json_object_get(program, "result")), "failed");
    assert_int_equal(json_integer_value(json_object_get(program, "status")), 3);
    json_decref(root);
    assert_int_equal(run("why 17"), 0);
    assert_non_null(strstr(out, "swap-used-up"));
    assert_non_null(
        strstr(out, "\nhook-before /bin/before -n: status 3 after 1.5 s: no\\x1b[2Jthanks\n"));
    no_byte_acts_on_a_terminal();
    assert_int_equal(run("why 99 2>/dev/null"), 1);
}

static void release_of_nothing_is_done(void **state)
{
    (void)state;
    assert_int_equal(run("release --all"), 0);
    assert_string_equal(out, "");
}

static void nothing_is_undone_by_hand_while_a_momd_lives(void **state)
{
    (void)state;
    char run_dir[PATH_MAX];
    (void)text_format(run_dir, sizeof run_dir, "%s/run", dir);
    assert_int_equal(mkdir(run_dir, 0755), 0);
    int lock_fd = lock_take(run_dir, WARDEN_LOCK_FILE, NULL);
    assert_true(lock_fd >= 0);
    assert_int_equal(run("release --all --by-hand 2>&1"), 1);
    assert_non_null(strstr(out, "momd runs"));
    assert_int_equal(run("release --all 2>&1"), 1);
    assert_int_equal(run("release web --by-hand 2>&1"), 2);
    assert_int_equal(close(lock_fd), 0);
    assert_int_equal(run("release --all --by-hand 2>&1"), 0);
    assert_string_equal(out, "");
    remove_below("run");
}

static void a_bad_policy_is_6(void **state)
{
    (void)state;
    char command[PATH_MAX + 64], path[PATH_MAX];
    (void)text_format(path, sizeof path, "%s/bad.yaml", dir);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_true(fputs("slices:\n  ownr: x\n", file) >= 0);
    assert_int_equal(fclose(file), 0);
    (void)text_format(command, sizeof command, "policy check %s", path);
    assert_int_equal(run(command), 6);
    assert_non_null(strstr(out, "ownr"));
    assert_int_equal(run("policy check"), 0);
    assert_int_equal(run("policy show --key user:1000 -o csv"), 0);
    assert_non_null(strstr(out, "\nmode,"));
}

static void with_a_daemon_the_live_table_speaks(void **state)
{
    (void)state;
    assert_int_equal(run("status -o json"), 0);
    json_t *root = json_loads(out, 0, NULL);
    assert_non_null(root);
    json_t *daemon = json_object_get(root, "daemon"), *node = json_object_get(root, "node");
    assert_true(json_is_true(json_object_get(daemon, "running")));
    assert_true(json_is_false(json_object_get(daemon, "stale")));
    assert_int_equal(json_integer_value(json_object_get(node, "mem_total_bytes")), 8ll << 30);
    assert_true(json_is_null(json_object_get(node, "swap_total_bytes")));
    json_decref(root);
    assert_int_equal(run("list"), 0);
    assert_int_equal(lines(out), 4);
    no_byte_acts_on_a_terminal();
    assert_int_equal(run("leaks -o csv --no-headers"), 0);
    assert_int_equal(lines(out), 3); /* an empty one between the two lists */
    assert_true(text_starts_with(out, "docker:web,web,confirmed,"));
    assert_non_null(strstr(out, ",shift,most of it came in one step\n"));
    assert_null(strstr(out, "docker:wiki")); /* does not grow by what matters */
    assert_int_equal(run("leaks --all -o csv --no-headers"), 0);
    assert_int_equal(lines(out), 5);
    assert_int_equal(run("next -o csv --no-headers"), 0);
    assert_int_equal(lines(out), 4);
    assert_true(text_starts_with(out, ",1,user:1000,"));
    assert_non_null(strstr(out, "\n,2,docker:web,web,hold,enforce,0,1997,1.5,4096,0,25,"));
    assert_non_null(strstr(out, "[31m,1,docker:web,web,hold,enforce,0,1997,1.5,4096,0,25,"));
    assert_non_null(strstr(out, "\nnuma:1,1,docker:web,web,hold,enforce,0,1997,1.5,4096,0,25,"));
    assert_int_equal(run("next"), 0);
    no_byte_acts_on_a_terminal();
    assert_int_equal(run("show user:1000"), 0);
    no_byte_acts_on_a_terminal();
}

static void a_dead_governors_table_is_not_believed(void **state)
{
    (void)state;
    char path[PATH_MAX];
    (void)text_format(path, sizeof path, "%s/proc/%d/comm", dir, (int)getpid());
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_true(fputs("bash\n", file) >= 0); /* its pid went to another program */
    assert_int_equal(fclose(file), 0);
    assert_int_equal(run("status 2>/dev/null"), 3);
}

static void completion_is_a_script_that_bash_reads(void **state)
{
    (void)state;
    assert_int_equal(run("completion bash | bash -n"), 0);
    assert_int_equal(run("completion bash"), 0);
    assert_non_null(strstr(out, "complete -o default -F _momctl momctl"));
}

/* A user may make a group of this name: it must not run in the shell of who looks at it. */
static void completion_does_not_run_a_slices_name(void **state)
{
    (void)state;
    char script[PATH_MAX], command[2 * PATH_MAX];
    (void)text_format(script, sizeof script, "%s/try.bash", dir);
    FILE *file = fopen(script, "w");
    assert_non_null(file);
    assert_true(
        fputs("source /dev/stdin\n"
              "momctl() { echo 'cgroup:/$(echo ran >&2),x'; echo 'docker:web,web'; }\n"
              "COMP_LINE='momctl show ' COMP_POINT=12 COMP_WORDS=(momctl show '') COMP_CWORD=2\n"
              "_momctl\n"
              "printf '%s\\n' \"${COMPREPLY[@]}\"\n"
              "eval \": ${COMPREPLY[*]}\"\n",
            file) >= 0);
    assert_int_equal(fclose(file), 0);
    (void)text_format(command, sizeof command, "completion bash | bash %s 2>&1", script);
    assert_int_equal(run(command), 0);
    assert_string_equal(out, "cgroup:/\\$\\(echo\\ ran\\ \\>\\&2\\)\ndocker:web\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(wrong_usage_is_2_and_says_so_on_stderr),
        cmocka_unit_test(help_and_version_are_answers),
        cmocka_unit_test(without_a_daemon_the_status_is_3_and_the_database_still_speaks),
        cmocka_unit_test(without_a_daemon_the_database_counts_the_kernels_kills),
        cmocka_unit_test(without_a_daemon_the_list_comes_from_the_database),
        cmocka_unit_test(history_needs_no_daemon),
        cmocka_unit_test(a_slice_is_found_by_key_name_path_or_glob),
        cmocka_unit_test(events_and_why_tell_the_same_story),
        cmocka_unit_test(release_of_nothing_is_done),
        cmocka_unit_test(nothing_is_undone_by_hand_while_a_momd_lives),
        cmocka_unit_test(a_bad_policy_is_6),
        cmocka_unit_test_setup_teardown(
            with_a_daemon_the_live_table_speaks, start_daemon, stop_daemon),
        cmocka_unit_test_setup_teardown(
            with_a_daemon_the_kernels_kills_are_of_both, start_daemon, stop_daemon),
        cmocka_unit_test_setup_teardown(
            a_dead_governors_table_is_not_believed, start_daemon, stop_daemon),
        cmocka_unit_test(completion_is_a_script_that_bash_reads),
        cmocka_unit_test(completion_does_not_run_a_slices_name),
    };
    return cmocka_run_group_tests_name("cli momctl", tests, make_database, clean_up);
}
