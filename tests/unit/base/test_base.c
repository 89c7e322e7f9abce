#include "slices/base/arena.h"
#include "slices/base/error.h"
#include "slices/base/file.h"
#include "slices/base/text.h"
#include "tests/unit/folder.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void errors_gain_context_on_the_way_out(void **state)
{
    (void)state;
    struct mom_error error;
    assert_int_equal(error_errno(&error, -ENOENT, "open %s", "x"), -ENOENT);
    error_wrap(&error, "policy");
    assert_string_equal(error.text, "policy: open x: No such file or directory");
    assert_int_equal(error.code, -ENOENT);
    assert_int_equal(error_set(NULL, -EINVAL, "dropped"), -EINVAL);
}

static void numbers_are_whole_or_refused(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int result;
        uint64_t value;
    } cases[] = {
        {"0", 0, 0},
        {"42\n", 0, 42},
        {"18446744073709551615", 0, UINT64_MAX},
        {"18446744073709551616", -ERANGE, 0},
        {"99999999999999999999999", -ERANGE, 0},
        {"", -EINVAL, 0},
        {"-1", -EINVAL, 0},
        {" 1", -EINVAL, 0},
        {"1 kB", -EINVAL, 0},
        {"1\n2", -EINVAL, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        uint64_t value = 7;
        assert_int_equal(text_whole_u64(cases[i].text, &value), cases[i].result);
        assert_int_equal(value, cases[i].result == 0 ? cases[i].value : 7);
    }
}

static void escaped_text_holds_nothing_that_a_terminal_obeys(void **state)
{
    (void)state;
    static const struct {
        const char *raw, *escaped;
    } cases[] = {
        {"web", "web"}, {"a\nb", "a\\x0ab"}, {"\033[31mred", "\\x1b[31mred"},
        {"back\\slash", "back\\x5cslash"}, {"gr\xc3\xbcn", "gr\xc3\xbcn"},
        {"\xff\xfe", "\\xff\\xfe"}, {"\xc2\x9b[0m", "\\xc2\\x9b[0m"}, /* CSI as a C1 control */
        {"\xed\xa0\x80", "\\xed\\xa0\\x80"},                          /* a surrogate */
        {"\xc0\xaf", "\\xc0\\xaf"},                                   /* overlong '/' */
        {"\xf0\x9f\x98\x80", "\xf0\x9f\x98\x80"}, {"cut\xe2\x82", "cut\\xe2\\x82"},
        {"del\x7f", "del\\x7f"},
        {"\xe2\x80\xaetxt", "\\xe2\\x80\\xaetxt"}, /* right-to-left override */
        {"\xe2\x80\xa8", "\\xe2\\x80\\xa8"},       /* line separator */
        {"\xe2\x82\xac", "\xe2\x82\xac"},          /* the euro sign is harmless */
    };
    char buffer[64];
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_string_equal(text_escape(buffer, sizeof buffer, cases[i].raw), cases[i].escaped);
}

static void what_is_safe_already_is_shown_as_it_is(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        {"back\\slash", "back\\slash"},
        {"cgroup:/a\\x0ab", "cgroup:/a\\x0ab"},
        {"a\nb\\x0a", "a\\x0ab\\x5cx0a"},
        {"gr\xc3\xbcn\\\xff", "gr\xc3\xbcn\\x5c\\xff"},
        {"", ""},
    };
    char buffer[64];
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_string_equal(text_show(buffer, sizeof buffer, cases[i][0]), cases[i][1]);
    assert_string_equal(text_show(buffer, 6, "abcd\xc3\xbc"), "abcd");
}

static void escaped_text_is_cut_at_a_whole_character(void **state)
{
    (void)state;
    char buffer[6];
    assert_string_equal(text_escape(buffer, sizeof buffer, "abcd\xc3\xbc"), "abcd");
    assert_string_equal(text_escape(buffer, sizeof buffer, "ab\n"), "ab");
    assert_string_equal(text_escape(buffer, sizeof buffer, "a\n"), "a\\x0a");
}

