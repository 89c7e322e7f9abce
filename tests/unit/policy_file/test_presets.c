#include "tests/unit/policy_file/policy_test.h"

#include "policy/file/settings.h"

#include <ctype.h>
#include <stdlib.h>

static struct policy *load_preset(const char *name)
{
    char path[512];
    (void)text_format(path, sizeof path, "%s/%s.yaml", MOM_PRESETS, name);
    struct said said = {0};
    struct policy *policy = NULL;
    struct policy_source source = {.file = path};
    int r = policy_load(&source, collect, &said, &policy);
    if (said.count > 0)
        print_error("%s\n", said.text[0]);
    assert_int_equal(r, 0);
    return policy;
}

static struct policy *load_built_in(void)
{
    struct policy *policy = NULL;
    struct policy_source source = {0};
    assert_int_equal(policy_load(&source, NULL, NULL, &policy), 0);
    return policy;
}

static const struct slice samples[] = {
    {.kind = SLICE_CONTAINER, .key = "docker:web", .path = "/system.slice/docker-0a.scope"},
    {.kind = SLICE_CONTAINER, .key = "crun:a", .path = "/system.slice/crun-0a.scope/container"},
    {.kind = SLICE_CONTAINER, .key = "cgroup:/x", .path = "/system.slice/docker.service/docker/0a"},
    {.kind = SLICE_USER, .key = "user:1000", .path = "/user.slice/user-1000.slice"},
    {.kind = SLICE_GROUP, .key = "cgroup:/batch", .path = "/batch"},
    {.kind = SLICE_SERVICE, .key = "unit:cont.slice/c0.service", .path = "/cont.slice/c0.service"},
    {.kind = SLICE_SERVICE, .key = "unit:a", .path = "/user.slice/user-1.slice/init.scope"},
    {.kind = SLICE_SERVICE, .key = "unit:b", .path = "/user.slice/x/system.slice/ssh.service"},
    {.kind = SLICE_SERVICE, .key = "unit:c", .path = "/system.slice/cron.service"},
    {.kind = SLICE_SERVICE, .key = "unit:d", .path = "/system.slice/sshd.service"},
    {.kind = SLICE_SERVICE, .key = "unit:e", .path = "/system.slice/systemd-journald.service"},
    {.kind = SLICE_SERVICE, .key = "unit:f", .path = "/system.slice/docker.service"},
    {.kind = SLICE_SERVICE, .key = "unit:g", .path = "/system.slice/mom.service"},
    {.kind = SLICE_SERVICE,
        .key = "unit:h",
        .path = "/system.slice/system-getty.slice/getty@tty1.service"},
    {.kind = SLICE_SCOPE, .key = "unit:init.scope", .path = "/init.scope"},
};
enum { SAMPLES = sizeof samples / sizeof *samples, FIRST_SERVICE = 8, FIRST_ESSENTIAL = 9 };

static void assert_same(const struct policy *a, const struct policy *b)
{
    assert_memory_equal(policy_globals(a), policy_globals(b), sizeof *policy_globals(a));
    uint32_t count_a, count_b;
    const struct rule *rules_a = policy_rules(a, &count_a), *rules_b = policy_rules(b, &count_b);
    assert_int_equal(count_a, count_b);
    assert_memory_equal(rules_a, rules_b, count_a * sizeof *rules_a);
    for (unsigned i = 0; i < SAMPLES; i++) {
        struct slice_policy of_a = resolve(a, &samples[i]), of_b = resolve(b, &samples[i]);
        for (unsigned s = 0; s < SLICE_SETTINGS; s++) {
            char text_a[256], text_b[256];
            const struct setting *setting = setting_of_slice((enum slice_setting)s);
            assert_int_equal(setting_format(setting, &of_a, text_a, sizeof text_a), 0);
            assert_int_equal(setting_format(setting, &of_b, text_b, sizeof text_b), 0);
            assert_string_equal(text_a, text_b);
        }
    }
}

static void the_default_file_equals_what_is_built_in(void **state)
{
    (void)state;
    struct policy *file = load_preset("default"), *built_in = load_built_in();
    assert_same(file, built_in);
    policy_free(file);
    policy_free(built_in);
}

/* Lines `#key: value` become `key: value`; prose has a blank behind its `#`. */
static char *uncommented_default(unsigned *ret_lines)
{
    size_t length, used = 0;
    const char *text = policy_default_text(&length);
    char *copy = calloc(1, length + 1);
    assert_non_null(copy);
    bool indent = true;
    *ret_lines = 0;
    for (size_t i = 0; i < length; i++) {
        bool comment =
            indent && text[i] == '#' && i + 1 < length && islower((unsigned char)text[i + 1]);
        *ret_lines += comment;
        if (!comment)
            copy[used++] = text[i];
        indent = text[i] == '\n' || (indent && text[i] == ' ');
    }
    return copy;
}

