#include "tests/unit/decide/one_slice.h"

const char enforcing[] =
    "slices: {leak: enforce, leak_grace: 10min, leak_horizon: 2h, probation: 10min, "
    "min_size: 64M, owner: \"web@example.org\"}\n"
    "penalties: [{strikes: 2, probation_times: 2, throttle_to: 25%}, {strikes: 3, probation_times: "
    "4, "
    "throttle_to: 10%}]\n"
    "mail: {interval: 1h}\n";

struct policy *policy;
struct subject slice;
struct node_sample node;
struct decision decision[1];
uint64_t raised_bytes;

void use_policy(const char *text)
{
    policy_free(policy);
    policy = load(text);
    subject_init(&slice, policy, 7, "web", 200 * MIB, 50 * MIB);
}

int set_up(void **state)
{
    (void)state;
    node = node_of(0, 512 * MIB, 512 * MIB);
    raised_bytes = 0;
    use_policy(enforcing);
    return 0;
}

int tear_down(void **state)
{
    (void)state;
    policy_free(policy);
    policy = NULL;
    return 0;
}

enum action_kind tick(double seconds)
{
    uint32_t count = decide_slice(
        &slice.watch, &slice.slice, policy, &node, &raised_bytes, at(seconds), decision);
    return count ? decision[0].action : ACTION_NONE;
}

void outcome(enum action_result result, double seconds)
{
    struct outcome outcome = {.kind = ACTION_RESET, .result = result};
    decide_outcome(&slice.watch, &outcome, at(seconds));
}

void struck(uint32_t times)
{
    slice.watch.ladder.strikes = times;
    slice.watch.ladder.struck_unix_usec = at(0).unix_usec;
}

void throttled(double seconds)
{
    struct outcome done = {.kind = ACTION_THROTTLE, .result = RESULT_DONE};
    decide_outcome(&slice.watch, &done, at(seconds));
}

void released(enum action_result result, double seconds)
{
    struct outcome outcome = {.kind = ACTION_RELEASE, .result = result};
    decide_outcome(&slice.watch, &outcome, at(seconds));
}

enum action_kind due(double *ret_seconds)
{
    subject_leaks(&slice, LEAK_CONFIRMED, SHAPE_GROWING, 60);
    assert_int_equal(tick(0), ACTION_WARN);
    *ret_seconds = 1000;
    return tick(1000);
}
