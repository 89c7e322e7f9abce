#include "tests/unit/policy_file/policy_test.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define SECOND 1000000ll

static struct slice web(void)
{
    struct slice slice =
        slice_of(SLICE_CONTAINER, "docker:web", "/system.slice/docker-0a.scope", "web");
    (void)text_copy(slice.runtime, sizeof slice.runtime, "docker");
    slice.uid = 1000;
    return slice;
}

static struct slice sshd(void)
{
    return slice_of(
        SLICE_SERVICE, "unit:system.slice/ssh.service", "/system.slice/ssh.service", "ssh.service");
}

static void an_empty_text_is_the_default_policy(void **state)
{
    (void)state;
    static const char *const empty[] = {
        "", "\n", "# nothing\n", "---\n", "slices:\nrules:\n", "{}"};
    for (size_t i = 0; i < sizeof empty / sizeof *empty; i++) {
        struct policy *policy = load_good(empty[i]);
        uint32_t rules;
        (void)policy_rules(policy, &rules);
        assert_true(rules > 0);
        assert_int_equal(policy_globals(policy)->tick_usec, 10 * SECOND);
        policy_free(policy);
    }
}

static void the_last_penalty_that_is_reached_counts(void **state)
{
    (void)state;
    const struct slice slice = web();
    struct slice_policy got;
    struct policy *policy = load_good("penalties:\n  - {strikes: 2, probation_times: 3}\n"
                                      "  - {strikes: 4, probation_times: 9, throttle_to: 1G}\n");
    policy_for_slice(policy, &slice, &got);
    assert_null(penalty_of(got.penalties, 1));
    assert_true(penalty_of(got.penalties, 2)->probation_times == 3);
    assert_false(penalty_of(got.penalties, 3)->throttles);
    assert_true(penalty_of(got.penalties, 4)->throttles);
    assert_int_equal(penalty_of(got.penalties, UINT32_MAX)->throttle_to.bytes, 1ull << 30);
    policy_free(policy);
    policy = load_good("penalties: []\n");
    policy_for_slice(policy, &slice, &got);
    assert_null(penalty_of(got.penalties, 100));
    policy_free(policy);
    policy = load_good("penalties: # all commented out\n");
    policy_for_slice(policy, &slice, &got);
    assert_true(penalty_of(got.penalties, 3)->throttles); /* the built-in ones */
    policy_free(policy);
    assert_null(penalty_of(NULL, 3));
}

static void a_byte_order_mark_is_passed_over(void **state)
{
    (void)state;
    struct policy *policy = load_good("\xef\xbb\xbftick: 3s\n");
    assert_int_equal(policy_globals(policy)->tick_usec, 3 * SECOND);
    policy_free(policy);
}

static void groups_of_settings_are_read(void **state)
{
    (void)state;
    struct policy *policy = load_good("guard: {interval: 1s, cooldown: 20s}\n"
                                      "mail:\n  operators: [a@b.org, root]\n  domain: b.org\n"
                                      "database: {cap: 2G, keep_raw: 1d}\n"
                                      "max_slices: 100\n");
    const struct policy_globals *globals = policy_globals(policy);
    assert_int_equal(globals->guard_usec, SECOND);
    assert_int_equal(globals->cooldown_usec, 20 * SECOND);
    assert_string_equal(globals->mail.operators, "a@b.org,root");
    assert_string_equal(globals->mail.domain, "b.org");
    assert_int_equal(globals->database_cap_bytes, 2ull << 30);
    assert_int_equal(globals->raw_retention_usec, 86400 * SECOND);
    assert_int_equal(globals->max_slices, 100);
    policy_free(policy);
}

