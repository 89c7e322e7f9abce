/* What the tests about one slice share: the slice, its policy and node, and words for what happens
 * to it. Times are seconds, as at(). */
#ifndef TESTS_UNIT_DECIDE_ONE_SLICE_H
#define TESTS_UNIT_DECIDE_ONE_SLICE_H

#include "tests/unit/decide/decide_test.h"

extern const char enforcing[]; /* the policy that set_up begins with */
extern struct policy *policy;
extern struct subject slice;
extern struct node_sample node;
extern struct decision decision[1]; /* the newest of tick */
extern uint64_t raised_bytes;       /* by which limits are raised, in all */

int set_up(void **state);
int tear_down(void **state);

/* Another policy, and the slice made anew. */
void use_policy(const char *text);

/* What is decided about the slice then. */
enum action_kind tick(double seconds);

/* What came of its reset. */
void outcome(enum action_result result, double seconds);

/* It was reset so often before. */
void struck(uint32_t times);

/* The throttle that was decided is in force; what came of its release. */
void throttled(double seconds);
void released(enum action_result result, double seconds);

/* Confirmed, warned, and the limit is near: what is decided then, and when that was. */
enum action_kind due(double *ret_seconds);

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

#endif
