/* A mail's way through the outbox, for each of its recipients. */
#include "fixture.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define HOUR 3600

static const struct outbox_limits roomy = {
    .interval_usec = HOUR * SEC, .burst = 1000, .digest_usec = HOUR * SEC, .queue = 1000};

/* To a@b and c@d. */
static struct mail a_mail(uint64_t decision, const char *key, const char *stage, int64_t sec)
{
    static const char bytes[] = "To: <a@b>\r\n\r\nbytes \0 and \xff\r\n";
    return (struct mail){.created_unix_usec = sec * SEC,
        .decision = decision,
        .key = key,
        .stage = stage,
        .message_id = "1@node",
        .subject = "it leaks",
        .bytes = bytes,
        .length = sizeof bytes - 1,
        .recipients = 2,
        .recipient = {{.address = "a@b"}, {.address = "c@d"}}};
}

static int add_within(
    struct fixture *fixture, const struct mail *mail, const struct outbox_limits *limits)
{
    begin(fixture);
    int r = outbox_add(fixture->db, mail, limits, &fixture->error);
    commit(fixture);
    return r;
}

static int add(struct fixture *fixture, const struct mail *mail)
{
    return add_within(fixture, mail, &roomy);
}

struct seen {
    int count;
    struct mail last;
    size_t length;
};

static int note_mail(void *context, const struct mail *mail)
{
    struct seen *seen = context;
    const struct mail sent = a_mail(0, "", "", 0);
    seen->count++;
    seen->last = *mail; /* its texts are gone after this */
    seen->length = mail->length;
    if (mail->length > 0)
        assert_memory_equal(mail->bytes, sent.bytes, sent.length);
    assert_string_equal(mail->message_id, sent.message_id);
    assert_string_equal(mail->subject, sent.subject);
    return 0;
}

static struct seen next(struct fixture *fixture, int64_t now_sec, int64_t after)
{
    struct seen seen = {0};
    int r = outbox_next(fixture->db, now_sec * SEC, after, note_mail, &seen, NULL);
    assert_int_equal(r, seen.count);
    return seen;
}

static struct seen list(struct fixture *fixture, enum outbox_which which, int64_t id)
{
    struct seen seen = {0};
    assert_true(outbox_list(fixture->db, which, id, note_mail, &seen, NULL) >= 0);
    return seen;
}

struct counts {
    struct outbox_state of;
    bool due;
};

static struct counts state_at(struct fixture *fixture, int64_t now_sec)
{
    struct counts ret = {{0}, false};
    assert_int_equal(outbox_state(fixture->db, &ret.of, NULL), 0);
    int due = outbox_due(fixture->db, now_sec * SEC, NULL);
    assert_true(due >= 0);
    ret.due = due > 0;
    return ret;
}

/* After its first try. */
static int settle(struct fixture *fixture, int64_t id, const char *address, enum mail_state to,
    const char *why, int64_t now_sec)
{
    return outbox_settle(
        fixture->db, id, address, to, outbox_next_try(now_sec * SEC, 1), why, &fixture->error);
}