static void a_watchdog_is_nobody_elses_until_one_is_named(void **state)
{
    (void)state;
    struct policy *policy = load_good("");
    const struct watchdog_settings *watchdog = &policy_globals(policy)->watchdog;
    assert_string_equal(watchdog->device, "");
    assert_int_equal(watchdog->timeout_usec, 60 * SECOND);
    assert_int_equal(watchdog->after_boot_usec, 600 * SECOND);
    assert_int_equal(watchdog->nowayout, NOWAYOUT_REFUSE);
    assert_int_equal(watchdog->fork_usec, 60 * SECOND);
    assert_int_equal(watchdog->memory_usec, 600 * SECOND);
    assert_int_equal(watchdog->disk_usec, 0);
    policy_free(policy);
    policy = load_good("time_scale: 60\n"
                       "watchdog: {device: /dev/watchdog1, timeout: 20s, after_boot: 0s,\n"
                       "  nowayout: accept, fork: 0s, memory: 1min, disk: 2min}\n");
    watchdog = &policy_globals(policy)->watchdog;
    assert_string_equal(watchdog->device, "/dev/watchdog1");
    assert_int_equal(watchdog->timeout_usec, 20 * SECOND); /* not scaled */
    assert_int_equal(watchdog->after_boot_usec, 0);
    assert_int_equal(watchdog->nowayout, NOWAYOUT_ACCEPT);
    assert_int_equal(watchdog->fork_usec, 0);
    assert_int_equal(watchdog->memory_usec, 60 * SECOND);
    assert_int_equal(watchdog->disk_usec, 120 * SECOND);
    policy_free(policy);
}

static void rules_replace_those_below(void **state)
{
    (void)state;
    struct policy *policy = load_good("rules:\n"
                                      "  - name: one\n"
                                      "    available_below: 512M\n"
                                      "    swap_used_above: 90%\n"
                                      "    psi_full_above: 12.5%\n"
                                      "    swapping: 5s\n"
                                      "    no_swap: true\n"
                                      "    hold: 3s\n"
                                      "    action: reboot\n");
    uint32_t count;
    const struct rule *rule = policy_rules(policy, &count);
    assert_int_equal(count, 1);
    assert_string_equal(rule->name, "one");
    assert_int_equal(rule->conditions, RULE_AVAILABLE_BELOW | RULE_SWAP_USED_ABOVE |
                                           RULE_PSI_FULL_ABOVE | RULE_SWAPPING | RULE_NO_SWAP);
    assert_int_equal(amount_of(&rule->available_below, 1), 512 << 20);
    assert_int_equal(amount_of(&rule->swap_used_above, 1000), 900);
    assert_true(rule->psi_full_above == 12.5);
    assert_int_equal(rule->swapping_usec, 5 * SECOND);
    assert_int_equal(rule->hold_usec, 3 * SECOND);
    assert_int_equal(rule->action, RULE_REBOOT);
    policy_free(policy);

    policy = load_good("rules: []\n");
    (void)policy_rules(policy, &count);
    assert_int_equal(count, 0);
    policy_free(policy);
}

static void conditions_of_a_match_are_anded_and_globs_are_ored(void **state)
{
    (void)state;
    static const struct {
        const char *conditions;
        bool fits;
    } cases[] = {
        {"key: docker:*", true},
        {"key: [podman:*, 'docker:w?b']", true},
        {"key: docker:*, runtime: podman", false},
        {"key: docker:*, runtime: docker, kind: container, user: '1000'", true},
        {"user: '100'", false},
        {"user: web", false}, /* a container's name is nobody's login */
        {"path: /system.slice/*", true},
        {"path: docker-*", false},
        {"name: '[v-x]eb'", true},
        {"kind: [service, scope]", false},
        {"kind: '*'", true},
    };
    struct slice slice = web();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[256];
        (void)text_format(text, sizeof text, "matches: [{%s, rank: 7}]\n", cases[i].conditions);
        struct policy *policy = load_good(text);
        assert_int_equal(resolve(policy, &slice).rank, cases[i].fits ? 7 : 0);
        policy_free(policy);
    }
}

