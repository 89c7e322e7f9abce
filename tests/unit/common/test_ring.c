#include "mom/common/ring.h"
#include "tests/unit/folder.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { SIZE = 64 * 1024, TYPE = 7 };

static char path[96], ack[96];
static char buffer[RING_PAYLOAD_MAX];

static int begin(void **state)
{
    int r = folder_make(state);
    (void)snprintf(path, sizeof path, "%s/ring", folder);
    (void)snprintf(ack, sizeof ack, "%s/ack", folder);
    return r;
}

static struct ring_writer open_writer(void)
{
    struct ring_writer writer;
    assert_int_equal(ring_writer_open(&writer, path, ack, SIZE, 0640, (gid_t)-1, NULL), 0);
    return writer;
}

static struct ring_reader open_reader(void)
{
    struct ring_reader reader;
    assert_int_equal(ring_reader_open(&reader, path, ack, (gid_t)-1, NULL), 0);
    return reader;
}

static void write_number(struct ring_writer *writer, uint64_t number, size_t length)
{
    static char payload[RING_PAYLOAD_MAX];
    memset(payload, (int)(number & 0xff), sizeof payload);
    memcpy(payload, &number, sizeof number);
    assert_int_equal(ring_write(writer, TYPE, payload, length), 0);
}

static uint64_t read_number(struct ring_reader *reader)
{
    uint32_t type;
    uint64_t number;
    ssize_t n = ring_read(reader, &type, buffer);
    assert_true(n >= 8);
    assert_int_equal(type, TYPE);
    memcpy(&number, buffer, sizeof number);
    for (ssize_t i = 8; i < n; i++)
        assert_int_equal((unsigned char)buffer[i], number & 0xff);
    return number;
}

static void records_come_out_whole_and_in_order_around_the_end(void **state)
{
    (void)state;
    struct ring_writer writer = open_writer();
    struct ring_reader reader = open_reader();
    uint32_t type;
    for (uint64_t i = 0; i < 2000; i++) {
        write_number(&writer, i, 8 + (i * 37) % 3000);
        assert_true(read_number(&reader) == i);
        assert_int_equal(ring_ack(&reader), 0);
    }
    assert_int_equal(ring_read(&reader, &type, buffer), -EAGAIN);
    assert_true(ring_dropped(&writer) == 0);
    ring_reader_close(&reader);
    ring_writer_close(&writer);
}

static void nothing_is_read_beyond_the_mark(void **state)
{
    (void)state;
    struct ring_writer writer = open_writer();
    struct ring_reader reader = open_reader();
    uint32_t type;
    write_number(&writer, 1, 64);
    assert_int_equal(ring_mark(&reader), 0);
    write_number(&writer, 2, 64);
    assert_true(read_number(&reader) == 1);
    assert_int_equal(ring_read(&reader, &type, buffer), -EAGAIN);
    assert_int_equal(ring_mark(&reader), 0);
    assert_true(read_number(&reader) == 2);
    ring_reader_close(&reader);
    ring_writer_close(&writer);
}

static void a_fifo_in_place_of_the_ring_makes_nobody_wait(void **state)
{
    (void)state;
    struct ring_reader reader;
    assert_int_equal(mkfifo(path, 0600), 0);
    assert_true(ring_reader_open(&reader, path, ack, (gid_t)-1, NULL) < 0);
}

static void a_full_ring_drops_the_new_and_counts(void **state)
{
    (void)state;
    struct ring_writer writer = open_writer();
    struct ring_reader reader = open_reader();
    uint64_t written = 0;
    static const char payload[1000];
    while (ring_write(&writer, TYPE, payload, sizeof payload) == 0)
        written++;
    assert_true(written >= SIZE / 1100 && written <= SIZE / 1000);
    assert_int_equal(ring_write(&writer, TYPE, payload, sizeof payload), -ENOBUFS);
    uint64_t dropped = 0;
    assert_int_equal(ring_reader_dropped(&reader, &dropped), 0);
    assert_true(dropped == 2);
    uint32_t type;
    for (uint64_t i = 0; i < written; i++)
        assert_int_equal(ring_read(&reader, &type, buffer), sizeof payload);
    /* Read is not enough: what isn't safe in the database yet must stay. */
    assert_int_equal(ring_write(&writer, TYPE, payload, sizeof payload), -ENOBUFS);
    assert_int_equal(ring_ack(&reader), 0);
    assert_int_equal(ring_write(&writer, TYPE, payload, sizeof payload), 0);
    ring_reader_close(&reader);
    ring_writer_close(&writer);
}