static void each_recipient_has_an_outcome(void **state)
{
    struct fixture *fixture = *state;
    struct mail mail = a_mail(17, "docker:web", "warn", T0);
    assert_int_equal(state_at(fixture, T0).of.waiting, 0);
    assert_int_equal(add(fixture, &mail), 0);
    assert_int_equal(next(fixture, T0 - 1, 0).count, 0);
    struct seen seen = next(fixture, T0, 0);
    assert_int_equal(seen.count, 1);
    assert_int_equal(seen.last.decision, 17);
    assert_int_equal(seen.last.recipients, 2);
    assert_string_equal(seen.last.recipient[0].address, "a@b");
    assert_true(seen.last.recipient[0].state == MAIL_WAITING && seen.last.recipient[0].tries == 0);
    int64_t id = seen.last.id;

    assert_int_equal(settle(fixture, id, "a@b", MAIL_SENT, "", T0), 0);
    assert_int_equal(settle(fixture, id, "c@d", MAIL_WAITING, "451 later", T0), 0);
    assert_true(state_at(fixture, T0).of.waiting == 1 && !state_at(fixture, T0 + 59).due);
    fixture_reopen(fixture);
    assert_true(state_at(fixture, T0 + 60).due);
    seen = next(fixture, T0 + 60, 0);
    assert_int_equal(seen.count, 1);
    assert_int_equal(seen.last.recipient[0].state, MAIL_SENT);
    assert_int_equal(seen.last.recipient[1].state, MAIL_WAITING);
    assert_int_equal(seen.last.recipient[1].tries, 1);
    assert_int_equal(seen.last.recipient[1].next_try_unix_usec, (T0 + 60) * SEC);
    assert_string_equal(seen.last.recipient[1].last_error, "451 later");

    assert_int_equal(settle(fixture, id, "c@d", MAIL_GIVEN_UP, "550 no such user", T0 + 60), 0);
    assert_int_equal(next(fixture, T0 + 99 * HOUR, 0).count, 0);
    struct counts end = state_at(fixture, T0 + 60);
    assert_true(end.of.waiting == 0 && end.of.given_up == 1 && !end.due);
    assert_int_equal(list(fixture, OUTBOX_QUEUE, 0).count, 0);
    assert_int_equal(list(fixture, OUTBOX_ALL, 0).count, 1);
    assert_int_equal(settle(fixture, id, "c@d", MAIL_SENT, "", T0), -ENOENT);
    assert_int_equal(settle(fixture, 999, "c@d", MAIL_SENT, "", T0), -ENOENT);
}

static void the_wait_doubles_up_to_six_hours(void **state)
{
    (void)state;
    assert_int_equal(outbox_next_try(0, 1), 60 * SEC);
    assert_int_equal(outbox_next_try(0, 2), 120 * SEC);
    assert_int_equal(outbox_next_try(0, 9), 256 * 60 * SEC);
    assert_int_equal(outbox_next_try(0, 10), 6 * HOUR * SEC);
    assert_int_equal(outbox_next_try(7, UINT32_MAX), 6 * HOUR * SEC + 7);
}

static void a_clock_that_ran_ahead_does_not_silence(void **state)
{
    struct fixture *fixture = *state;
    struct mail mail = a_mail(1, "docker:web", "warn", T0 + 100 * HOUR);
    assert_int_equal(add(fixture, &mail), 0);
    assert_int_equal(
        next(fixture, T0, 0).count, 1); /* it is no later than any wait could make it */
    mail = a_mail(2, "docker:web", "warn", T0);
    assert_int_equal(add(fixture, &mail), 0);
    assert_true(state_at(fixture, T0).due);
}

static void a_slice_is_told_once_a_stage_and_interval(void **state)
{
    struct fixture *fixture = *state;
    struct mail mail = a_mail(1, "docker:web", "warn", T0);
    assert_int_equal(add(fixture, &mail), 0);
    mail = a_mail(2, "docker:web", "warn", T0 + HOUR - 1);
    assert_int_equal(add(fixture, &mail), 1);
    mail = a_mail(2, "docker:web", "reset", T0 + HOUR - 1);
    assert_int_equal(add(fixture, &mail), 0);
    mail = a_mail(3, "docker:db", "warn", T0 + HOUR - 1);
    assert_int_equal(add(fixture, &mail), 0);
    mail = a_mail(4, "docker:web", "warn", T0 + HOUR);
    assert_int_equal(add(fixture, &mail), 0);
    assert_int_equal(state_at(fixture, T0).of.waiting, 4);
}

static void a_decision_is_told_once_however_often_it_is_drained(void **state)
{
    struct fixture *fixture = *state;
    struct mail mail = a_mail(1, "docker:web", "warn", T0);
    assert_int_equal(add(fixture, &mail), 0);
    mail.created_unix_usec += 2 * HOUR * SEC;
    assert_int_equal(add(fixture, &mail), 1);
    fixture_boot(fixture->db, 0x40); /* the same number in another boot is another decision */
    assert_int_equal(add(fixture, &mail), 0);
}

