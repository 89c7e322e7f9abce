/* For tests: writes down what it was asked, and does nothing. */
#include "slices/act/backend.h"

#include <string.h>

static enum action_result record(struct attempt *attempt)
{
    struct actuator *actuator = attempt->actuator;
    struct action *first = actuator->recorded;
    if (actuator->recorded_count == ACTUATOR_RECORDED_MAX)
        memmove(first, first + 1, --actuator->recorded_count * sizeof *first);
    first[actuator->recorded_count++] = *attempt->action;
    return RESULT_RECORDED;
}

const struct backend backend_recording = {
    .name = "recording", .takes_all = true, .carry_out = record};
