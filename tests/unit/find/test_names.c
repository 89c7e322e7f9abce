#include "plant.h"

#include "slices/base/text.h"

#include <malloc.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

struct fixture {
    struct plant plant;
    struct names names;
};

static int set_up(void **state)
{
    static struct fixture fixture;
    char root[PATH_MAX];
    plant_open(&fixture.plant);
    if (geteuid() == 0)
        assert_true(plant_fixture(&fixture.plant, "host"));
    assert_int_equal(text_format(root, sizeof root, "%s/host", fixture.plant.root), 0);
    assert_int_equal(names_open(&fixture.names, root, NULL), 0);
    *state = &fixture;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *fixture = *state;
    names_close(&fixture->names);
    plant_close(&fixture->plant);
    return 0;
}

static void needs_root(void)
{
    if (geteuid() == 0)
        return;
    print_message("skipped: name files must belong to root\n");
    skip();
}

static enum names_verdict resolve(
    struct fixture *fixture, const char *path, struct slice *slice, bool *session)
{
    *slice = (struct slice){.uid = 77};
    (void)text_copy(slice->path, sizeof slice->path, path);
    return names_resolve(&fixture->names, slice, session);
}

static const char *verdict_word(enum names_verdict verdict, bool is_session)
{
    static const char *const words[] = {[NAMES_INTERIOR] = "interior",
        [NAMES_SLICE] = "slice",
        [NAMES_IGNORED] = "ignored",
        [NAMES_UNKNOWN] = "unknown"};
    return is_session ? "session" : words[verdict];
}

static void every_layout_resolves_as_the_table_says(void **state)
{
    needs_root();
    FILE *table = fopen(MOM_FIXTURES "/find/names.tsv", "re");
    assert_non_null(table);
    char *line = NULL;
    size_t size = 0;
    unsigned rows = 0;
    while (getline(&line, &size, table) > 0) {
        line[strcspn(line, "\n")] = '\0';
        if (*line == '#')
            continue;
        char name[4 * SLICE_NAME_MAX], said[4096], *rest = line;
        const char *path = strsep(&rest, "\t");
        struct slice slice;
        bool is_session;
        enum names_verdict verdict = resolve(*state, path, &slice, &is_session);
        (void)snprintf(said, sizeof said, "%s\t%s\t%s\t%s\t%s", verdict_word(verdict, is_session),
            slice_kind_names[slice.kind], slice.runtime, slice.key,
            text_escape(name, sizeof name, slice.name));
        assert_string_equal(said, rest);
        rows++;
    }
    assert_true(rows > 40);
    free(line);
    (void)fclose(table);
}

static void uid_is_the_one_that_the_path_names(void **state)
{
    struct slice slice;
    bool is_session;
    (void)resolve(*state, "/user.slice/user-1000.slice", &slice, &is_session);
    assert_int_equal(slice.uid, 1000);
    (void)resolve(*state, "/user.slice/user-1000.slice/session-3.scope", &slice, &is_session);
    assert_int_equal(slice.uid, 1000);
    (void)resolve(*state, "/system.slice/a.service", &slice, &is_session);
    assert_int_equal(slice.uid, 77);
}

static void expect_docker_name(struct fixture *fixture, const char *expected)
{
    struct slice slice;
    bool is_session;
    assert_int_equal(resolve(fixture, "/docker/" A64, &slice, &is_session), NAMES_SLICE);
    assert_string_equal(slice.name, expected);
}

#define CONFIG "/host/var/lib/docker/containers/" A64 "/config.v2.json"

static void files_that_others_may_write_name_nothing(void **state)
{
    needs_root();
    struct fixture *fixture = *state;
    char path[PATH_MAX];
    (void)snprintf(path, sizeof path, "%s%s", fixture->plant.root, CONFIG);
    expect_docker_name(fixture, "web");
    plant_owner(&fixture->plant, CONFIG, 1000);
    expect_docker_name(fixture, "aaaaaaaaaaaa");
    plant_owner(&fixture->plant, CONFIG, 0);
    expect_docker_name(fixture, "web");
    assert_int_equal(chmod(path, 0664), 0);
    expect_docker_name(fixture, "aaaaaaaaaaaa");
    assert_int_equal(unlink(path), 0);
    assert_int_equal(symlink("/etc/hostname", path), 0);
    expect_docker_name(fixture, "aaaaaaaaaaaa");
}

