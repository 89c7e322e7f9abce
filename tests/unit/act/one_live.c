#include "tests/unit/act/one_live.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

struct bench bench;
struct slice slice;
char scope[SLICE_PATH_MAX];
static struct actuator *opened;

int set_up(void **state)
{
    (void)state;
    bench_open_live(&bench, "act", scope, &slice);
    return 0;
}

int tear_down(void **state)
{
    (void)state;
    actuator_close(opened);
    opened = NULL;
    bench_close_live(&bench);
    return 0;
}

struct actuator *actuator(void)
{
    if (!opened)
        assert_int_equal(actuator_open(&bench.options, &opened, NULL), 0);
    return opened;
}

enum action_result apply(const struct action *action)
{
    actuator_apply(actuator(), action, &bench.outcome, &bench.processes);
    return bench.outcome.result;
}
