/* The table of statements against the schema. */
#include "db/statements.h"
#include "fixture.h"

#include <sqlite3.h>
#include <string.h>

static void every_statement_fits_the_schema(void **state)
{
    struct fixture *fixture = *state;
    sqlite3 *sqlite;
    assert_int_equal(sqlite3_open(fixture->path, &sqlite), SQLITE_OK);
    for (size_t i = 0; i < STATEMENTS; i++) {
        sqlite3_stmt *statement;
        assert_non_null(statement_sql[i]);
        if (sqlite3_prepare_v2(sqlite, statement_sql[i], -1, &statement, NULL) != SQLITE_OK)
            fail_msg("%s: %s", statement_sql[i], sqlite3_errmsg(sqlite));
        assert_non_null(statement);
        (void)sqlite3_finalize(statement);
    }
    (void)sqlite3_close(sqlite);
}

/* A plan without "SCAN": found by an index, whatever the size of the table. */
static bool searches(sqlite3 *sqlite, enum statement which)
{
    char *sql = sqlite3_mprintf("EXPLAIN QUERY PLAN %s", statement_sql[which]);
    sqlite3_stmt *statement;
    assert_int_equal(sqlite3_prepare_v2(sqlite, sql, -1, &statement, NULL), SQLITE_OK);
    bool scans = false;
    while (sqlite3_step(statement) == SQLITE_ROW) {
        const char *step = (const char *)sqlite3_column_text(statement, 3);
        scans |= strstr(step, "SCAN ") != NULL && strcmp(step, "SCAN CONSTANT ROW") != 0;
    }
    (void)sqlite3_finalize(statement);
    sqlite3_free(sql);
    return !scans;
}

static void frequent_statements_scan_no_table(void **state)
{
    struct fixture *fixture = *state;
    static const enum statement frequent[] = {SQL_RAW_STORED, SQL_RAW_TIMES, SQL_SERIES_FIND,
        SQL_TIER_NEXT_DUE, SQL_TIER_NEXT_OLD, SQL_ROLL_RAW, SQL_ROLL_ROLLUP, SQL_RAW_FIRST,
        SQL_RAW_DELETE, SQL_ROLLUP_DELETE, SQL_SHIFTED_DELETE, SQL_LIMIT_DELETE, SQL_HISTORY_RAW,
        SQL_HISTORY_ROLLUP, SQL_STRIKES, SQL_HOLD, SQL_LIFE_OOM_KILLS, SQL_MAIL_YOUNGER,
        SQL_MAIL_QUEUED, SQL_DELIVERIES_LATELY, SQL_DELIVERIES, SQL_MAIL_NEXT, SQL_DELIVERY_SETTLE,
        SQL_MAIL_STATE, SQL_MAIL_DUE, SQL_DIGEST_DUE, SQL_MAIL_FOLDED};
    sqlite3 *sqlite;
    assert_int_equal(sqlite3_open(fixture->path, &sqlite), SQLITE_OK);
    for (size_t i = 0; i < sizeof frequent / sizeof frequent[0]; i++)
        if (!searches(sqlite, frequent[i]))
            fail_msg("scans: %s", statement_sql[frequent[i]]);
    (void)sqlite3_close(sqlite);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)
        TEST(every_statement_fits_the_schema),
        TEST(frequent_statements_scan_no_table),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