static void due_mails_come_one_by_one_oldest_first(void **state)
{
    struct fixture *fixture = *state;
    int64_t after = 0;
    for (uint64_t i = 1; i <= 3; i++) {
        struct mail mail = a_mail(i, "docker:web", "warn", T0 + (int64_t)i * HOUR);
        assert_int_equal(add(fixture, &mail), 0);
    }
    for (uint64_t i = 1; i <= 3; i++) {
        struct seen seen = next(fixture, T0 + 4 * HOUR, after);
        assert_true(seen.count == 1 && seen.last.decision == i && seen.last.id > after);
        after = seen.last.id;
    }
    assert_int_equal(next(fixture, T0 + 4 * HOUR, after).count, 0);
}

/* The storm: of one recipient, of all. */

static void storm(struct fixture *fixture, const struct outbox_limits *limits, uint64_t first,
    uint64_t count, int64_t sec)
{
    for (uint64_t i = first; i < first + count; i++) {
        char key[32];
        (void)snprintf(key, sizeof key, "user:%d", (int)i);
        struct mail mail = a_mail(i, key, "warn", sec);
        assert_int_equal(add_within(fixture, &mail, limits), 0);
    }
}

static struct mail a_digest(int64_t sec)
{
    struct mail mail = a_mail(0, "", MAIL_STAGE_DIGEST, sec);
    mail.recipients = 1;
    return mail;
}

static int add_digest(struct fixture *fixture, int64_t sec)
{
    struct mail mail = a_digest(sec);
    begin(fixture);
    int r = outbox_add_digest(fixture->db, &mail, &fixture->error);
    commit(fixture);
    return r;
}

static int digest_due(struct fixture *fixture, int64_t sec, char address[MAIL_ADDRESS_MAX])
{
    return outbox_digest_due(fixture->db, sec * SEC, HOUR * SEC, address, &fixture->error);
}

static void a_storm_is_folded_and_becomes_one_digest(void **state)
{
    struct fixture *fixture = *state;
    const struct outbox_limits limits = {.burst = 5, .digest_usec = HOUR * SEC, .queue = 1000};
    char address[MAIL_ADDRESS_MAX] = "";
    struct mail other = a_mail(1, "user:0", "warn", T0);
    other.recipients = 1; /* to a@b alone: c@d has one more to come */
    assert_int_equal(add_within(fixture, &other, &limits), 0);
    storm(fixture, &limits, 2, 49, T0);
    struct counts now = state_at(fixture, T0);
    assert_int_equal(now.of.waiting, 6);
    assert_int_equal(now.of.folded, 45);
    struct seen seen = list(fixture, OUTBOX_ONE, 6);
    assert_int_equal(seen.last.recipient[0].state, MAIL_FOLDED);
    assert_int_equal(seen.last.recipient[1].state, MAIL_WAITING);
    assert_true(seen.length > 0);
    seen = list(fixture, OUTBOX_ONE, 7);
    assert_int_equal(seen.last.recipient[1].state, MAIL_FOLDED);
    assert_int_equal(seen.length, 0); /* nobody gets it: its subject is enough */

    assert_int_equal(digest_due(fixture, T0 + HOUR - 1, address), 0);
    assert_int_equal(digest_due(fixture, T0 + HOUR, address), 1);
    assert_string_equal(address, "a@b");
    seen = (struct seen){0};
    assert_int_equal(outbox_folded(fixture->db, address, note_mail, &seen, NULL), 0);
    assert_int_equal(seen.count, 45);
    assert_int_equal(seen.last.id, 50);
    assert_int_equal(add_digest(fixture, T0 + HOUR), 0);
    assert_int_equal(digest_due(fixture, T0 + HOUR, address), 1);
    assert_string_equal(address, "c@d");
    assert_int_equal(list(fixture, OUTBOX_ONE, 6).last.recipient[0].state, MAIL_IN_DIGEST);

    /* No second digest while the first waits. */
    storm(fixture, &limits, 100, 12, T0 + HOUR);
    seen = (struct seen){0};
    assert_int_equal(outbox_folded(fixture->db, "a@b", note_mail, &seen, NULL), 0);
    assert_int_equal(seen.count, 7); /* the digest itself did not count into the burst of 5 */
    assert_int_equal(settle(fixture, 51, "a@b", MAIL_WAITING, "451", T0 + HOUR), 0);
    assert_int_equal(digest_due(fixture, T0 + 9 * HOUR, address), 1);
    assert_string_equal(address, "c@d");
    assert_int_equal(settle(fixture, 51, "a@b", MAIL_SENT, "", T0 + HOUR), 0);
    assert_int_equal(digest_due(fixture, T0 + 9 * HOUR, address), 1);
    assert_string_equal(address, "a@b");
}

