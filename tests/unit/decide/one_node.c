#include "tests/unit/decide/one_node.h"

#include <string.h>

struct policy *policy;
struct node_watch guard;
struct standing standing;
struct decision decision;
struct subject leaker, big, small;
struct subject *const all[] = {&leaker, &big, &small};
size_t gone;

void use_policy(const char *text)
{
    policy_free(policy);
    policy = load(text);
    node_watch_init(&guard);
    gone = 0;
    subject_init(&leaker, policy, 1, "c0", 500 * MIB, 0);
    subject_init(&big, policy, 2, "big", 50 * MIB, 200 * MIB);
    subject_init(&small, policy, 3, "c1", 70 * MIB, 0);
    leaker.watch.growth = leaker.watch.growth_now = 20e6;
    leaker.watch.absent_usec = at(-30).boot_usec; /* all that it has it took since then */
}

int set_up(void **state)
{
    (void)state;
    use_policy("");
    return 0;
}

int tear_down(void **state)
{
    (void)state;
    policy_free(policy);
    policy = NULL;
    return 0;
}

enum action_kind look(const struct node_sample *node)
{
    struct stamp now = node->at;
    uint32_t count = decide_node(&guard, policy, node, &standing, now, &decision);
    return count ? decision.action : ACTION_NONE;
}

void show(struct node_sample node, double from, double seconds, int ret[ACTION_KINDS])
{
    stand(&standing, policy, all + gone, 3 - gone, from);
    memset(ret, 0, ACTION_KINDS * sizeof *ret);
    for (int i = 0; i < seconds * 4; i++) {
        node.at = at(from + i * 0.25);
        node.value[NODE_PSWPOUT] += 100;
        node.value[NODE_PSI_SOME_TOTAL] += 100;
        ret[look(&node)]++;
    }
}

struct node_sample used_up(void)
{
    return node_of(0, 60 * MIB, 20 * MIB);
}

int run_out(void)
{
    int resets = 0;
    stand(&standing, policy, all, 3, 0);
    for (int i = 0; i < 16; i++) {
        struct node_sample node = node_of(i * 0.25, (200 - 10 * (uint64_t)i) * MIB, 20 * MIB);
        resets += look(&node) == ACTION_RESET;
    }
    return resets;
}
