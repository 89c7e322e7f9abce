#include "mom/governor/governor.h"

#include <string.h>

/* Why it must not be armed, whatever the device says; WATCHDOG_NONE: it may. A node that reboots
 * over and over helps nobody. */
static enum watchdog_phase find_bar(const struct governor *governor, struct stamp now)
{
    const struct last_resort_view *view = &governor->last_resort_view;
    const struct last_resort_settings *settings = &policy_globals(governor->policy)->last_resort;
    return governor->options->dry_run                  ? WATCHDOG_DRY_RUN
           : view->confined                            ? WATCHDOG_PART
           : !view->known                              ? WATCHDOG_UNSURE
           : last_resort_is_spent(settings, view, now) ? WATCHDOG_SPENT
                                                       : WATCHDOG_NONE;
}

static bool is_armed(enum watchdog_phase phase)
{
    return phase == WATCHDOG_ARMED || phase == WATCHDOG_WITHHELD;
}

static void note_armed(struct governor *governor, const struct live_watchdog *is, struct stamp now)
{
    tell_note(governor, now, "watchdog",
        "armed: %s%s%s%s boots the node anew after %u s without a pet", is->device,
        is->identity[0] ? " (" : "", is->identity, is->identity[0] ? ")" : "", is->timeout_sec);
}

/* Waiting for the time after the boot, or for the node to be well, is no news. */
static void note(struct governor *governor, const struct live_watchdog *was,
    const struct live_watchdog *is, struct stamp now)
{
    bool was_armed = is_armed(was->phase);
    if (is->phase == WATCHDOG_WITHHELD)
        tell_note(governor, now, "watchdog",
            "not petted, since %s: the node is booted anew %u s after the last pet",
            is->error[0] ? is->error : ailment_texts[is->ailment], is->timeout_sec);
    else if (is->phase == WATCHDOG_ARMED && was->phase == WATCHDOG_WITHHELD)
        tell_note(governor, now, "watchdog", "petted again");
    else if (is->phase == WATCHDOG_ARMED)
        note_armed(governor, is, now);
    else if (is->phase == WATCHDOG_REFUSED)
        tell_note(governor, now, "watchdog", "not armed: %s", is->error);
    else if (was_armed || (is->phase != WATCHDOG_NONE && is->phase < WATCHDOG_EARLY) ||
             is->phase == WATCHDOG_SPENT)
        tell_note(governor, now, "watchdog", "%s%s", was_armed ? "disarmed; " : "",
            watchdog_phase_names[is->phase]);
}

static bool differs(const struct live_watchdog *a, const struct live_watchdog *b)
{
    bool same_ailment = a->phase != WATCHDOG_WITHHELD || a->ailment == b->ailment;
    return a->phase != b->phase || !same_ailment || a->timeout_sec != b->timeout_sec ||
           strcmp(a->error, b->error) != 0;
}

void governor_keep_watchdog(struct governor *governor, struct stamp now)
{
    struct live_watchdog is, *was = &governor->state.watchdog;
    keepalive_want(
        governor->keepalive, &policy_globals(governor->policy)->watchdog, find_bar(governor, now));
    keepalive_state(governor->keepalive, &is);
    bool is_news = differs(was, &is);
    if (is_news)
        note(governor, was, &is, now);
    *was = is;
    if (is_news && governor->state.ticks > 0)
        tell_state(governor);
}
