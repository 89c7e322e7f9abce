#include "tests/unit/policy_file/policy_test.h"

#include <stdlib.h>

static void every_problem_of_a_text_is_told_with_its_place(void **state)
{
    (void)state;
    REFUSED("tikc: 2s\n"
            "tick: 10\n"
            "mail: {operator: x}\n"
            "interval: 5s\n"
            "rank: 5\n"
            "slices:\n"
            "  protect: ture\n"
            "  owner:\n"
            "  mode: [warn]\n"
            "  rank: 2000\n"
            "rules:\n"
            "  - {name: x, available_below: 1%}\n",
        "t.yaml:1:1: unknown key `tikc`; did you mean `tick`?",
        "t.yaml:2:7: tick: `10` is no duration: its unit is missing (w, d, h, min, s, ms, us)",
        "t.yaml:3:8: unknown key `operator`; did you mean `operators`?",
        "t.yaml:4:1: unknown key `interval`; it belongs in `guard` or in `mail`",
        "t.yaml:5:1: unknown key `rank`; it belongs in `slices` or `matches`",
        "t.yaml:7:12: protect: `ture` is no truth value: expected one of false, true; did you mean "
        "`true`?",
        "t.yaml:8:9: owner: no value; write \"\" for an empty one",
        "t.yaml:9:9: expected mode: a known word (warn), found a list",
        "t.yaml:10:9: rank: `2000` is out of range: -1000 to 1000",
        "t.yaml:12:5: the rule has no `action`");
}

static void a_program_with_a_mistake_is_told_with_its_place(void **state)
{
    (void)state;
    REFUSED("slices:\n"
            "  notify: logger\n"
            "  hook_before: [/bin/logger, mom reset]\n"
            "  hook_after: [/bin/a, '']\n"
            "  restart: allways\n"
            "  hook_user: 'a b'\n"
            "  hook_timeout: 5min\n"
            "  rank: [1]\n"
            "matches:\n"
            "  - {key: '*', restart: [/bin/sh, -c, a;b], notify: {a: b}, hook_after: }\n",
        "t.yaml:2:11: notify: `logger` is no program with arguments: it does not begin with /",
        "t.yaml:3:30: hook_before: a word is empty or holds a blank; a script may hold what is "
        "needed",
        "t.yaml:4:24: hook_after: a word is empty or holds a blank; a script may hold what is "
        "needed",
        "t.yaml:5:12: restart: `allways` is no way to restart: expected none, auto, or a program "
        "by "
        "its absolute path",
        "t.yaml:6:14: hook_user: `a b` is no name: letters, digits, - and _ only",
        "t.yaml:7:17: hook_timeout: `5min` is out of range: 1s to 1min30s",
        "t.yaml:8:9: expected rank: a whole number (100, -5), found a list",
        "t.yaml:10:25: restart: `/bin/sh -c a;b` is no way to restart: no shell reads it: none of "
        "\"'`$|&;<> may stand in it; a script may hold what is needed",
        "t.yaml:10:53: expected notify: a program with arguments (/usr/local/sbin/told, "
        "[/bin/echo, "
        "-n, x]), found a mapping",
        "t.yaml:10:73: hook_after: no value; write \"\" for an empty one");
}

static void keys_given_twice_are_refused(void **state)
{
    (void)state;
    REFUSED("tick: 2s\nslices:\n  rank: 1\n  \"rank\": 2\ntick: 3s\n",
        "t.yaml:4:3: `rank` is given twice; first in line 3",
        "t.yaml:5:1: `tick` is given twice; first in line 1");
    /* The second list is shorter than the first: found by fuzzing. */
    REFUSED("matches: [{key: [a, b, c], rank: 1, key: x}]\n",
        "t.yaml:1:37: `key` is given twice; first in line 1");
}

static void anchors_aliases_and_tags_are_refused_and_the_rest_is_still_read(void **state)
{
    (void)state;
    REFUSED("guard: &g {interval: !!int 5}\nmail: *g\nfoo: 1\n",
        "t.yaml:1:8: anchors (&g) are not allowed",
        "t.yaml:1:22: tags (tag:yaml.org,2002:int) are not allowed",
        "t.yaml:2:7: aliases (*g) are not allowed",
        "t.yaml:1:22: guard.interval: `5` is no duration: its unit is missing (w, d, h, min, s, "
        "ms, us)",
        "t.yaml:3:1: unknown key `foo`");
    REFUSED("a: &a b\n*a : 1\n", "t.yaml:1:4: anchors (&a) are not allowed",
        "t.yaml:2:1: aliases (*a) are not allowed", "t.yaml:1:1: unknown key `a`");
}