static void odd_documents_fall_back_to_the_short_id(void **state)
{
    needs_root();
    struct fixture *fixture = *state;
    static const char *const odd[] = {"", "[]", "{\"Name\":7}", "{\"Name\":\"\"}",
        "{\"Name\":\"/\"}", "{\"Name\":\"a\\u0000b\"}", "{\"Name\":\"a\"} x",
        "{\"Name\":\"a\",\"Name\":\"b\"}", "{\"Name\":\"\xff\"}", "nul"};
    for (size_t i = 0; i < sizeof odd / sizeof *odd; i++) {
        plant_file(&fixture->plant, CONFIG, odd[i]);
        expect_docker_name(fixture, "aaaaaaaaaaaa");
    }
    static char big[(1u << 20) + 64];
    memset(big, ' ', sizeof big - 1);
    memcpy(big, "{\"Name\":\"web\"}", 14);
    plant_file(&fixture->plant, CONFIG, big);
    expect_docker_name(fixture, "aaaaaaaaaaaa");
    memset(big, '[', 100000);
    big[100000] = '\0';
    plant_file(&fixture->plant, CONFIG, big);
    expect_docker_name(fixture, "aaaaaaaaaaaa");
}

static void a_long_name_is_not_cut_but_refused(void **state)
{
    needs_root();
    struct fixture *fixture = *state;
    char text[300];
    (void)snprintf(text, sizeof text, "{\"Name\":\"/%0*d\"}", SLICE_NAME_MAX, 1);
    plant_file(&fixture->plant, CONFIG, text);
    expect_docker_name(fixture, "aaaaaaaaaaaa");
}

static void keys_hold_no_control_bytes_and_stay_apart(void **state)
{
    struct slice one, other;
    bool is_session;
    (void)resolve(*state, "/a\nb'\x1b[31m\xff\\", &one, &is_session);
    assert_string_equal(one.key, "cgroup:/a\\x0ab'\\x1b[31m\\xff\\x5c");
    assert_string_equal(one.name, "a\nb'\x1b[31m\xff\\");

    char path[SLICE_PATH_MAX];
    memset(path, '\n', sizeof path);
    memset(path + 200, '/', 1);
    path[0] = '/';
    path[400] = '\0';
    (void)resolve(*state, path, &one, &is_session);
    path[399] = 'x';
    (void)resolve(*state, path, &other, &is_session);
    assert_string_not_equal(one.key, other.key);
    assert_int_equal(strlen(one.key), strlen(other.key));
    assert_non_null(strchr(one.key, '~'));
}

static void a_look_up_takes_no_memory(void **state)
{
    needs_root();
    struct fixture *fixture = *state;
    struct slice slice;
    bool is_session;
    expect_docker_name(fixture, "web");
    struct mallinfo2 before = mallinfo2();
    for (int i = 0; i < 100; i++) {
        (void)resolve(fixture, "/docker/" A64, &slice, &is_session);
        (void)resolve(fixture, "/user.slice/user-1000.slice", &slice, &is_session);
        (void)resolve(fixture, "/kubepods/pod1/" A64, &slice, &is_session);
    }
    struct mallinfo2 after = mallinfo2();
    assert_int_equal(before.uordblks, after.uordblks);
    assert_int_equal(fixture->names.scratch.used, 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(every_layout_resolves_as_the_table_says),
        TEST(uid_is_the_one_that_the_path_names),
        TEST(files_that_others_may_write_name_nothing),
        TEST(odd_documents_fall_back_to_the_short_id),
        TEST(a_long_name_is_not_cut_but_refused),
        TEST(keys_hold_no_control_bytes_and_stay_apart),
        TEST(a_look_up_takes_no_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
