/* What the kernel is told of a slice, on this machine's tree, v1 or v2. */
#include "slices/act/actuator.h"
#include "slices/base/file.h"
#include "slices/base/text.h"
#include "tests/unit/act/one_live.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void say(void *value)
{
    if (value && file_write(AT_FDCWD, "/proc/self/oom_score_adj", value) < 0)
        abort();
}

static pid_t member(const char *adjustment)
{
    return live_spawn(&bench.hierarchy, slice.path, NULL, say, (void *)(uintptr_t)adjustment);
}

static long told(pid_t pid)
{
    char name[48], text[32];
    (void)text_format(name, sizeof name, "/proc/%d/oom_score_adj", (int)pid);
    assert_true(file_read(AT_FDCWD, name, text, sizeof text) > 0);
    return strtol(text, NULL, 10);
}

static int give(enum kernel_rank rank)
{
    struct kernel_hint hint = {.life = bench_action(ACTION_RECORD, &slice).life,
        .rank = rank,
        .together = rank != HINT_NONE};
    (void)text_copy(hint.path, sizeof hint.path, slice.path);
    return actuator_hint(actuator(), &hint);
}

static bool goes_together(void)
{
    return bench.hierarchy.version == HIERARCHY_V2 &&
           live_number(bench.hierarchy.root, slice.path, "memory.oom.group") == 1;
}

static void those_are_told_of_who_have_said_nothing(void **state)
{
    (void)state;
    SKIP_IF_NOT_LIVE();
    pid_t plain = member(NULL), own = member("5");
    assert_int_equal(give(HINT_FIRST), 0);
    assert_int_equal(told(plain), 601);
    assert_int_equal(told(own), 5);
    assert_true(goes_together() == (bench.hierarchy.version == HIERARCHY_V2));
    assert_int_equal(give(HINT_NONE), 0);
    assert_int_equal(told(plain), 0);
    assert_int_equal(told(own), 5);
    assert_false(goes_together());
}

static void the_journal_takes_it_all_back(void **state)
{
    (void)state;
    SKIP_IF_NOT_LIVE();
    pid_t plain = member(NULL);
    assert_int_equal(give(HINT_FIRST), 0);
    assert_int_equal(told(plain), 601);
    assert_int_equal(journal_undo_all(&bench.journal, NULL), 0);
    assert_int_equal(told(plain), 0);
    assert_false(goes_together());
    assert_null(journal_row(&bench.journal, 0));
}

static void another_life_is_told_nothing_of(void **state)
{
    (void)state;
    SKIP_IF_NOT_LIVE();
    pid_t plain = member(NULL);
    slice.life.inode++;
    assert_int_equal(give(HINT_FIRST), -ENODEV);
    assert_int_equal(told(plain), 0);
    (void)text_format(slice.path, sizeof slice.path, "%s/nobody", scope);
    assert_int_equal(give(HINT_FIRST), -ENODEV);
    (void)text_copy(slice.path, sizeof slice.path, "/mom-test-outside");
    assert_int_equal(give(HINT_FIRST), -EPERM);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(those_are_told_of_who_have_said_nothing),
        TEST(the_journal_takes_it_all_back),
        TEST(another_life_is_told_nothing_of),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
