/* A mail's way through the outbox. */
#include "fixture.h"

#include <errno.h>
#include <string.h>

static struct mail a_mail(uint64_t decision, const char *key, const char *stage, int64_t sec)
{
    static const char bytes[] = "To: <a@b>\r\n\r\nbytes \0 and \xff\r\n";
    return (struct mail){.created_unix_usec = sec * SEC,
        .next_try_unix_usec = sec * SEC,
        .decision = decision,
        .key = key,
        .stage = stage,
        .message_id = "<1@node>",
        .recipients = "a@b,c@d",
        .bytes = bytes,
        .length = sizeof bytes - 1};
}

static int add(struct fixture *fixture, const struct mail *mail)
{
    begin(fixture);
    int r = outbox_add(fixture->db, mail, 3600 * SEC, &fixture->error);
    commit(fixture);
    return r;
}

struct seen {
    int count;
    int64_t id[8];
    struct mail last;
    char error[64];
};

static int note_mail(void *context, const struct mail *mail)
{
    struct seen *seen = context;
    seen->id[seen->count++] = mail->id;
    seen->last = *mail;
    (void)strcpy(seen->error, mail->last_error);
    const struct mail sent = a_mail(0, "", "", 0);
    assert_int_equal(mail->length, sent.length);
    assert_memory_equal(mail->bytes, sent.bytes, sent.length);
    assert_string_equal(mail->recipients, sent.recipients);
    assert_string_equal(mail->message_id, sent.message_id);
    return 0;
}

static struct seen due(struct fixture *fixture, int64_t now_sec)
{
    struct seen seen = {0};
    assert_int_equal(outbox_due(fixture->db, now_sec * SEC, 8, note_mail, &seen, NULL), 0);
    return seen;
}

static void a_mail_waits_is_tried_and_sent(void **state)
{
    struct fixture *fixture = *state;
    struct mail mail = a_mail(17, "docker:web", "warn", T0);
    uint32_t count;
    int64_t next;
    assert_int_equal(outbox_waiting(fixture->db, &count, &next, NULL), 0);
    assert_true(count == 0 && next == INT64_MAX);
    assert_int_equal(add(fixture, &mail), 0);
    assert_int_equal(due(fixture, T0 - 1).count, 0);
    struct seen seen = due(fixture, T0);
    assert_int_equal(seen.count, 1);
    assert_true(seen.last.state == MAIL_WAITING && seen.last.tries == 0);
    assert_int_equal(seen.last.decision, 17);

    assert_int_equal(
        outbox_settle(fixture->db, seen.id[0], MAIL_WAITING, (T0 + 60) * SEC, "451 later", NULL),
        0);
    assert_int_equal(due(fixture, T0 + 59).count, 0);
    assert_int_equal(outbox_waiting(fixture->db, &count, &next, NULL), 0);
    assert_true(count == 1 && next == (T0 + 60) * SEC);
    fixture_reopen(fixture);
    seen = due(fixture, T0 + 60);
    assert_true(seen.count == 1 && seen.last.tries == 1);
    assert_string_equal(seen.error, "451 later");

    assert_int_equal(outbox_settle(fixture->db, seen.id[0], MAIL_SENT, 0, NULL, NULL), 0);
    assert_int_equal(due(fixture, T0 + 9999).count, 0);
    seen.count = 0;
    assert_int_equal(outbox_list(fixture->db, note_mail, &seen, NULL), 0);
    assert_true(seen.count == 1 && seen.last.state == MAIL_SENT && seen.last.tries == 2);
}

static void a_slice_is_told_once_a_stage_and_interval(void **state)
{
    struct fixture *fixture = *state;
    struct mail mail = a_mail(1, "docker:web", "warn", T0);
    assert_int_equal(add(fixture, &mail), 0);
    mail = a_mail(2, "docker:web", "warn", T0 + 3599);
    assert_int_equal(add(fixture, &mail), 1);
    mail = a_mail(2, "docker:web", "reset", T0 + 3599);
    assert_int_equal(add(fixture, &mail), 0);
    mail = a_mail(3, "docker:db", "warn", T0 + 3599);
    assert_int_equal(add(fixture, &mail), 0);
    mail = a_mail(4, "docker:web", "warn", T0 + 3600);
    assert_int_equal(add(fixture, &mail), 0);
    assert_int_equal(due(fixture, T0 + 9999).count, 4);
}

static void a_decision_is_told_once_however_often_it_is_drained(void **state)
{
    struct fixture *fixture = *state;
    struct mail mail = a_mail(1, "docker:web", "warn", T0);
    assert_int_equal(add(fixture, &mail), 0);
    mail.created_unix_usec += 7200 * SEC;
    assert_int_equal(add(fixture, &mail), 1);
    fixture_boot(fixture->db, 0x40); /* the same number in another boot is another decision */
    assert_int_equal(add(fixture, &mail), 0);
}

static void a_clock_that_ran_ahead_does_not_silence(void **state)
{
    struct fixture *fixture = *state;
    struct mail mail = a_mail(1, "docker:web", "warn", T0 + 1000000);
    assert_int_equal(add(fixture, &mail), 0);
    mail = a_mail(2, "docker:web", "warn", T0);
    assert_int_equal(add(fixture, &mail), 0);
}

static void due_mails_come_oldest_first_and_bounded(void **state)
{
    struct fixture *fixture = *state;
    for (uint64_t i = 1; i <= 5; i++) {
        struct mail mail = a_mail(i, "docker:web", "warn", T0 + (int64_t)i * 3600);
        assert_int_equal(add(fixture, &mail), 0);
    }
    struct seen seen = {0};
    assert_int_equal(outbox_due(fixture->db, INT64_MAX, 3, note_mail, &seen, NULL), 0);
    assert_int_equal(seen.count, 3);
    assert_true(seen.id[0] < seen.id[1] && seen.id[1] < seen.id[2]);
    assert_int_equal(outbox_settle(fixture->db, 999, MAIL_SENT, 0, NULL, NULL), -ENOENT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)
        TEST(a_mail_waits_is_tried_and_sent),
        TEST(a_slice_is_told_once_a_stage_and_interval),
        TEST(a_decision_is_told_once_however_often_it_is_drained),
        TEST(a_clock_that_ran_ahead_does_not_silence),
        TEST(due_mails_come_oldest_first_and_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