static void what_is_read_and_not_acknowledged_presses_beyond_half_of_the_ring(void **state)
{
    (void)state;
    struct ring_writer writer = open_writer();
    struct ring_reader reader = open_reader();
    const size_t record = 1008, room = record + 16; /* payload and header */
    for (uint64_t i = 0; i < SIZE / room; i++)
        write_number(&writer, i, record);
    assert_false(ring_presses(&reader)); /* unread, it can be had at once */
    for (uint64_t i = 0; i < SIZE / 2 / room; i++)
        (void)read_number(&reader);
    assert_false(ring_presses(&reader));
    (void)read_number(&reader);
    assert_true(ring_presses(&reader));
    ring_reader_close(&reader);
    reader = open_reader(); /* and reads again from where it was acknowledged */
    assert_false(ring_presses(&reader));
    for (uint64_t i = 0; i < SIZE / room; i++)
        (void)read_number(&reader);
    assert_true(ring_presses(&reader));
    assert_int_equal(ring_ack(&reader), 0);
    assert_false(ring_presses(&reader));
    ring_reader_close(&reader);
    ring_writer_close(&writer);
}

static void what_was_not_acknowledged_is_read_again(void **state)
{
    (void)state;
    struct ring_writer writer = open_writer();
    struct ring_reader reader = open_reader();
    for (uint64_t i = 0; i < 5; i++)
        write_number(&writer, i, 100);
    assert_true(read_number(&reader) == 0);
    assert_true(read_number(&reader) == 1);
    assert_int_equal(ring_ack(&reader), 0);
    assert_true(read_number(&reader) == 2);
    ring_reader_close(&reader); /* as if killed */
    reader = open_reader();
    for (uint64_t i = 2; i < 5; i++)
        assert_true(read_number(&reader) == i);
    ring_reader_close(&reader);
    ring_writer_close(&writer);
}

static void a_writer_that_comes_back_goes_on(void **state)
{
    (void)state;
    struct ring_writer writer = open_writer();
    write_number(&writer, 1, 64);
    ring_writer_close(&writer);
    writer = open_writer();
    write_number(&writer, 2, 64);
    struct ring_reader reader = open_reader();
    assert_true(read_number(&reader) == 1);
    assert_true(read_number(&reader) == 2);
    ring_reader_close(&reader);
    ring_writer_close(&writer);
}

/* A writer that comes back after the first round, and finds no ack, took the ring for empty. */
static void a_lost_ack_neither_overwrites_nor_blocks(void **state)
{
    (void)state;
    struct ring_writer writer = open_writer();
    struct ring_reader reader = open_reader();
    for (uint64_t i = 0; i < 100; i++) {
        write_number(&writer, i, 1000);
        assert_true(read_number(&reader) == i);
        assert_int_equal(ring_ack(&reader), 0);
    }
    ring_reader_close(&reader);
    ring_writer_close(&writer);
    assert_int_equal(unlink(ack), 0);
    writer = open_writer();
    static const char payload[64];
    assert_int_equal(ring_write(&writer, TYPE, payload, sizeof payload), -ENOBUFS);
    reader = open_reader();
    write_number(&writer, 100, 1000);
    assert_true(read_number(&reader) == 100);
    ring_reader_close(&reader);
    ring_writer_close(&writer);
}

static void damage_is_noticed_and_passed_over(void **state)
{
    (void)state;
    struct ring_writer writer = open_writer();
    struct ring_reader reader = open_reader();
    uint32_t type;
    write_number(&writer, 1, 64);
    memset((char *)writer.file.base + 4096 + 40, 0xee, 8);
    assert_int_equal(ring_read(&reader, &type, buffer), -EPROTO);
    write_number(&writer, 2, 64);
    assert_true(read_number(&reader) == 2);
    ring_reader_close(&reader);
    ring_writer_close(&writer);
}

/* Found by fuzzing: past the head the reader went round and round. */
static void damage_that_leads_past_the_head_comes_to_an_end(void **state)
{
    (void)state;
    struct ring_writer writer = open_writer();
    struct ring_reader reader = open_reader();
    const struct {
        uint32_t length, type;
        uint64_t check;
    } pad = {.type = UINT32_MAX};
    uint32_t type;
    write_number(&writer, 1, 64);
    memcpy((char *)writer.file.base + 4096, &pad, sizeof pad);
    assert_int_equal(ring_read(&reader, &type, buffer), -EPROTO);
    write_number(&writer, 2, 64);
    assert_true(read_number(&reader) == 2);
    ring_reader_close(&reader);
    ring_writer_close(&writer);
}