static void a_user_is_known_by_number_and_login(void **state)
{
    (void)state;
    struct policy *policy =
        load_good("matches: [{user: alice, rank: 1}, {user: '1001', rank: 2}]\n");
    struct slice alice = slice_of(SLICE_USER, "user:1000", "/user.slice/user-1000.slice", "alice");
    alice.uid = 1000;
    struct slice bob = slice_of(SLICE_USER, "user:1001", "/user.slice/user-1001.slice", "bob");
    bob.uid = 1001;
    assert_int_equal(resolve(policy, &alice).rank, 1);
    assert_int_equal(resolve(policy, &bob).rank, 2);
    policy_free(policy);
}

static void unit_names_with_backslashes_match_as_they_are(void **state)
{
    (void)state;
    struct policy *policy = load_good("matches: [{name: 'a\\x2db*', rank: 9}]\n");
    struct slice slice = slice_of(SLICE_SERVICE, "unit:a", "/a", "a\\x2db.service");
    assert_int_equal(resolve(policy, &slice).rank, 9);
    policy_free(policy);
}

static void hostile_names_match_as_bytes(void **state)
{
    (void)state;
    struct policy *policy = load_good("matches: [{name: 'a*z', rank: 9}]\n");
    struct slice slice = slice_of(SLICE_CONTAINER, "docker:x", "/x", "a\n\"'\xff\xc3]*[!z");
    assert_int_equal(resolve(policy, &slice).rank, 9);
    policy_free(policy);
}

/* Each setting by itself: the first match that says anything about it, with its place. */
static void each_setting_comes_from_the_first_match_that_gives_it(void **state)
{
    (void)state;
    struct policy *policy = load_good("slices:\n"
                                      "  owner: root\n"
                                      "matches:\n"
                                      "  - {key: docker:web, leak: enforce}\n"
                                      "  - {key: 'docker:*', leak: observe, rank: 3}\n"
                                      "  - {key: '*', rank: 4, probation: 5min}\n");
    struct slice slice = web();
    struct slice_policy got = resolve(policy, &slice);
    assert_int_equal(got.leak, MODE_ENFORCE);
    assert_int_equal(got.rank, 3);
    assert_int_equal(got.probation_usec, 300 * SECOND);
    assert_string_equal(got.owner, "root");
    static const struct {
        enum slice_setting setting;
        unsigned line, column;
    } places[] = {{SET_OWNER, 2, 10}, {SET_LEAK, 4, 29}, {SET_RANK, 5, 44}, {SET_PROBATION, 6, 36}};
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        const struct origin *origin = &got.origin[places[i].setting];
        assert_string_equal(origin->file, "t.yaml");
        assert_int_equal(origin->line, places[i].line);
        assert_int_equal(origin->column, places[i].column);
    }
    assert_null(got.origin[SET_MODE].file);
    policy_free(policy);
}

static void programs_are_one_word_or_a_list_of_words(void **state)
{
    (void)state;
    struct policy *policy = load_good("slices:\n"
                                      "  notify: /bin/told\n"
                                      "  hook_before: [/bin/before, -n, \"5\"]\n"
                                      "  hook_timeout: 5s\n"
                                      "matches:\n"
                                      "  - {key: docker:web, restart: auto, hook_user: root}\n"
                                      "  - {key: '*', restart: [/bin/again, now], notify: ''}\n");
    struct slice slice = web(), other = sshd();
    struct slice_policy got = resolve(policy, &slice);
    assert_string_equal(got.notify, "");
    assert_string_equal(got.hook_before, "/bin/before -n 5");
    assert_string_equal(got.hook_after, "");
    assert_string_equal(got.restart, RESTART_AUTO);
    assert_string_equal(got.hook_user, "root");
    assert_int_equal(got.hook_timeout_usec, 5 * SECOND);
    got = resolve(policy, &other);
    assert_string_equal(got.restart, "/bin/again now");
    assert_string_equal(got.hook_user, "mom");
    assert_int_equal(got.origin[SET_RESTART].line, 7);
    policy_free(policy);
}

