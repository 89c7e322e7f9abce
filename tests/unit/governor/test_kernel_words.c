/* What the kernel's log tells of the end of a boot. */
#include "mom/governor/kernel_words.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static const uint8_t boot[16] = {0x3f, 0x2a, 0x91, 0xc0}, other[16] = {0x3f, 0x2a, 0x91, 0xc1};
static const struct boot_order order = {
    .way = LAST_RESORT_SYSRQ, .unix_usec = 1795939984000456, .decision = 17, .rule = "out"};
static struct kernel_words words;

static int set_up(void **state)
{
    (void)state;
    kernel_words_begin(&words, boot);
    return 0;
}

static void take_order(const uint8_t of[16], const struct boot_order *what)
{
    char line[KERNEL_WORDS_LINE_MAX], logged[KERNEL_WORDS_LINE_MAX + 8];
    kernel_words_format_order(line, of, what);
    (void)snprintf(logged, sizeof logged, "mom: %s", line); /* as last_resort_say has it */
    kernel_words_take(&words, logged);
}

static void take_withdrawal(uint64_t decision)
{
    char line[KERNEL_WORDS_LINE_MAX], logged[KERNEL_WORDS_LINE_MAX + 8];
    kernel_words_format_withdrawal(line, boot, decision);
    (void)snprintf(logged, sizeof logged, "mom: %s", line);
    kernel_words_take(&words, logged);
}

static void an_order_is_read_as_it_was_written(void **state)
{
    (void)state;
    char line[KERNEL_WORDS_LINE_MAX];
    kernel_words_format_order(line, boot, &order);
    assert_string_equal(
        line, "decision 3f2a91c0-17: the node goes down by sysrq at 1795939984.000456: rule out");
    assert_null(kernel_words_order(&words));
    take_order(boot, &order);
    const struct boot_order *found = kernel_words_order(&words);
    assert_non_null(found);
    assert_int_equal(found->way, LAST_RESORT_SYSRQ);
    assert_int_equal(found->unix_usec, order.unix_usec);
    assert_int_equal(found->decision, 17);
    assert_string_equal(found->rule, "out");
}

static void another_boot_s_order_is_none(void **state)
{
    (void)state;
    take_order(other, &order);
    assert_null(kernel_words_order(&words));
}

/* In whatever order the parts of the log are read. */
static void the_newest_counts_unless_it_came_to_nothing(void **state)
{
    (void)state;
    struct boot_order later = order;
    later.decision = 20;
    take_withdrawal(17);
    take_order(boot, &order);
    assert_null(kernel_words_order(&words));
    take_order(boot, &later);
    take_order(boot, &order);
    assert_int_equal(kernel_words_order(&words)->decision, 20);
    take_withdrawal(20);
    assert_null(kernel_words_order(&words));
}

static void the_kernel_s_own_word_is_kept_and_shown_safely(void **state)
{
    (void)state;
    kernel_words_take(&words, "CPU: 1 PID: 204 Comm: sh Not tainted");
    assert_string_equal(words.panic, "");
    kernel_words_take(&words, "Kernel panic - not syncing: Fatal \x1b[31mexception");
    assert_string_equal(words.panic, "Fatal \\x1b[31mexception");
}

static void what_only_looks_like_an_order_is_none(void **state)
{
    (void)state;
    static const char *const lines[] = {
        "",
        "mom: ",
        "mom: decision 3f2a91c0-",
        "mom: decision 3f2a91c0-17",
        "mom: decision 3f2a91c0-17: the node goes down by ",
        "mom: decision 3f2a91c0-17: the node goes down by announce at 17.000000: rule out",
        "mom: decision 3f2a91c0-17: the node goes down by panic at 17.000000",
        "mom: decision 3f2a91c0-17: the node goes down by panic at 17.1000000: rule out",
        "mom: decision 3f2a91c0-17: the node goes down by panic at 18446744073709551615.0: rule "
        "out",
        "mom: decision 3f2a91c0-99999999999999999999: the node goes down by panic at 17.0: rule "
        "out",
        " mom: decision 3f2a91c0-17: the node goes down by panic at 17.000000: rule out",
        "oom: mom: decision 3f2a91c0-17: the node goes down by panic at 17.000000: rule out",
    };
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        kernel_words_take(&words, lines[i]);
        if (kernel_words_order(&words))
            fail_msg("taken for an order: %s", lines[i]);
    }
}

int main(void)
{
#define WORDS_TEST(name) cmocka_unit_test_setup(name, set_up)
    const struct CMUnitTest tests[] = {
        WORDS_TEST(an_order_is_read_as_it_was_written),
        WORDS_TEST(another_boot_s_order_is_none),
        WORDS_TEST(the_newest_counts_unless_it_came_to_nothing),
        WORDS_TEST(the_kernel_s_own_word_is_kept_and_shown_safely),
        WORDS_TEST(what_only_looks_like_an_order_is_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