static void a_second_document_is_refused(void **state)
{
    (void)state;
    REFUSED("tick: 2s\n---\ntick: 3s\n", "t.yaml:2:1: a second document: a policy file holds one");
}

static void what_is_no_mapping_is_refused(void **state)
{
    (void)state;
    REFUSED("hello\n", "t.yaml:1:1: expected a mapping of settings, found a single value");
    REFUSED("- tick\n", "t.yaml:1:1: expected a mapping of settings, found a list");
    REFUSED("[a]: b\n", "t.yaml:1:1: a key must be plain text");
    REFUSED("rules: {a: b}\nmatches: 5\nslices: [a]\nmail: x\n",
        "t.yaml:1:8: expected a list of rules, found a mapping",
        "t.yaml:2:10: expected a list of matches, found a single value",
        "t.yaml:3:9: expected a mapping of settings, found a list",
        "t.yaml:4:7: expected a mapping of settings, found a single value");
    REFUSED("rules: [a]\nmatches: [[b]]\n",
        "t.yaml:1:9: expected a mapping of settings, found a single value",
        "t.yaml:2:11: expected a mapping of settings, found a list");
}

static void deep_nesting_is_refused(void **state)
{
    (void)state;
    char text[20001];
    memset(text, '[', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    REFUSED(text, "t.yaml:1:33: nested deeper than 32 levels");
    memset(text, '-', sizeof text - 1);
    for (size_t i = 1; i < sizeof text - 1; i += 2)
        text[i] = ' ';
    REFUSED(text, "t.yaml:1:65: nested deeper than 32 levels");
}

static void bad_syntax_is_told_in_libyamls_words(void **state)
{
    (void)state;
    REFUSED("tick: 2s\nslices: {rank: 1\n",
        "t.yaml:3:1: while parsing a flow mapping: did not find expected ',' or '}'");
    REFUSED("mail: \"abc\n", "t.yaml:2:1: while scanning a quoted scalar: found unexpected end of "
                             "stream");
}

static void bytes_that_are_no_text_are_refused(void **state)
{
    (void)state;
    static const char latin[] = "tick: 2s\n# \xc3\xa9 \xe9 tick\n";
    REFUSED(latin, "t.yaml:2:6: not readable as UTF-8 text: invalid trailing UTF-8 octet");
    static const char utf16[] = "\xff\xfet\0i\0";
    static const char *const lines[] = {
        "t.yaml:1:1: not readable as UTF-8 text: invalid leading UTF-8 octet"};
    refused_bytes(utf16, sizeof utf16 - 1, lines, 1);
    static const char nul[] = "tick: 2s\n\0";
    static const char *const nul_lines[] = {
        "t.yaml:2:1: not readable as UTF-8 text: control characters are not allowed"};
    refused_bytes(nul, sizeof nul - 1, nul_lines, 1);
    REFUSED("slices: {owner: \"a\\0b\"}\n", "t.yaml:1:17: a NUL byte (\\0) is no text");
}

static void what_is_shown_of_a_text_is_made_safe(void **state)
{
    (void)state;
    REFUSED("\"a\\nb\\e[1m\": 1\n", "t.yaml:1:1: unknown key `a\\x0ab\\x1b[1m`");
}

static void a_huge_text_is_refused(void **state)
{
    (void)state;
    size_t size = 1024 * 1024 + 1;
    char *text = malloc(size);
    assert_non_null(text);
    memset(text, '#', size);
    static const char *const lines[] = {"t.yaml: larger than 1048576 bytes"};
    refused_bytes(text, size, lines, 1);
    free(text);
}

static void a_mapping_of_too_many_keys_is_refused(void **state)
{
    (void)state;
    char text[8192] = "mail: {";
    size_t used = strlen(text);
    for (int i = 0; i < 300; i++, used = strlen(text))
        (void)text_format(text + used, sizeof text - used, "k%d: 1,\n", i);
    REFUSED(text, "t.yaml:257:1: more than 256 keys in one mapping");
}

static void a_rule_needs_name_condition_and_action(void **state)
{
    (void)state;
    REFUSED("rules:\n  - hold: 3s\n  - {name: a b, available_below: 10%, action: kill}\n"
            "  - {name: x, no_swap: false, action: reset}\n"
            "  - {name: x, psi_full_above: 200%, action: reset}\n",
        "t.yaml:2:5: the rule has no `name`", "t.yaml:2:5: the rule has no `action`",
        "t.yaml:2:5: the rule has no condition: it would always hold",
        "t.yaml:3:12: name: `a b` is no name: letters, digits, - and _ only",
        "t.yaml:3:47: action: `kill` is no known word: expected one of record, warn, reclaim, "
        "reset, reboot",
        "t.yaml:4:24: no_swap: `false` is no condition: only `true` can be said; else leave it out",
        "t.yaml:5:31: psi_full_above: `200%` is no percentage: more than 100%",
        "t.yaml:5:5: a second rule named `x`");
}

static void who_is_throttled_is_not_stopped_dead(void **state)
{
    (void)state;
    REFUSED("slices: {throttle_cpu: 0.5%, throttle_io: 100K}\nmatches:\n"
            "  - {name: x, throttle_cpu: half, throttle_io: 5}\n",
        "t.yaml:1:24: throttle_cpu: `0.5%` is out of range: 0, or 1% to 100000%",
        "t.yaml:1:43: throttle_io: `100K` is out of range: 0, or 1M to 1T",
        "t.yaml:3:29: throttle_cpu: `half` is no share: a number is expected",
        "t.yaml:3:48: throttle_io: `5` is no size: its unit is missing (T, TiB, G, GiB, M, MiB, "
        "K, KiB, B)");
}

static void the_outside_scorer_does_not_stand_in_for_itself(void **state)
{
    (void)state;
    REFUSED("scorer: {fallback: outside}\n",
        "t.yaml:1:20: scorer.fallback: `outside` is no known word: expected one of mom, rss, swap, "
        "growth, vsz, badness, oom_score");
}

static void nobody_waits_at_his_limit_for_a_moment_or_for_ever(void **state)
{
    (void)state;
    REFUSED("slices: {oom_delay: 100ms}\nmatches:\n  - {name: x, oom_delay: 1h}\n"
            "  - {name: y, oom_delay: 10}\n",
        "t.yaml:1:21: oom_delay: `100ms` is out of range: 0, or 1s to 10min",
        "t.yaml:3:26: oom_delay: `1h` is out of range: 0, or 1s to 10min",
        "t.yaml:4:26: oom_delay: `10` is no duration: its unit is missing (w, d, h, min, s, ms, "
        "us)");
}

static void who_is_reset_more_often_never_pays_less(void **state)
{
    (void)state;
    REFUSED("penalties:\n  - {probation_times: 2}\n"
            "  - {strikes: 3, probation_times: 4, throttle_to: 25%}\n"
            "  - {strikes: 3, probation_times: 4, throttle_to: 20%}\n"
            "  - {strikes: 5, probation_times: 2, throttle_to: 20%}\n"
            "  - {strikes: 6, probation_times: 8}\n"
            "  - {strikes: 0, throtle_to: 5%}\n",
        "t.yaml:2:5: the penalty has no `strikes`",
        "t.yaml:4:5: `strikes` must rise from penalty to penalty: 3 after 3",
        "t.yaml:5:5: `probation_times` is less than in the penalty before: who is reset more often "
        "would get away with less",
        "t.yaml:6:5: no `throttle_to`, and there is one in the penalty before: who is reset more "
        "often "
        "would get away with less",
        "t.yaml:7:15: strikes: `0` is out of range: 1 to 16",
        "t.yaml:7:18: unknown key `throtle_to`; did you mean `throttle_to`?",
        "t.yaml:7:5: `probation_times` is less than in the penalty before: who is reset more often "
        "would get away with less");
    REFUSED("penalties:\n  - {strikes: 1, throttle_to: 10%}\n  - {strikes: 2, throttle_to: 10%}\n"
            "  - {strikes: 3, throttle_to: 11%}\n  - {strikes: 4, throttle_to: 1G}\n"
            "  - {strikes: 5, throttle_to: 2G}\n",
        "t.yaml:4:5: `throttle_to` is more than in the penalty before: who is reset more often "
        "would get away with less",
        "t.yaml:6:5: `throttle_to` is more than in the penalty before: who is reset more often "
        "would get away with less");
    REFUSED(
        "penalties:\n  - {strikes: 17}\n", "t.yaml:2:15: strikes: `17` is out of range: 1 to 16");
    REFUSED("slices:\n  throttle_to: 25%\n", /* rather than the like of it that may stand here */
        "t.yaml:2:3: unknown key `throttle_to`; it belongs in `penalties`");
    REFUSED("penalties: 3\n", "t.yaml:1:12: expected a list of penalties, found a single value");
}

static void a_match_needs_a_condition_and_a_setting(void **state)
{
    (void)state;
    REFUSED("matches:\n  - {rank: 5}\n  - {key: x}\n  - {kind: conatiner, rank: 5}\n"
            "  - {key: [], rank: 5}\n  - {key: [a, \"\", ~], rank: 5}\n  - {kye: a, rank: 5}\n",
        "t.yaml:2:5: the match has no condition; what is meant for every slice belongs in `slices`",
        "t.yaml:3:5: the match gives no setting",
        "t.yaml:4:12: kind: `conatiner` fits no kind of slice; did you mean `container`?",
        "t.yaml:5:11: key: an empty list fits nothing",
        "t.yaml:6:15: key: an empty glob fits nothing",
        "t.yaml:6:19: key: no value; write \"\" for an empty one",
        "t.yaml:7:6: unknown key `kye`; did you mean `key`?",
        "t.yaml:7:5: the match has no condition; what is meant for every slice belongs in "
        "`slices`");
}

static void an_outside_score_needs_its_program(void **state)
{
    (void)state;
    REFUSED("guard:\n  score: outside\n",
        "t.yaml:2:10: score: `outside` needs a program: `scorer.program` names none");
    struct policy *policy = NULL;
    const char *text = "guard: {score: outside}\nscorer: {program: /usr/bin/scores}\n";
    assert_int_equal(policy_load_text("t.yaml", text, strlen(text), NULL, NULL, &policy), 0);
    policy_free(policy);
}

static void too_many_rules_and_matches_are_refused(void **state)
{
    (void)state;
    char text[32768] = "rules:\n";
    size_t used = strlen(text);
    for (int i = 0; i < 18; i++, used = strlen(text))
        (void)text_format(
            text + used, sizeof text - used, "- {name: r%d, no_swap: true, action: warn}\n", i);
    REFUSED(text, "t.yaml:18:3: more than 16 rules");
    (void)text_copy(text, sizeof text, "matches:\n");
    used = strlen(text);
    for (int i = 0; i < 1100; i++, used += strlen(text + used))
        (void)text_format(text + used, sizeof text - used, "- {key: a, rank: 1}\n");
    struct said said = {0};
    struct policy *policy = NULL;
    assert_int_equal(
        policy_load_text("t.yaml", text, strlen(text), collect, &said, &policy), -EINVAL);
    assert_int_equal(said.count, 1);
    assert_non_null(strstr(said.text[0], "more than 1024 matches"));
}

/* Each beginning of a good text is either good or refused with words: never a crash, never
 * silence. */
static void a_text_cut_anywhere_is_good_or_refused_aloud(void **state)
{
    (void)state;
    size_t length;
    const char *text = policy_default_text(&length);
    for (size_t cut = 0; cut <= length; cut += 7) {
        struct said said = {0};
        struct policy *policy = NULL;
        int r = policy_load_text("t.yaml", text, cut, collect, &said, &policy);
        assert_true(r == 0 ? said.count == 0 : said.count > 0);
        assert_int_equal(r == 0, policy != NULL);
        policy_free(policy);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_problem_of_a_text_is_told_with_its_place),
        cmocka_unit_test(a_program_with_a_mistake_is_told_with_its_place),
        cmocka_unit_test(keys_given_twice_are_refused),
        cmocka_unit_test(anchors_aliases_and_tags_are_refused_and_the_rest_is_still_read),
        cmocka_unit_test(a_second_document_is_refused),
        cmocka_unit_test(what_is_no_mapping_is_refused),
        cmocka_unit_test(deep_nesting_is_refused),
        cmocka_unit_test(bad_syntax_is_told_in_libyamls_words),
        cmocka_unit_test(bytes_that_are_no_text_are_refused),
        cmocka_unit_test(what_is_shown_of_a_text_is_made_safe),
        cmocka_unit_test(a_huge_text_is_refused),
        cmocka_unit_test(a_mapping_of_too_many_keys_is_refused),
        cmocka_unit_test(a_rule_needs_name_condition_and_action),
        cmocka_unit_test(who_is_throttled_is_not_stopped_dead),
        cmocka_unit_test(the_outside_scorer_does_not_stand_in_for_itself),
        cmocka_unit_test(nobody_waits_at_his_limit_for_a_moment_or_for_ever),
        cmocka_unit_test(who_is_reset_more_often_never_pays_less),
        cmocka_unit_test(a_match_needs_a_condition_and_a_setting),
        cmocka_unit_test(an_outside_score_needs_its_program),
        cmocka_unit_test(too_many_rules_and_matches_are_refused),
        cmocka_unit_test(a_text_cut_anywhere_is_good_or_refused_aloud),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