static void a_full_outbox_folds(void **state)
{
    struct fixture *fixture = *state;
    const struct outbox_limits limits = {.burst = 1000, .digest_usec = HOUR * SEC, .queue = 10};
    storm(fixture, &limits, 1, 100, T0);
    assert_int_equal(state_at(fixture, T0).of.waiting, 10);
    assert_int_equal(state_at(fixture, T0).of.folded, 90);
    assert_int_equal(add_digest(fixture, T0), 0); /* has a place of its own */
    assert_int_equal(state_at(fixture, T0).of.waiting, 11);
}

static void a_person_tries_again_or_drops(void **state)
{
    struct fixture *fixture = *state;
    struct mail mail = a_mail(1, "docker:web", "warn", T0);
    assert_int_equal(add(fixture, &mail), 0);
    mail = a_mail(2, "docker:db", "warn", T0);
    assert_int_equal(add(fixture, &mail), 0);
    assert_int_equal(settle(fixture, 1, "a@b", MAIL_GIVEN_UP, "550", T0), 0);
    assert_int_equal(settle(fixture, 1, "c@d", MAIL_SENT, "", T0), 0);
    assert_int_equal(settle(fixture, 2, "a@b", MAIL_WAITING, "451", T0), 0);
    assert_int_equal(settle(fixture, 2, "c@d", MAIL_WAITING, "451", T0), 0);
    assert_false(state_at(fixture, T0 + 1).due);

    assert_int_equal(outbox_retry(fixture->db, 1, (T0 + 1) * SEC, NULL), 1);
    struct seen seen = next(fixture, T0 + 1, 0);
    assert_int_equal(seen.last.id, 1);
    assert_int_equal(seen.last.recipient[0].state, MAIL_WAITING);
    assert_int_equal(seen.last.recipient[1].state, MAIL_SENT);
    assert_int_equal(next(fixture, T0 + 1, 1).count, 0);
    assert_int_equal(outbox_retry(fixture->db, 0, (T0 + 1) * SEC, NULL), 3);
    assert_int_equal(next(fixture, T0 + 1, 1).count, 1);
    assert_int_equal(outbox_retry(fixture->db, 999, T0 * SEC, NULL), 0);

    assert_int_equal(outbox_drop(fixture->db, 2, NULL), 2);
    assert_int_equal(outbox_drop(fixture->db, 2, NULL), 0);
    assert_int_equal(next(fixture, T0 + 1, 1).count, 0);
    assert_int_equal(settle(fixture, 2, "a@b", MAIL_SENT, "", T0), -ENOENT);
    assert_int_equal(outbox_retry(fixture->db, 2, (T0 + 1) * SEC, NULL), 2);
}

static void a_folded_mail_can_be_dropped_but_not_retried(void **state)
{
    struct fixture *fixture = *state;
    const struct outbox_limits limits = {.burst = 1, .digest_usec = HOUR * SEC, .queue = 1000};
    storm(fixture, &limits, 1, 3, T0);
    assert_int_equal(outbox_retry(fixture->db, 2, T0 * SEC, NULL), 0);
    assert_int_equal(outbox_drop(fixture->db, 2, NULL), 2);
    assert_int_equal(outbox_retry(fixture->db, 2, T0 * SEC, NULL), 0); /* it has no bytes */
    assert_int_equal(state_at(fixture, T0).of.folded, 1);
}

