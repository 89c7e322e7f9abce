/* What tests of one slice on this machine's tree share, beside bench.h: the slice in a scope of its
 * own, and an actuator over it, which is opened when it is first needed. */
#ifndef TESTS_UNIT_ACT_ONE_LIVE_H
#define TESTS_UNIT_ACT_ONE_LIVE_H

#include "tests/unit/act/bench.h"

extern struct bench bench; /* options may be changed until the actuator is opened */
extern struct slice slice;
extern char scope[SLICE_PATH_MAX];

int set_up(void **state);
int tear_down(void **state);

struct actuator *actuator(void);

/* Carries it out; the rest stands in bench.outcome. */
enum action_result apply(const struct action *action);

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

#endif
