#include "mom/common/options.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <getopt.h>
#include <string.h>

static int parse(struct options *options, int count, const char *const *words)
{
    char *arguments[16];
    char storage[16][128];
    for (int i = 0; i < count; i++)
        arguments[i] = strcpy(storage[i], words[i]);
    arguments[count] = NULL;
    optind = 0;
    opterr = 0;
    return options_parse(options, count, arguments);
}

static void every_path_has_a_flag(void **state)
{
    (void)state;
    struct options options;
    const char *const words[] = {"momd", "-f", "--cgroup-root=/cg", "--proc-root", "/p",
        "--run-dir=/r", "--state-dir=/s", "--etc-dir=/e", "--scope=/mom-test-1",
        "--self-cgroup=/me", "-c", "x.yaml"};
    assert_int_equal(parse(&options, 12, words), -1);
    assert_true(options.foreground);
    assert_string_equal(options.paths.cgroup_root, "/cg");
    assert_string_equal(options.paths.proc_root, "/p");
    assert_string_equal(options.paths.run_dir, "/r");
    assert_string_equal(options.paths.state_dir, "/s");
    assert_string_equal(options.paths.etc_dir, "/e");
    assert_string_equal(options.paths.scope, "/mom-test-1");
    assert_string_equal(options.paths.self_cgroup, "/me");
    assert_string_equal(options.policy_file, "x.yaml");
}

static void without_flags_the_usual_places_apply(void **state)
{
    (void)state;
    struct options options;
    const char *const words[] = {"momd"};
    assert_int_equal(parse(&options, 1, words), -1);
    assert_string_equal(options.paths.run_dir, "/run/mom");
    assert_string_equal(options.paths.state_dir, "/var/lib/mom");
    assert_string_equal(options.paths.proc_root, "/proc");
    assert_false(options.dry_run);
}

static void what_is_not_understood_is_usage(void **state)
{
    (void)state;
    struct options options;
    const char *const unknown[] = {"momd", "--nonsense"};
    const char *const extra[] = {"momd", "extra"};
    assert_int_equal(parse(&options, 2, unknown), EXIT_USAGE);
    assert_int_equal(parse(&options, 2, extra), EXIT_USAGE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_path_has_a_flag),
        cmocka_unit_test(without_flags_the_usual_places_apply),
        cmocka_unit_test(what_is_not_understood_is_usage),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