static void copies_say_when_they_did_not_fit(void **state)
{
    (void)state;
    char buffer[4];
    assert_int_equal(text_copy(buffer, sizeof buffer, "abc"), 0);
    assert_int_equal(text_copy(buffer, sizeof buffer, "abcd"), -ENAMETOOLONG);
    assert_string_equal(buffer, "abc");
    assert_int_equal(text_format(buffer, sizeof buffer, "%d", 1234), -ENAMETOOLONG);
}

static void distance_counts_edits(void **state)
{
    (void)state;
    assert_int_equal(text_distance("owner", "ownr"), 1);
    assert_int_equal(text_distance("rank", "rnak"), 2);
    assert_int_equal(text_distance("", "abc"), 3);
    assert_int_equal(text_distance("same", "same"), 0);
}

static void hash_is_fnv_1a(void **state)
{
    (void)state;
    assert_true(text_hash(TEXT_HASH_SEED, "a", 1) == 0xaf63dc4c8601ec8cull); /* published vector */
    assert_true(text_hash(TEXT_HASH_SEED, "foobar", 6) == 0x85944171f73967e8ull);
}

static void put_file(const char *name, const char *text)
{
    char path[128];
    (void)snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    (void)fputs(text, file);
    (void)fclose(file);
}

static void a_file_that_does_not_fit_is_no_number(void **state)
{
    (void)state;
    int dir = open(folder, O_RDONLY | O_DIRECTORY);
    unsigned long long value = 7;
    char small[4];
    put_file("limit", "123456\n");
    put_file("max", "max\n");
    put_file("junk", "12x\n");
    assert_int_equal(file_read(dir, "limit", small, sizeof small), -EFBIG);
    assert_int_equal(file_read_u64(dir, "limit", &value), 0);
    assert_true(value == 123456);
    assert_int_equal(file_read_u64(dir, "max", &value), 0);
    assert_true(value == UINT64_MAX);
    assert_int_equal(file_read_u64(dir, "junk", &value), -EINVAL);
    assert_int_equal(file_read_u64(dir, "missing", &value), -ENOENT);
    (void)close(dir);
}

static void links_are_not_followed(void **state)
{
    (void)state;
    char path[128];
    int dir = open(folder, O_RDONLY | O_DIRECTORY);
    struct shared_file file;
    (void)snprintf(path, sizeof path, "%s/link", folder);
    assert_int_equal(symlink("/etc/hostname", path), 0);
    char text[256];
    assert_int_equal(file_read(dir, "link", text, sizeof text), -ELOOP);
    assert_int_equal(shared_file_open(path, 1, &file, NULL), -ELOOP);
    (void)close(dir);
}

/* A link, a queue, a socket, a second name: what they lead to stays as it is. */
static void what_is_no_plain_file_is_replaced(void **state)
{
    (void)state;
    char path[128], target[128];
    struct shared_file file;
    struct stat status;
    (void)snprintf(path, sizeof path, "%s/odd", folder);
    (void)snprintf(target, sizeof target, "%s/target", folder);
    int fd = open(target, O_WRONLY | O_CREAT, 0600);
    assert_int_equal(write(fd, "whole", 5), 5);
    (void)close(fd);
    for (int way = 0; way < 3; way++) {
        (void)unlink(path);
        assert_int_equal(way == 0   ? symlink(target, path)
                         : way == 1 ? link(target, path)
                                    : mkfifo(path, 0600),
            0);
        assert_int_equal(shared_file_create(path, 4096, 0600, (gid_t)-1, &file, NULL), 0);
        shared_file_close(&file);
        assert_int_equal(lstat(path, &status), 0);
        assert_true(S_ISREG(status.st_mode) && status.st_nlink == 1 && status.st_size == 4096);
        assert_int_equal(stat(target, &status), 0);
        assert_int_equal(status.st_size, 5);
    }
    char inner[160];
    (void)unlink(path);
    (void)snprintf(inner, sizeof inner, "%s/inner", path);
    assert_int_equal(mkdir(path, 0700), 0);
    assert_int_equal(mkdir(inner, 0700), 0);
    assert_int_equal(shared_file_create(path, 4096, 0600, (gid_t)-1, &file, NULL), -ENOTEMPTY);
    assert_int_equal(rmdir(inner), 0);
    assert_int_equal(shared_file_create(path, 4096, 0600, (gid_t)-1, &file, NULL), 0);
    shared_file_close(&file);
    (void)unlink(path);
    (void)unlink(target);
}