static void a_broad_match_lifts_no_built_in_protection(void **state)
{
    (void)state;
    struct slice slice = sshd();
    struct policy *policy = load_good("matches: [{key: '*', rank: -5, mode: enforce}]\n");
    struct slice_policy got = resolve(policy, &slice);
    assert_true(got.protect);
    assert_int_equal(got.rank, -5);
    assert_null(got.origin[SET_PROTECT].file);
    assert_true(got.origin[SET_PROTECT].line > 0);
    policy_free(policy);

    policy = load_good("matches: [{key: '*', protect: false}]\n");
    assert_false(resolve(policy, &slice).protect);
    policy_free(policy);
}

static void time_scale_divides_the_ladders_times_only(void **state)
{
    (void)state;
    struct policy *policy = load_good("slices: {leak_grace: 30min}\n"
                                      "matches: [{key: 'docker:*', probation: 10min}]\n"
                                      "rules: [{name: a, swapping: 5s, hold: 3s, action: warn}]\n"
                                      "time_scale: 60\n");
    struct slice slice = web();
    struct slice_policy got = resolve(policy, &slice);
    assert_int_equal(got.probation_usec, 10 * SECOND);
    assert_int_equal(got.leak_grace_usec, 30 * SECOND);
    assert_int_equal(got.leak_horizon_usec, 120 * SECOND);
    const struct policy_globals *globals = policy_globals(policy);
    assert_int_equal(globals->tick_usec, 10 * SECOND);
    assert_int_equal(globals->guard_usec, SECOND / 4);
    assert_int_equal(globals->cooldown_usec, 15 * SECOND);
    assert_int_equal(globals->mail.interval_usec, 3600 * SECOND);
    assert_int_equal(globals->raw_retention_usec, 2 * 86400 * SECOND);
    uint32_t count;
    assert_int_equal(policy_rules(policy, &count)->hold_usec, 3 * SECOND);
    policy_free(policy);
}

static void another_text_has_another_hash(void **state)
{
    (void)state;
    struct policy *a = load_good("tick: 2s\n"), *b = load_good("tick: 2s \n");
    struct policy *again = load_good("tick: 2s\n");
    assert_true(policy_hash(a) != policy_hash(b));
    assert_true(policy_hash(a) == policy_hash(again));
    policy_free(a);
    policy_free(b);
    policy_free(again);
}

/* A folder of its own for each test that needs files. */
struct folder {
    char path[64];
};

static int make_folder(void **state)
{
    static struct folder folder;
    (void)text_copy(folder.path, sizeof folder.path, "/tmp/mom-test-XXXXXX");
    *state = &folder;
    return mkdtemp(folder.path) ? 0 : -1;
}

static int remove_folder(void **state)
{
    char command[128];
    (void)text_format(command, sizeof command, "rm -r '%s'", ((const struct folder *)*state)->path);
    return system(command);
}

