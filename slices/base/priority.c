#include "slices/base/priority.h"

bool priority_raise(struct priority *ret_before)
{
    const struct sched_param urgent = {.sched_priority = sched_get_priority_min(SCHED_FIFO)};
    ret_before->policy = sched_getscheduler(0);
    return ret_before->policy >= 0 && sched_getparam(0, &ret_before->param) == 0 &&
           sched_setscheduler(0, SCHED_FIFO | SCHED_RESET_ON_FORK, &urgent) == 0;
}

void priority_restore(const struct priority *before)
{
    (void)sched_setscheduler(0, before->policy, &before->param);
}
