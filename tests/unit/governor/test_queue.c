#include "mom/governor/queue.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pthread.h>
#include <sched.h>

enum { SLOTS = 16, MESSAGES = 200000 };

static void a_full_queue_takes_nothing(void **state)
{
    (void)state;
    struct queue queue;
    uint64_t slots[SLOTS], message;
    queue_init(&queue, slots, sizeof *slots, SLOTS);
    assert_false(queue_take(&queue, &message));
    for (uint64_t i = 0; i < SLOTS; i++)
        assert_true(queue_put(&queue, &i));
    message = 99;
    assert_false(queue_put(&queue, &message));
    assert_true(queue_take(&queue, &message));
    assert_true(message == 0);
    message = 16;
    assert_true(queue_put(&queue, &message));
}

static void *send(void *argument)
{
    struct queue *queue = argument;
    for (uint64_t i = 0; i < MESSAGES;)
        if (queue_put(queue, &i))
            i++;
        else
            (void)sched_yield();
    return NULL;
}

static void messages_cross_threads_in_order(void **state)
{
    (void)state;
    struct queue queue;
    uint64_t slots[SLOTS], message;
    pthread_t sender;
    queue_init(&queue, slots, sizeof *slots, SLOTS);
    assert_int_equal(pthread_create(&sender, NULL, send, &queue), 0);
    for (uint64_t i = 0; i < MESSAGES;)
        if (queue_take(&queue, &message))
            assert_true(message == i++);
        else
            (void)sched_yield();
    (void)pthread_join(sender, NULL);
    assert_false(queue_take(&queue, &message));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_full_queue_takes_nothing),
        cmocka_unit_test(messages_cross_threads_in_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
