/* What happened in a scenario, for people. */
#include "tests/scenarios/scenario.h"

#include <math.h>
#include <string.h>

#define GIB 1073741824.0

/* NAN: it is not among the evidence. */
static double value_of(const struct evidence *evidence, const char *name)
{
    for (uint32_t i = 0; i < evidence->count; i++)
        if (strcmp(evidence->item[i].name, name) == 0)
            return evidence->item[i].value;
    return NAN;
}

/* What the slice holds: the guard says what it gives back. */
static double held_by(const struct decision *decision)
{
    double footprint = value_of(&decision->evidence, "footprint");
    return isnan(footprint) ? value_of(&decision->evidence, "gives_back") : footprint;
}

static void tell_decision(const struct event *event)
{
    const struct decision *decision = event->decision;
    const char *why = decision->rule[0] ? decision->rule : reason_names[decision->reason];
    (void)printf("%-12s %-9s %-16s %-15s holds %6.2f GiB, available %6.2f GiB%s%s\n",
        show_time(event->t_usec), action_kind_names[decision->action],
        event->name[0] ? event->name : "nobody", why, held_by(decision) / GIB,
        value_of(&decision->evidence, "mem_available") / GIB,
        decision->restraint != RESTRAINT_NONE ? ", not done: " : "",
        decision->restraint != RESTRAINT_NONE ? restraint_names[decision->restraint] : "");
}

void story_available(FILE *out, const struct log *log)
{
    (void)fprintf(out, "    lowest available: %.2f GiB (%.1f %%), at %s\n", log->available / GIB,
        100 * log->available / log->memory, show_time(log->available_usec));
    (void)fprintf(out, "    below %.2f GiB, where the rules begin: for %s\n",
        log->short_below / GIB, show_time(log->short_usec));
}

void story_tell(const struct log *log)
{
    uint32_t count[ACTION_KINDS] = {0}, kernel_kills = 0;
    for (uint32_t i = 0; i < log->count; i++) {
        const struct event *event = &log->events[i];
        kernel_kills += event->what == HAPPENED_KERNEL_KILL;
        if (event->what != HAPPENED_DECISION)
            continue;
        count[event->decision->action]++;
        if (event->decision->action != ACTION_RECORD)
            tell_decision(event);
    }
    for (unsigned i = ACTION_RECORD; i < ACTION_KINDS; i++)
        (void)printf("%s%s %u", i > ACTION_RECORD ? ", " : "    ", action_kind_names[i], count[i]);
    (void)printf(", by the kernel %u\n", kernel_kills);
    story_available(stdout, log);
}
