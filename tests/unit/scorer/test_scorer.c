/* What an outside scorer answers, and the file that the governor reads it from. */
#include "mom/scorer/question.h"

#include "tests/unit/folder.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static struct scores scores;

static int answer(const char *text)
{
    struct mom_error error = {0};
    int r = question_answer(text, strlen(text), &scores, &error);
    assert_true((r < 0) == (error.text[0] != '\0'));
    return r;
}

static void scores_come_by_serial_and_rounded(void **state)
{
    (void)state;
    assert_int_equal(
        answer("{\"scores\": {\"12\": 7.6, \"3\": 0, \"18446744073709551615\": 1e18}}"), 0);
    uint64_t score = 99;
    assert_int_equal(scores.count, 3);
    assert_true(scores_find(&scores, 12, &score));
    assert_int_equal(score, 8);
    assert_true(scores_find(&scores, 3, &score));
    assert_int_equal(score, 0);
    assert_true(scores_find(&scores, UINT64_MAX, &score));
    assert_true(score == 1000000000000000000u);
    assert_false(scores_find(&scores, 13, &score));
    assert_int_equal(answer("{\"scores\": {}, \"more\": true}"), 0);
    assert_int_equal(scores.count, 0);
    assert_false(scores_find(&scores, 12, &score));
}

static void what_is_no_answer_is_refused_whole(void **state)
{
    (void)state;
    static const char *const bad[] = {"", "{", "[]", "{}", "{\"scores\": []}",
        "{\"scores\": {\"x\": 1}}", "{\"scores\": {\"-1\": 1}}", "{\"scores\": {\"1\": -1}}",
        "{\"scores\": {\"1\": 1e19}}", "{\"scores\": {\"1\": \"2\"}}",
        "{\"scores\": {\"1\": null}}", "{\"scores\": {\"1\": 1, \"1\": 2}}",
        "{\"scores\": {\"1\": 1, \"01\": 2}}", "{\"scores\": {\"1\": 1}} and more"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (answer(bad[i]) != -EINVAL)
            fail_msg("taken: %s", bad[i]);
}

static void the_file_comes_back_as_it_was_and_nothing_else_is_believed(void **state)
{
    (void)state;
    char path[256];
    static struct scores read;
    (void)snprintf(path, sizeof path, "%s/scores", folder);
    assert_int_equal(scores_read(path, &read), -ENOENT);
    assert_int_equal(answer("{\"scores\": {\"12\": 7, \"3\": 5}}"), 0);
    scores.magic = SCORES_MAGIC;
    scores.ticked_usec = 42;
    assert_int_equal(scores_write(path, &scores), 0);
    assert_int_equal(scores_read(path, &read), 0);
    assert_int_equal(read.count, 2);
    assert_int_equal(read.ticked_usec, 42);
    assert_int_equal(read.row[0].serial, 3);
    int fd = open(path, O_WRONLY | O_APPEND | O_CLOEXEC);
    assert_int_equal(write(fd, "x", 1), 1); /* a byte too many */
    (void)close(fd);
    assert_int_equal(scores_read(path, &read), -EBADMSG);
    scores.row[1].serial = 2; /* out of order */
    assert_int_equal(scores_write(path, &scores), 0);
    assert_int_equal(scores_read(path, &read), -EBADMSG);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(symlink("/dev/zero", path), 0);
    assert_int_equal(scores_read(path, &read), -ELOOP);
    assert_int_equal(unlink(path), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(scores_come_by_serial_and_rounded),
        cmocka_unit_test(what_is_no_answer_is_refused_whole),
        cmocka_unit_test_setup_teardown(
            the_file_comes_back_as_it_was_and_nothing_else_is_believed, folder_make, folder_remove),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