static void a_lying_reader_can_not_hurt_the_writer(void **state)
{
    (void)state;
    struct ring_writer writer = open_writer();
    static const char payload[1000];
    int fd = open(ack, O_RDWR | O_CREAT, 0600);
    const uint64_t lies[2] = {*((uint64_t *)writer.file.base + 5), UINT64_MAX};
    assert_int_equal(pwrite(fd, lies, sizeof lies, 0), sizeof lies);
    uint64_t written = 0;
    while (ring_write(&writer, TYPE, payload, sizeof payload) == 0)
        assert_true(++written <= SIZE / 1000);
    assert_int_equal(ftruncate(fd, 0), 0);
    assert_int_equal(ring_write(&writer, TYPE, payload, sizeof payload), -ENOBUFS);
    (void)close(fd);
    ring_writer_close(&writer);
}

static void a_ring_made_anew_is_told_from_the_old(void **state)
{
    (void)state;
    struct ring_writer writer = open_writer();
    write_number(&writer, 1, 64);
    struct ring_reader reader = open_reader();
    assert_true(read_number(&reader) == 1);
    assert_int_equal(ring_ack(&reader), 0);
    ring_writer_close(&writer);
    (void)unlink(path);
    writer = open_writer();
    write_number(&writer, 2, 64);
    ring_reader_close(&reader);
    reader = open_reader();
    assert_true(read_number(&reader) == 2);
    ring_reader_close(&reader);
    ring_writer_close(&writer);
}

static void no_ring_of_ours_is_refused(void **state)
{
    (void)state;
    struct ring_reader reader;
    assert_int_equal(ring_reader_open(&reader, path, ack, (gid_t)-1, NULL), -ENOENT);
    int fd = open(path, O_RDWR | O_CREAT, 0600);
    assert_int_equal(ftruncate(fd, 8192), 0);
    assert_int_equal(ring_reader_open(&reader, path, ack, (gid_t)-1, NULL), -EPROTO);
    (void)close(fd);
    (void)unlink(path);
    struct ring_writer writer = open_writer();
    ((uint64_t *)writer.file.base)[2] = UINT64_MAX; /* its size */
    assert_int_equal(ring_reader_open(&reader, path, ack, (gid_t)-1, NULL), -EPROTO);
    ring_writer_close(&writer);
}

/* A writer that is killed at any moment leaves only whole records. */
static void a_killed_writer_leaves_whole_records(void **state)
{
    (void)state;
    struct ring_writer writer = open_writer();
    struct ring_reader reader = open_reader();
    ring_writer_close(&writer);
    uint64_t expected = 0;
    for (int round = 0; round < 20; round++) {
        int begun[2];
        assert_int_equal(pipe(begun), 0);
        pid_t pid = fork();
        assert_true(pid >= 0);
        if (pid == 0) {
            struct ring_writer own;
            if (ring_writer_open(&own, path, ack, SIZE, 0640, (gid_t)-1, NULL) < 0)
                _exit(1);
            (void)close(begun[0]);
            (void)close(begun[1]);
            static char payload[500];
            for (uint64_t i = expected;;
                 i += ring_write(&own, TYPE, payload, sizeof payload) == 0) {
                memset(payload, (int)(i & 0xff), sizeof payload);
                memcpy(payload, &i, sizeof i);
            }
        }
        (void)close(begun[1]);
        char nothing;
        assert_int_equal(read(begun[0], &nothing, 1), 0); /* it has closed its own end: it writes */
        (void)close(begun[0]);
        (void)usleep(2000);
        (void)kill(pid, SIGKILL);
        (void)waitpid(pid, NULL, 0);
        uint32_t type;
        ssize_t n;
        while ((n = ring_read(&reader, &type, buffer)) >= 0) {
            uint64_t number;
            memcpy(&number, buffer, sizeof number);
            assert_true(number == expected);
            expected++;
        }
        assert_int_equal(n, -EAGAIN);
        assert_int_equal(ring_ack(&reader), 0);
    }
    assert_true(expected > 0);
    ring_reader_close(&reader);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, begin, folder_remove)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(records_come_out_whole_and_in_order_around_the_end),
        TEST(nothing_is_read_beyond_the_mark),
        TEST(a_fifo_in_place_of_the_ring_makes_nobody_wait),
        TEST(a_full_ring_drops_the_new_and_counts),
        TEST(what_is_read_and_not_acknowledged_presses_beyond_half_of_the_ring),
        TEST(what_was_not_acknowledged_is_read_again),
        TEST(a_writer_that_comes_back_goes_on),
        TEST(a_lost_ack_neither_overwrites_nor_blocks),
        TEST(damage_is_noticed_and_passed_over),
        TEST(damage_that_leads_past_the_head_comes_to_an_end),
        TEST(a_lying_reader_can_not_hurt_the_writer),
        TEST(a_ring_made_anew_is_told_from_the_old),
        TEST(no_ring_of_ours_is_refused),
        TEST(a_killed_writer_leaves_whole_records),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
