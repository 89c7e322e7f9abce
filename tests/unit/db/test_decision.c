/* A full decision out of hostile parts, there and back. */
#include "fixture.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#define HOSTILE "we'b\"; DROP TABLE raw;--\n\t\x1b[31m \xc3\xa9 \xff\xc3 %s"

static void fill_leak(struct leak_report *leak)
{
    *leak = (struct leak_report){.verdict = LEAK_CONFIRMED,
        .channel = LEAK_CHANNEL_SWAP,
        .shape = SHAPE_SATURATING,
        .rate = 1.0 / 3,
        .rate_low = -0.1,
        .rate_high = 1e300,
        .at_usec = 5000 * SEC,
        .since_usec = 1000 * SEC,
        .window_usec = 1,
        .floor_bytes = UINT64_MAX - 1,
        .grown_bytes = 77,
        .limit_bytes = SAMPLE_NO_LIMIT,
        .forecast = true,
        .left_p10 = 0.1 + 0.2,
        .left_p50 = INFINITY,
        .left_p90 = 3,
        .gates = LEAK_GATES_MAX,
        .weakest = 4};
    for (int i = 0; i < LEAK_GATES_MAX; i++)
        leak->gate[i] = (struct leak_gate){
            .name = "gate \xff'\"", .value = i / 7.0, .threshold = i, .passed = i % 2};
}

static void fill_decision(struct decision *decision)
{
    memset(decision, 0, sizeof *decision);
    decision->seq = 17;
    decision->incident = 16;
    decision->at = at_sec(T0);
    decision->wanted = ACTION_RESET;
    decision->action = ACTION_ALARM;
    decision->restraint = RESTRAINT_PROTECTED;
    decision->reason = REASON_NODE_RULE;
    decision->serial = UINT64_MAX;
    decision->life = (struct slice_life){.boot = {0x3f, 0, 1}, .mount = 1ull << 63, .inode = 9};
    (void)strcpy(decision->rule, "swap 'full'");
    (void)strcpy(decision->key, "docker:" HOSTILE);
    (void)strcpy(decision->name, HOSTILE);
    (void)strcpy(decision->owner, "o'brien@example.org");
    memset(decision->path, '/', sizeof decision->path - 1);
    decision->mode = MODE_ENFORCE;
    decision->leak_mode = MODE_WARN;
    decision->independent = true;
    decision->rank = -5;
    decision->strikes = 3;
    decision->policy_hash = 0xfedcba9876543210ull;
    fill_leak(&decision->leak);
    decision->evidence.count = EVIDENCE_MAX;
    for (int i = 0; i < EVIDENCE_MAX; i++) {
        struct evidence_item *item = &decision->evidence.item[i];
        (void)snprintf(item->name, sizeof item->name, "item %d \xc3", i);
        item->unit = (enum unit)(i % UNITS);
        item->relation = "<> "[i % 3];
        item->value = i * 0.1;
        item->bound = i == 5 ? -INFINITY : 1e-300 * i;
    }
    decision->runners_up = RUNNERS_UP_MAX;
    for (int i = 0; i < RUNNERS_UP_MAX; i++) {
        struct runner_up *runner_up = &decision->runner_up[i];
        memset(runner_up->key, 0xc3, sizeof runner_up->key - 1); /* cut within a character */
        runner_up->rank = i;
        runner_up->score = i / 9.0;
    }
}

static void fill_outcome(struct outcome *outcome, struct process_table *processes)
{
    memset(outcome, 0, sizeof *outcome);
    memset(processes, 0, sizeof *processes);
    *outcome = (struct outcome){.decision = 17,
        .kind = ACTION_RESET,
        .result = RESULT_INCOMPLETE,
        .started = at_sec(T0 + 1),
        .ended = at_sec(T0 + 2),
        .rounds = 3,
        .processes_before = 70,
        .survivors = 20, /* more than are named */
        .survivor = {1, 2, 3, 4, 5, 6, 7, 8},
        .bytes_before = 5ull << 40,
        .bytes_after = 1,
        .bytes_freed = (5ull << 40) - 1,
        .error = "it's \xff stuck\n"};
    memset(outcome->job, '\'', sizeof outcome->job - 1);
    processes->count = PROCESS_TABLE_MAX;
    processes->total = 70;
    processes->complete = false;
    for (int i = 0; i < PROCESS_TABLE_MAX; i++) {
        struct process_row *row = &processes->row[i];
        *row = (struct process_row){.pid = i + 1,
            .parent = 1,
            .uid = UINT32_MAX,
            .state = 'D',
            .comm = "a'\"\n\xff\xfe;\x01",
            .vsz_bytes = UINT64_MAX,
            .rss_bytes = 1,
            .swap_bytes = 2,
            .start_ticks = 3};
    }
}

static struct query_decision got;
static struct decision decision;
static struct outcome outcome;
static struct process_table processes;

static void store(struct fixture *fixture)
{
    fill_decision(&decision);
    fill_outcome(&outcome, &processes);
    begin(fixture);
    assert_int_equal(store_outcome(fixture->db, &outcome, &processes, &fixture->error), 0);
    assert_int_equal(store_decision(fixture->db, &decision, &fixture->error), 0);
    commit(fixture);
}

