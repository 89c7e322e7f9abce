/* Through which kind of memory a slice grows. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "policy/leak/channel.h"

#define MIB  (UINT64_C(1) << 20)
#define HOUR INT64_C(3600000000)

static struct leak_channels channels;
static struct sample sample;

static int set_up(void **state)
{
    (void)state;
    channels = (struct leak_channels){0};
    sample = (struct sample){0};
    sample_set(&sample, SAMPLE_ANON, 400 * MIB);
    sample_set(&sample, SAMPLE_SHMEM, 50 * MIB);
    return 0;
}

/* A minute each, for so many hours: one part grows by so many MiB an hour, another gives way. */
static enum leak_channel grow(
    double hours, enum sample_field part, uint64_t an_hour, enum sample_field other, uint64_t less)
{
    enum leak_channel said = LEAK_CHANNEL_UNKNOWN;
    uint64_t from = sample_known(&sample, part), down = sample_known(&sample, other);
    for (uint64_t minute = 1; (double)minute <= hours * 60; minute++) {
        sample_set(&sample, part, from + an_hour * MIB * minute / 60);
        if (less > 0)
            sample_set(&sample, other, down - less * MIB * minute / 60);
        said = leak_channels_add(&channels, HOUR + (int64_t)minute * HOUR / 60, &sample);
    }
    return said;
}

static void each_kind_is_named(void **state)
{
    static const struct {
        enum sample_field part;
        enum leak_channel channel;
    } kinds[] = {{SAMPLE_ANON, LEAK_CHANNEL_ANON}, {SAMPLE_SHMEM, LEAK_CHANNEL_SHMEM},
        {SAMPLE_KERNEL, LEAK_CHANNEL_KERNEL}, {SAMPLE_SWAP, LEAK_CHANNEL_SWAP}};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        set_up(state);
        assert_int_equal(grow(4, kinds[i].part, 20, SAMPLE_ANON, 0), kinds[i].channel);
    }
}

static void what_is_paged_out_grows_in_swap_while_it_shrinks_in_memory(void **state)
{
    (void)state;
    assert_int_equal(grow(6, SAMPLE_SWAP, 30, SAMPLE_ANON, 20), LEAK_CHANNEL_SWAP);
}

static void what_can_be_reclaimed_is_none_of_it(void **state)
{
    (void)state;
    sample_set(&sample, SAMPLE_KERNEL, 100 * MIB);
    for (uint64_t minute = 1; minute < 240; minute++) {
        sample_set(&sample, SAMPLE_KERNEL, (100 + minute) * MIB);
        sample_set(&sample, SAMPLE_SLAB_RECLAIMABLE, minute * MIB);
        assert_int_equal(leak_channels_add(&channels, HOUR + (int64_t)minute * HOUR / 60, &sample),
            LEAK_CHANNEL_UNKNOWN);
    }
}

static void little_says_nothing_nor_does_a_fall(void **state)
{
    (void)state;
    sample.value[SAMPLE_ANON] = 0;
    assert_int_equal(grow(0.05, SAMPLE_ANON, 10, SAMPLE_SHMEM, 0), LEAK_CHANNEL_UNKNOWN);
    assert_int_equal(grow(4, SAMPLE_ANON, 10, SAMPLE_SHMEM, 0), LEAK_CHANNEL_ANON);
    sample.value[SAMPLE_ANON] = 0; /* a restart */
    assert_int_equal(leak_channels_add(&channels, 6 * HOUR, &sample), LEAK_CHANNEL_UNKNOWN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(each_kind_is_named, set_up),
        cmocka_unit_test_setup(what_is_paged_out_grows_in_swap_while_it_shrinks_in_memory, set_up),
        cmocka_unit_test_setup(what_can_be_reclaimed_is_none_of_it, set_up),
        cmocka_unit_test_setup(little_says_nothing_nor_does_a_fall, set_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