static void the_defaults_shown_in_comments_are_the_defaults(void **state)
{
    (void)state;
    unsigned lines, single = 0;
    char *text = uncommented_default(&lines);
    struct policy *shown = load_good(text), *built_in = load_built_in();
    assert_same(shown, built_in);
    size_t count;
    const struct setting *table = settings_table(&count);
    for (size_t i = 0; i < count; i++)
        single +=
            table[i].fallback && table[i].scope != SCOPE_RULE && table[i].scope != SCOPE_PENALTY;
    assert_int_equal(lines, single);
    policy_free(shown);
    policy_free(built_in);
    free(text);
}

static void essentials_are_protected_by_default_and_nobody_else(void **state)
{
    (void)state;
    struct policy *policy = load_built_in();
    for (unsigned i = 0; i < SAMPLES; i++) {
        struct slice_policy got = resolve(policy, &samples[i]);
        assert_int_equal(got.protect, i >= FIRST_ESSENTIAL);
        bool service = i >= FIRST_SERVICE && samples[i].kind == SLICE_SERVICE;
        assert_int_equal(got.rank, service ? 100 : 0);
        assert_int_equal(got.mode, MODE_ENFORCE);
        assert_int_equal(got.leak, MODE_WARN);
    }
    policy_free(policy);
}

static unsigned bits(unsigned mask)
{
    unsigned count = 0;
    for (; mask; mask >>= 1)
        count += mask & 1;
    return count;
}

static void the_default_acts_on_two_signals_at_least_and_never_reboots(void **state)
{
    (void)state;
    struct policy *policy = load_built_in();
    uint32_t count, resets = 0;
    const struct rule *rules = policy_rules(policy, &count);
    for (uint32_t i = 0; i < count; i++) {
        assert_int_not_equal(rules[i].action, RULE_REBOOT);
        assert_true(bits(rules[i].conditions) >= 2);
        assert_true(rules[i].conditions & RULE_AVAILABLE_BELOW);
        assert_true(amount_of(&rules[i].available_below, 1000) <= 100);
        resets += rules[i].action == RULE_RESET;
    }
    assert_int_equal(resets, 5);
    policy_free(policy);
}

static void pl_mom_is_the_ladder_of_85_90_95(void **state)
{
    (void)state;
    static const struct {
        enum rule_action action;
        unsigned per_mille;
    } ladder[] = {{RULE_REBOOT, 950}, {RULE_RESET, 900}, {RULE_RECORD, 850}};
    struct policy *policy = load_preset("pl_mom");
    uint32_t count;
    const struct rule *rules = policy_rules(policy, &count);
    assert_int_equal(count, 3);
    for (uint32_t i = 0; i < count; i++) {
        assert_int_equal(rules[i].action, ladder[i].action);
        assert_int_equal(rules[i].conditions, RULE_SWAP_USED_ABOVE);
        assert_int_equal(amount_of(&rules[i].swap_used_above, 1000), ladder[i].per_mille);
    }
    struct slice cron = {.key = "unit:system.slice/cron.service", .kind = SLICE_SERVICE};
    (void)strcpy(cron.path, "/system.slice/cron.service");
    assert_true(resolve(policy, &cron).protect);
    assert_int_equal(resolve(policy, &cron).rank, 0);
    struct slice_policy got = resolve(policy, &samples[0]);
    assert_false(got.protect);
    assert_int_equal(got.min_size_bytes, 150 << 20);
    assert_int_equal(got.probation_usec, 120000000);
    assert_int_equal(policy_globals(policy)->mail.interval_usec, 1800000000);
    assert_false(policy_globals(policy)->pass_over);
    assert_int_equal(policy_short_below(policy_globals(policy), 1000), 0);
    policy_free(policy);
}

static void testbed_enforces_leaks_of_tenants_and_may_reboot(void **state)
{
    (void)state;
    struct policy *policy = load_preset("testbed");
    assert_int_equal(resolve(policy, &samples[0]).leak, MODE_ENFORCE);
    assert_int_equal(resolve(policy, &samples[FIRST_SERVICE]).leak, MODE_WARN);
    assert_true(resolve(policy, &samples[FIRST_ESSENTIAL]).protect);
    assert_int_equal(policy_short_below(policy_globals(policy), 1000), 100);
    uint32_t count, reboots = 0;
    const struct rule *rules = policy_rules(policy, &count);
    for (uint32_t i = 0; i < count; i++)
        reboots += rules[i].action == RULE_REBOOT;
    assert_int_equal(reboots, 1);
    policy_free(policy);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_default_file_equals_what_is_built_in),
        cmocka_unit_test(the_defaults_shown_in_comments_are_the_defaults),
        cmocka_unit_test(essentials_are_protected_by_default_and_nobody_else),
        cmocka_unit_test(the_default_acts_on_two_signals_at_least_and_never_reboots),
        cmocka_unit_test(pl_mom_is_the_ladder_of_85_90_95),
        cmocka_unit_test(testbed_enforces_leaks_of_tenants_and_may_reboot),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