/* All structs were zeroed before, so padding is equal too. */
static void a_decision_comes_back_bit_by_bit(void **state)
{
    struct fixture *fixture = *state;
    store(fixture);
    assert_int_equal(query_decision(fixture->db, "3f2a91c0-17", &got, &fixture->error), 0);
    assert_string_equal(got.id, "3f2a91c0-17");
    assert_int_equal(got.decision.leak.channel, LEAK_CHANNEL_SWAP);
    assert_memory_equal(
        got.decision.evidence.item, decision.evidence.item, sizeof decision.evidence.item);
    assert_memory_equal(got.decision.leak.gate, decision.leak.gate, sizeof decision.leak.gate);
    assert_memory_equal(got.decision.runner_up, decision.runner_up, sizeof decision.runner_up);
    assert_string_equal(got.decision.name, HOSTILE);
    assert_memory_equal(&got.decision, &decision, sizeof decision);
    assert_true(got.has_outcome);
    assert_memory_equal(&got.outcome, &outcome, sizeof outcome);
    assert_memory_equal(&got.processes, &processes, sizeof processes);
}

static void what_is_not_a_number_stays_so(void **state)
{
    struct fixture *fixture = *state;
    fill_decision(&decision);
    decision.evidence.item[0].value = NAN;
    begin(fixture);
    assert_int_equal(store_decision(fixture->db, &decision, &fixture->error), 0);
    commit(fixture);
    assert_int_equal(query_decision(fixture->db, "17", &got, &fixture->error), 0);
    assert_true(isnan(got.decision.evidence.item[0].value));
    assert_false(got.has_outcome);
}

static void ids_are_found_or_told_to_be_none(void **state)
{
    struct fixture *fixture = *state;
    store(fixture);
    struct db *db = fixture->db;
    assert_int_equal(query_decision(db, "3F2A91C0-17", &got, NULL), 0);
    static const char *const none[] = {"18", "3f2a91c1-17", "", "-", "x", "3f2a91c0-", "17x", "-17",
        "3f2a91c0-17 OR 1", "99999999999999999999999"};
    for (size_t i = 0; i < sizeof none / sizeof none[0]; i++)
        assert_int_equal(query_decision(db, none[i], &got, &fixture->error), -ENOENT);
    fixture_boot(db, 0x40); /* a number alone means the newest boot */
    assert_int_equal(query_decision(db, "17", &got, NULL), -ENOENT);
    assert_int_equal(query_decision(db, "3f2a91c0-17", &got, NULL), 0);
}

static void counts_beyond_the_arrays_are_cut(void **state)
{
    struct fixture *fixture = *state;
    fill_decision(&decision);
    decision.evidence.count = decision.leak.gates = decision.runners_up = UINT32_MAX;
    fill_outcome(&outcome, &processes);
    processes.count = UINT32_MAX;
    memset(processes.row[0].comm, 'x', sizeof processes.row[0].comm); /* no end */
    begin(fixture);
    assert_int_equal(store_decision(fixture->db, &decision, &fixture->error), 0);
    assert_int_equal(store_outcome(fixture->db, &outcome, &processes, &fixture->error), 0);
    commit(fixture);
    assert_int_equal(query_decision(fixture->db, "17", &got, &fixture->error), 0);
    assert_int_equal(got.decision.evidence.count, EVIDENCE_MAX);
    assert_int_equal(got.processes.count, PROCESS_TABLE_MAX);
    assert_int_equal(strlen(got.processes.row[0].comm), 15);
}

static void what_came_of_programs_comes_back_once_each(void **state)
{
    struct fixture *fixture = *state;
    struct program_outcome program = {.decision = 17,
        .role = PROGRAM_AFTER,
        .result = PROGRAM_FAILED,
        .ended = {.unix_usec = (T0 + 9) * SEC},
        .took_usec = 1500000,
        .status = -9,
        .command = "/bin/a -n " HOSTILE};
    memset(program.words, 0xc3, sizeof program.words); /* no end */
    store(fixture);
    begin(fixture);
    assert_int_equal(store_program(fixture->db, &program, &fixture->error), 0);
    program.role = PROGRAM_BEFORE;
    program.result = PROGRAM_DONE;
    program.ended.unix_usec -= SEC;
    program.words[0] = '\0';
    assert_int_equal(store_program(fixture->db, &program, &fixture->error), 0);
    program.result = PROGRAM_LATE; /* a second time: the first counts */
    assert_int_equal(store_program(fixture->db, &program, &fixture->error), 0);
    commit(fixture);
    assert_int_equal(query_decision(fixture->db, "17", &got, &fixture->error), 0);
    assert_int_equal(got.programs, 2);
    assert_int_equal(got.program[0].role, PROGRAM_BEFORE);
    assert_int_equal(got.program[0].result, PROGRAM_DONE);
    assert_int_equal(got.program[1].role, PROGRAM_AFTER);
    assert_int_equal(got.program[1].status, -9);
    assert_int_equal(got.program[1].took_usec, 1500000);
    assert_string_equal(got.program[1].command, "/bin/a -n " HOSTILE);
    assert_int_equal(strlen(got.program[1].words), sizeof got.program[1].words - 1);
    fixture_boot(fixture->db, 0x40);
    assert_int_equal(query_decision(fixture->db, "3f2a91c0-17", &got, NULL), 0);
    assert_int_equal(got.programs, 2);
}

static void words_of_a_later_program_are_told(void **state)
{
    struct fixture *fixture = *state;
    store(fixture);
    (void)ask(fixture->path, "UPDATE decision SET action = 'hibernate'");
    assert_int_equal(query_decision(fixture->db, "17", &got, &fixture->error), -EUCLEAN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)
        TEST(a_decision_comes_back_bit_by_bit),
        TEST(what_is_not_a_number_stays_so),
        TEST(ids_are_found_or_told_to_be_none),
        TEST(counts_beyond_the_arrays_are_cut),
        TEST(what_came_of_programs_comes_back_once_each),
        TEST(words_of_a_later_program_are_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