static void write_file(const struct folder *folder, const char *name, const char *text)
{
    char path[256];
    (void)text_format(path, sizeof path, "%s/%s", folder->path, name);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static int load_files(const struct folder *folder, const char *file, const char *drop_ins,
    struct said *said, struct policy **ret)
{
    char paths[2][256];
    (void)text_format(paths[0], sizeof paths[0], "%s/%s", folder->path, file ? file : "");
    (void)text_format(paths[1], sizeof paths[1], "%s/%s", folder->path, drop_ins ? drop_ins : "");
    struct policy_source source = {file ? paths[0] : NULL, drop_ins ? paths[1] : NULL};
    return policy_load(&source, collect, said, ret);
}

static void drop_ins_are_laid_over_the_file_in_order_of_their_names(void **state)
{
    const struct folder *folder = *state;
    write_file(folder, "mom.yml",
        "tick: 3s\nguard: {interval: 1s}\nmatches: [{key: '*', rank: 1, leak: observe}]\n");
    write_file(folder, "20-b.yaml", "tick: 5s\nmatches: [{key: 'docker:*', rank: 3}]\n");
    write_file(folder, "10-a.yaml", "tick: 4s\nmatches: [{key: '*', rank: 2, leak: enforce}]\n");
    write_file(folder, ".hidden.yaml", "tick: 9s\n");
    write_file(folder, "backup.yaml~", "nonsense: [\n");
    struct said said = {0};
    struct policy *policy = NULL;
    assert_int_equal(load_files(folder, "mom.yml", ".", &said, &policy), 0);
    assert_int_equal(policy_globals(policy)->tick_usec, 5 * SECOND);
    assert_int_equal(policy_globals(policy)->guard_usec, SECOND);
    struct slice slice = web(), other = sshd();
    struct slice_policy got = resolve(policy, &slice);
    assert_int_equal(got.rank, 3);
    assert_non_null(strstr(got.origin[SET_RANK].file, "20-b.yaml"));
    assert_int_equal(got.leak, MODE_ENFORCE);
    assert_non_null(strstr(got.origin[SET_LEAK].file, "10-a.yaml"));
    assert_int_equal(resolve(policy, &other).rank, 2);
    policy_free(policy);
}

static void problems_of_all_files_are_told_at_once(void **state)
{
    const struct folder *folder = *state;
    write_file(folder, "mom.yml", "tikc: 3s\n");
    write_file(folder, "a.yaml", "slices: {rank: x}\n");
    write_file(folder, "b.yaml", "a: [\n");
    write_file(folder, "c.yaml", "\xff\n");
    struct said said = {0};
    struct policy *policy = NULL;
    assert_int_equal(load_files(folder, "mom.yml", ".", &said, &policy), -EINVAL);
    assert_int_equal(said.count, 4);
    assert_non_null(strstr(said.text[0], "/mom.yml:1:1: unknown key"));
    assert_non_null(strstr(said.text[1], "/a.yaml:1:16: rank: `x`"));
    assert_non_null(strstr(said.text[2], "/b.yaml:2:1: "));
    assert_non_null(strstr(said.text[3], "/c.yaml:1:1: not readable as UTF-8"));
    assert_null(policy);
}

static void a_file_that_cannot_be_read_is_an_error_with_words(void **state)
{
    const struct folder *folder = *state;
    char path[256];
    (void)text_format(path, sizeof path, "%s/fifo.yaml", folder->path);
    assert_int_equal(mkfifo(path, 0600), 0);
    (void)text_format(path, sizeof path, "%s/folder.yaml", folder->path);
    assert_int_equal(mkdir(path, 0700), 0);
    static const struct {
        const char *file, *drop_ins;
        int code;
        const char *text;
    } cases[] = {
        {"missing.yaml", NULL, -ENOENT, "/missing.yaml: No such file or directory"},
        {"folder.yaml", NULL, -EISDIR, "/folder.yaml: Is a directory"},
        {"fifo.yaml", NULL, -ENOTSUP, "/fifo.yaml: not a regular file"},
        {NULL, ".", -ENOTSUP, "/fifo.yaml: not a regular file"},
        {NULL, "fifo.yaml", -ENOTDIR, "/fifo.yaml: Not a directory"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct said said = {0};
        struct policy *policy = NULL;
        assert_int_equal(
            load_files(folder, cases[i].file, cases[i].drop_ins, &said, &policy), cases[i].code);
        assert_true(text_ends_with(said.text[0], cases[i].text));
        assert_null(policy);
    }
}

static void a_file_without_permission_is_an_error_with_words(void **state)
{
    const struct folder *folder = *state;
    write_file(folder, "secret.yml", "tick: 2s\n");
    char path[256];
    (void)text_format(path, sizeof path, "%s/secret.yml", folder->path);
    assert_int_equal(chmod(path, 0), 0);
    struct said said = {0};
    struct policy *policy = NULL;
    uid_t user = geteuid();
    if (user == 0)
        assert_int_equal(seteuid(65534), 0); /* root reads everything */
    int r = load_files(folder, "secret.yml", NULL, &said, &policy);
    assert_int_equal(seteuid(user), 0);
    assert_int_equal(r, -EACCES);
    assert_true(text_ends_with(said.text[0], "/secret.yml: Permission denied"));
}

static void a_file_of_one_mebibyte_is_read_and_a_larger_one_is_not(void **state)
{
    const struct folder *folder = *state;
    size_t size = 1024 * 1024;
    char *text = malloc(size + 2);
    assert_non_null(text);
    memset(text, '#', size + 1);
    text[size] = '\0';
    write_file(folder, "large.yml", text);
    struct said said = {0};
    struct policy *policy = NULL;
    assert_int_equal(load_files(folder, "large.yml", NULL, &said, &policy), 0);
    policy_free(policy);
    text[size] = '#';
    text[size + 1] = '\0';
    write_file(folder, "large.yml", text);
    assert_int_equal(load_files(folder, "large.yml", NULL, &said, &policy), -EFBIG);
    assert_true(text_ends_with(said.text[0], "/large.yml: larger than 1 MiB"));
    free(text);
}

static void a_symbolic_link_to_a_policy_is_followed(void **state)
{
    const struct folder *folder = *state;
    write_file(folder, "real.yml", "tick: 7s\n");
    char path[256];
    (void)text_format(path, sizeof path, "%s/link.yaml", folder->path);
    assert_int_equal(symlink("real.yml", path), 0);
    struct said said = {0};
    struct policy *policy = NULL;
    assert_int_equal(load_files(folder, NULL, ".", &said, &policy), 0);
    assert_int_equal(policy_globals(policy)->tick_usec, 7 * SECOND);
    policy_free(policy);
}

static void a_missing_drop_in_folder_holds_nothing(void **state)
{
    struct said said = {0};
    struct policy *policy = NULL;
    assert_int_equal(load_files(*state, NULL, "missing.d", &said, &policy), 0);
    policy_free(policy);
    policy_free(NULL);
}

#define WITH_FOLDER(test) cmocka_unit_test_setup_teardown(test, make_folder, remove_folder)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_empty_text_is_the_default_policy),
        cmocka_unit_test(the_last_penalty_that_is_reached_counts),
        cmocka_unit_test(a_byte_order_mark_is_passed_over),
        cmocka_unit_test(groups_of_settings_are_read),
        cmocka_unit_test(a_watchdog_is_nobody_elses_until_one_is_named),
        cmocka_unit_test(rules_replace_those_below),
        cmocka_unit_test(conditions_of_a_match_are_anded_and_globs_are_ored),
        cmocka_unit_test(a_user_is_known_by_number_and_login),
        cmocka_unit_test(unit_names_with_backslashes_match_as_they_are),
        cmocka_unit_test(hostile_names_match_as_bytes),
        cmocka_unit_test(each_setting_comes_from_the_first_match_that_gives_it),
        cmocka_unit_test(programs_are_one_word_or_a_list_of_words),
        cmocka_unit_test(a_broad_match_lifts_no_built_in_protection),
        cmocka_unit_test(time_scale_divides_the_ladders_times_only),
        cmocka_unit_test(another_text_has_another_hash),
        WITH_FOLDER(drop_ins_are_laid_over_the_file_in_order_of_their_names),
        WITH_FOLDER(problems_of_all_files_are_told_at_once),
        WITH_FOLDER(a_file_that_cannot_be_read_is_an_error_with_words),
        WITH_FOLDER(a_file_without_permission_is_an_error_with_words),
        WITH_FOLDER(a_file_of_one_mebibyte_is_read_and_a_larger_one_is_not),
        WITH_FOLDER(a_symbolic_link_to_a_policy_is_followed),
        WITH_FOLDER(a_missing_drop_in_folder_holds_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