static void a_shared_file_keeps_what_has_its_size(void **state)
{
    (void)state;
    char path[128];
    struct shared_file file, reader;
    (void)snprintf(path, sizeof path, "%s/shared", folder);
    assert_int_equal(shared_file_create(path, 8192, 0640, (gid_t)-1, &file, NULL), 0);
    strcpy(file.base, "kept");
    shared_file_close(&file);
    assert_int_equal(shared_file_create(path, 8192, 0640, (gid_t)-1, &file, NULL), 0);
    assert_string_equal(file.base, "kept");
    assert_int_equal(shared_file_open(path, 8192, &reader, NULL), 0);
    assert_string_equal(reader.base, "kept");
    assert_int_equal(shared_file_open(path, 8193, &reader, NULL), -EINVAL);
    shared_file_close(&file);
    assert_int_equal(shared_file_create(path, 4096, 0640, (gid_t)-1, &file, NULL), 0);
    assert_string_equal(file.base, "");
    struct stat status;
    assert_int_equal(stat(path, &status), 0);
    assert_int_equal(status.st_mode & 07777, 0640);
    assert_true(status.st_blocks * 512 >= 4096);
    shared_file_close(&file);
}

static void an_arena_gives_zeroed_pieces_until_it_is_empty(void **state)
{
    (void)state;
    struct arena arena;
    assert_int_equal(arena_open(&arena, 4096, NULL), 0);
    unsigned char *first = arena_take(&arena, 1, 100);
    assert_non_null(first);
    assert_int_equal((uintptr_t)first % 64, 0);
    memset(first, 0xff, 100);
    assert_non_null(arena_take(&arena, 30, 128));
    assert_null(arena_take(&arena, 1, 1024));
    assert_null(arena_take(&arena, SIZE_MAX, 2));
    arena_reset(&arena);
    first = arena_take(&arena, 1, 100);
    for (int i = 0; i < 100; i++)
        assert_int_equal(first[i], 0);
    arena_close(&arena);
}

static void a_cursor_moves_behind_what_is_expected_and_else_stays(void **state)
{
    (void)state;
    const char *cursor = "some avg10=1";
    assert_false(text_skip(&cursor, "some full"));
    assert_string_equal(cursor, "some avg10=1");
    assert_true(text_skip(&cursor, "some avg10="));
    assert_string_equal(cursor, "1");
    assert_false(text_skip(&cursor, "10"));
    assert_true(text_skip(&cursor, "1"));
    assert_string_equal(cursor, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_cursor_moves_behind_what_is_expected_and_else_stays),
        cmocka_unit_test(errors_gain_context_on_the_way_out),
        cmocka_unit_test(numbers_are_whole_or_refused),
        cmocka_unit_test(escaped_text_holds_nothing_that_a_terminal_obeys),
        cmocka_unit_test(what_is_safe_already_is_shown_as_it_is),
        cmocka_unit_test(escaped_text_is_cut_at_a_whole_character),
        cmocka_unit_test(copies_say_when_they_did_not_fit),
        cmocka_unit_test(distance_counts_edits),
        cmocka_unit_test(hash_is_fnv_1a),
        cmocka_unit_test(a_file_that_does_not_fit_is_no_number),
        cmocka_unit_test(links_are_not_followed),
        cmocka_unit_test(what_is_no_plain_file_is_replaced),
        cmocka_unit_test(a_shared_file_keeps_what_has_its_size),
        cmocka_unit_test(an_arena_gives_zeroed_pieces_until_it_is_empty),
    };
    return cmocka_run_group_tests(tests, folder_make, folder_remove);
}
