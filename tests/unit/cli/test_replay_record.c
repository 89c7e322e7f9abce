/* A recorded incident of the laboratory, decided again. */
#include "mom/cli/replay_record.h"
#include "tests/unit/folder.h"

#include <errno.h>
#include <setjmp.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static struct mom_error error;
static char path[96];

static void run(const char *sql)
{
    sqlite3 *sqlite;
    char *words = NULL;
    assert_int_equal(sqlite3_open(path, &sqlite), SQLITE_OK);
    if (sqlite3_exec(sqlite, sql, NULL, NULL, &words) != SQLITE_OK)
        fail_msg("%s", words);
    assert_int_equal(sqlite3_close(sqlite), SQLITE_OK);
}

/* Brought to the present schema. */
static int make_database(void **state)
{
    assert_int_equal(folder_make(state), 0);
    (void)snprintf(path, sizeof path, "%s/mom.db", folder);
    FILE *file = fopen(MOM_FIXTURES "/replay/incident.sql", "re");
    assert_non_null(file);
    static char sql[1 << 20];
    size_t length = fread(sql, 1, sizeof sql - 1, file);
    (void)fclose(file);
    assert_in_range(length, 10000, sizeof sql - 2);
    sql[length] = '\0';
    run(sql);
    struct db *db;
    if (db_open(path, DB_WRITE, &db, &error) < 0)
        fail_msg("%s", error.text);
    db_close(db);
    return 0;
}

static struct replay_result replay(const struct policy *policy)
{
    struct db *db;
    struct replay_result result;
    assert_int_equal(db_open(path, DB_READ, &db, &error), 0);
    if (replay_record(db, 0, INT64_MAX / 2, 0, policy, &result, &error) < 0)
        fail_msg("%s", error.text);
    db_close(db);
    return result;
}

static void say(void *context, const char *text)
{
    (void)context;
    fail_msg("%s", text);
}

static struct replay_result replay_by(const char *text)
{
    struct policy *policy = NULL;
    assert_int_equal(policy_load_text("test", text, strlen(text), say, NULL, &policy), 0);
    struct replay_result result = replay(policy);
    policy_free(policy);
    return result;
}

static void the_very_same_decisions_come_out(void **state)
{
    (void)state;
    struct replay_result result = replay(NULL);
    assert_int_equal(result.ticks, 71);
    assert_int_equal(result.samples, 137);
    assert_int_equal(result.looks, 212);
    assert_int_equal(result.recorded, 2);
    assert_int_equal(result.replayed, 2);
    assert_int_equal(result.same, 2);
    assert_int_equal(result.other_evidence, 0);
    assert_int_equal(result.incident_count, 2);
    assert_non_null(strstr(result.incidents[0].key, "/first"));
    assert_non_null(strstr(result.incidents[1].key, "/second"));
    assert_int_equal(result.incidents[0].recorded, ACTION_RESET);
    assert_int_equal(result.incidents[0].replayed, ACTION_RESET);
    assert_int_equal(result.incidents[0].differing, 0);
    replay_result_free(&result);
}

/* What would have been done to the slice whose key ends so; ACTION_NONE: nothing. */
static enum action_kind replayed_for(const struct replay_result *result, const char *name)
{
    for (uint32_t i = 0; i < result->incident_count; i++)
        if (strstr(result->incidents[i].key, name) && result->incidents[i].replayed)
            return result->incidents[i].replayed;
    return ACTION_NONE;
}

static void another_policy_would_have_alarmed(void **state)
{
    (void)state;
    struct replay_result result = replay_by("tick: 1s\nslices:\n  mode: observe\n");
    assert_int_equal(result.recorded, 2);
    assert_true(result.same == 0);
    assert_true(result.replayed > 0);
    assert_int_equal(replayed_for(&result, "/first"), ACTION_ALARM);
    assert_int_equal(result.incidents[0].recorded, ACTION_RESET);
    assert_true(result.incidents[0].differing > 0);
    replay_result_free(&result);
}

static void another_policy_would_have_taken_somebody_else(void **state)
{
    (void)state;
    struct replay_result result =
        replay_by("tick: 1s\nmatches:\n  - path: '*/first'\n    rank: 50\n"
                  "rules:\n  - name: early\n    available_below: 50%\n    action: reset\n");
    assert_int_equal(replayed_for(&result, "/innocent"), ACTION_RESET);
    /* Which leaves it alone there. */
    assert_int_equal(replayed_for(&result, "/first"), ACTION_WARN);
    replay_result_free(&result);
}

static uint32_t own_resets(const struct replay_result *result, const char *name)
{
    uint32_t resets = 0;
    for (uint32_t i = 0; i < result->count; i++) {
        const struct replayed *one = &result->decisions[i];
        resets += one->replayed && !one->recorded && one->decision.action == ACTION_RESET &&
                  strstr(one->decision.key, name) != NULL;
    }
    return resets;
}

/* Who has been reset in the replay is not reset again and again for what the record says of him. */
static void what_was_reset_is_not_there_any_more(void **state)
{
    (void)state;
    struct replay_result result =
        replay_by("tick: 1s\nguard:\n  cooldown: 2s\nslices:\n  min_size: 1M\n"
                  "rules:\n  - name: early\n    available_below: 90%\n    action: reset\n");
    assert_in_range(own_resets(&result, "/innocent"), 1, 2); /* once in each governor's time */
    replay_result_free(&result);
}

static void a_changed_record_is_noticed(void **state)
{
    (void)state;
    run("UPDATE decision SET rule = 'another' WHERE seq = (SELECT min(seq) FROM decision)");
    struct replay_result result = replay(NULL);
    assert_int_equal(result.recorded, 2);
    assert_int_equal(result.replayed, 2);
    assert_int_equal(result.same, 1);
    assert_int_equal(result.incidents[0].differing, 2);
    replay_result_free(&result);
}

static void other_numbers_are_noticed(void **state)
{
    (void)state;
    run("UPDATE evidence SET value = value + 4096 WHERE n = 0");
    struct replay_result result = replay(NULL);
    assert_int_equal(result.same, 2);
    assert_int_equal(result.other_evidence, 2);
    replay_result_free(&result);
}

static void without_the_policy_of_then_one_must_be_given(void **state)
{
    (void)state;
    struct db *db;
    struct replay_result result;
    run("DELETE FROM policy_layer");
    assert_int_equal(db_open(path, DB_READ, &db, &error), 0);
    assert_int_equal(replay_record(db, 0, INT64_MAX / 2, 0, NULL, &result, &error), -ENOENT);
    assert_non_null(strstr(error.text, "not kept"));
    db_close(db);
    run("DELETE FROM policy_use");
    assert_int_equal(db_open(path, DB_READ, &db, &error), 0);
    assert_int_equal(replay_record(db, 0, INT64_MAX / 2, 0, NULL, &result, &error), -ENOENT);
    assert_non_null(strstr(error.text, "--policy"));
    db_close(db);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, make_database, folder_remove)
    const struct CMUnitTest tests[] = {
        TEST(the_very_same_decisions_come_out),
        TEST(another_policy_would_have_alarmed),
        TEST(another_policy_would_have_taken_somebody_else),
        TEST(what_was_reset_is_not_there_any_more),
        TEST(a_changed_record_is_noticed),
        TEST(other_numbers_are_noticed),
        TEST(without_the_policy_of_then_one_must_be_given),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
