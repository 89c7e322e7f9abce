#include "policy/decide/recoverable.h"

const char *const ailment_texts[AILMENTS] = {
    [AILMENT_NONE] = "nothing is wrong",
    [AILMENT_SAMPLING] = "the governor's thread stands still",
    [AILMENT_DECIDING] = "the guard stands still",
    [AILMENT_ACTING] = "the hands stand still",
    [AILMENT_FORK] = "no process can be started",
    [AILMENT_MEMORY] = "nothing is done but wait for memory, and none comes back",
    [AILMENT_DISK] = "nothing can be written to the database",
};

bool vital_signs_waiting(const struct node_watch *watch, const struct node_sample *node)
{
    if (!node_has(node, NODE_MEM_AVAILABLE) || !node_has(node, NODE_MEM_TOTAL) ||
        node->value[NODE_MEM_TOTAL] == 0)
        return false;
    double available =
        (double)node->value[NODE_MEM_AVAILABLE] / (double)node->value[NODE_MEM_TOTAL];
    if (node_psi_usable(watch, node))
        return available < RECOVERABLE_AVAILABLE && watch->stalled >= RECOVERABLE_STALLED;
    bool reclaims = watch->reclaimed_usec != 0 &&
                    node->at.boot_usec - watch->reclaimed_usec < RECOVERABLE_RESPITE_USEC;
    return available < RECOVERABLE_AVAILABLE_BLIND && reclaims;
}

static void feel(struct pulse *pulse, int64_t beat_usec, int64_t step_usec)
{
    bool beats = beat_usec != 0 && beat_usec != pulse->beat_usec;
    pulse->silent_usec = beats ? 0 : pulse->silent_usec + step_usec;
    pulse->beat_usec = beat_usec;
    pulse->felt |= beats;
}

static void count_waiting(struct recoverable *recoverable, bool waiting, int64_t step_usec)
{
    recoverable->respite_usec = waiting ? 0 : recoverable->respite_usec + step_usec;
    if (waiting)
        recoverable->waiting_usec += step_usec;
    else if (recoverable->respite_usec >= RECOVERABLE_RESPITE_USEC)
        recoverable->waiting_usec = 0;
}

static void look(struct recoverable *recoverable, const struct vital_signs *signs)
{
    int64_t step_usec =
        recoverable->looked_usec == 0 ? 0 : signs->at_usec - recoverable->looked_usec;
    if (step_usec > RECOVERABLE_STEP_USEC)
        step_usec = RECOVERABLE_STEP_USEC;
    recoverable->looked_usec = signs->at_usec;
    for (int i = 0; i < VITALS; i++)
        feel(&recoverable->pulse[i], signs->beat_usec[i], step_usec);
    count_waiting(recoverable, signs->waiting, step_usec);
}

/* `patience_usec` 0: it doesn't matter. */
static bool is_silent(const struct pulse *pulse, int64_t patience_usec)
{
    return patience_usec > 0 && (!pulse->felt || pulse->silent_usec > patience_usec);
}

enum ailment recoverable_look(struct recoverable *recoverable, const struct vital_signs *signs,
    const struct watchdog_settings *settings)
{
    const struct pulse *pulse = recoverable->pulse;
    look(recoverable, signs);
    if (is_silent(&pulse[VITAL_SAMPLING], RECOVERABLE_SAMPLING_USEC))
        return AILMENT_SAMPLING;
    if (is_silent(&pulse[VITAL_ACTING], RECOVERABLE_ACTING_USEC))
        return AILMENT_ACTING;
    if (is_silent(&pulse[VITAL_FORK], settings->fork_usec))
        return AILMENT_FORK;
    if (settings->memory_usec > 0 && recoverable->waiting_usec >= settings->memory_usec)
        return AILMENT_MEMORY;
    if (is_silent(&pulse[VITAL_DISK], settings->disk_usec))
        return AILMENT_DISK;
    return AILMENT_NONE;
}
