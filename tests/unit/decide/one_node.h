/* What the tests of the guard's decisions share: a node with a leaker, a big idle neighbour and a
 * small one, and words for what the guard sees. Times are seconds, as at(). */
#ifndef TESTS_UNIT_DECIDE_ONE_NODE_H
#define TESTS_UNIT_DECIDE_ONE_NODE_H

#include "tests/unit/decide/decide_test.h"

extern struct policy *policy;
extern struct node_watch guard;
extern struct standing standing;
extern struct decision decision; /* the newest */
extern struct subject leaker, big, small;
extern struct subject *const all[3]; /* in this order */
extern size_t gone;                  /* so many of them are not there any more, in that order */

int set_up(void **state); /* the default policy */
int tear_down(void **state);

/* Another policy, and all made anew. */
void use_policy(const char *text);

/* The guard looks once. */
enum action_kind look(const struct node_sample *node);

/* Shows the guard the node for `seconds` from `from` on, four times a second, as it swaps out;
 * counts what is decided. The last decision stays. */
void show(struct node_sample node, double from, double seconds, int ret[ACTION_KINDS]);

/* Short by rule (a). */
struct node_sample used_up(void);

/* It falls by 40 MiB a second. Returns how many resets are decided. */
int run_out(void);

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

#endif