static void mails_that_wait_no_more_are_forgotten_in_time(void **state)
{
    struct fixture *fixture = *state;
    const struct rollup_limits limits = {.raw_sec = 2 * 86400,
        .minute_sec = 14 * 86400,
        .ten_minutes_sec = 90 * 86400,
        .hour_sec = 730 * 86400,
        .mail_sec = 10 * HOUR,
        .cap_bytes = 1 << 30};
    for (uint64_t i = 1; i <= 2; i++) {
        struct mail mail = a_mail(i, "docker:web", i == 1 ? "warn" : "reset", T0);
        assert_int_equal(add(fixture, &mail), 0);
    }
    assert_int_equal(settle(fixture, 1, "a@b", MAIL_SENT, "", T0), 0);
    assert_int_equal(settle(fixture, 1, "c@d", MAIL_GIVEN_UP, "550", T0), 0);
    assert_int_equal(settle(fixture, 2, "a@b", MAIL_SENT, "", T0), 0);
    assert_int_equal(rollup_run(fixture->db, (T0 + 9 * HOUR) * SEC, &limits, NULL), 0);
    assert_int_equal(list(fixture, OUTBOX_ALL, 0).count, 2);
    assert_int_equal(rollup_run(fixture->db, (T0 + 11 * HOUR) * SEC, &limits, NULL), 0);
    struct seen seen = list(fixture, OUTBOX_ALL, 0);
    assert_true(seen.count == 1 && seen.last.id == 2);
    assert_int_equal(ask(fixture->path, "SELECT count(*) FROM delivery"), 2);
}

/* As it was at version 2: one state for all recipients. */
static void older_mails_are_migrated(void **state)
{
    struct fixture *fixture = *state;
    fixture_age(fixture, 2);
    (void)ask(fixture->path,
        "INSERT INTO mail VALUES (1, 1, 17, 'user:1', 'warn', 5, 60000007, 'waiting', 3, 'm@n',"
        " 'a@b,c@d', x'0102', '451 later')");
    (void)ask(fixture->path,
        "INSERT INTO mail VALUES (2, 1, 18, 'user:1', 'reset', 5, 6, 'sent', 1, 'm@o', 'a@b',"
        " x'0102', '')");
    assert_int_equal(db_open(fixture->path, DB_WRITE, &fixture->db, &fixture->error), 0);
    assert_int_equal(ask(fixture->path, "SELECT count(*) FROM delivery"), 3);
    assert_int_equal(
        ask(fixture->path, "SELECT count(*) FROM delivery WHERE mail = 1 AND state = 'waiting'"
                           " AND tries = 3 AND next_try_usec = 60000007"
                           " AND last_error = '451 later' AND address IN ('a@b', 'c@d')"),
        2);
    assert_int_equal(
        ask(fixture->path, "SELECT count(*) FROM delivery WHERE mail = 2 AND state = 'sent'"
                           " AND address = 'a@b'"),
        1);
    assert_true(state_at(fixture, 61).due);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)
        TEST(each_recipient_has_an_outcome),
        TEST(the_wait_doubles_up_to_six_hours),
        TEST(a_clock_that_ran_ahead_does_not_silence),
        TEST(a_slice_is_told_once_a_stage_and_interval),
        TEST(a_decision_is_told_once_however_often_it_is_drained),
        TEST(due_mails_come_one_by_one_oldest_first),
        TEST(a_storm_is_folded_and_becomes_one_digest),
        TEST(a_full_outbox_folds),
        TEST(a_person_tries_again_or_drops),
        TEST(a_folded_mail_can_be_dropped_but_not_retried),
        TEST(mails_that_wait_no_more_are_forgotten_in_time),
        TEST(older_mails_are_migrated),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
