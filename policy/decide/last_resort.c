#include "policy/decide/last_resort.h"

#define DAY_USEC (24 * 3600 * 1000000ll)

void last_resort_see(struct last_resort_view *view, const struct boot_past *past, struct stamp now)
{
    view->known = past->known;
    view->ends = boot_past_within(past, now.unix_usec, DAY_USEC);
    view->newest_unix_usec = past->count > 0 ? past->end[past->count - 1].unix_usec : 0;
}

/* After the first of a day so long, after each other one twice as long as before. */
static int64_t pause_usec(const struct last_resort_settings *settings, uint32_t ends)
{
    int64_t pause = settings->back_off_usec;
    for (uint32_t i = 1; i < ends && pause < DAY_USEC; i++)
        pause *= 2;
    return pause < DAY_USEC ? pause : DAY_USEC;
}

bool last_resort_is_spent(const struct last_resort_settings *settings,
    const struct last_resort_view *view, struct stamp now)
{
    int64_t since_usec = now.unix_usec - view->newest_unix_usec; /* < 0: the clock is behind */
    return view->ends >= (uint32_t)settings->a_day ||
           (view->ends > 0 && since_usec < pause_usec(settings, view->ends));
}

enum restraint last_resort_bar(const struct last_resort_settings *settings,
    const struct last_resort_view *view, struct stamp now)
{
    if (settings->action == LAST_RESORT_ANNOUNCE)
        return RESTRAINT_ANNOUNCED;
    if (view->confined)
        return RESTRAINT_CONFINED;
    if (!view->known)
        return RESTRAINT_LEDGER;
    if (now.boot_usec < settings->after_boot_usec)
        return RESTRAINT_STARTING;
    return last_resort_is_spent(settings, view, now) ? RESTRAINT_SPENT : RESTRAINT_NONE;
}

static bool was_tried(const struct last_resort_view *view, struct stamp now)
{
    return view->tried_usec != 0 && now.boot_usec - view->tried_usec <= LAST_RESORT_TRIED_USEC;
}

enum restraint last_resort_restraint(const struct last_resort_settings *settings,
    const struct last_resort_view *view, struct stamp now)
{
    enum restraint restraint = last_resort_bar(settings, view, now);
    if (restraint == RESTRAINT_NONE && !was_tried(view, now))
        return RESTRAINT_UNTRIED;
    return restraint;
}

void last_resort_evidence(const struct last_resort_settings *settings,
    const struct last_resort_view *view, struct stamp now, struct evidence *evidence)
{
    evidence_add(evidence, "uptime", UNIT_USEC, (double)now.boot_usec, '>',
        (double)settings->after_boot_usec);
    if (view->known)
        evidence_add(evidence, "ends_in_a_day", UNIT_COUNT, view->ends, '<', settings->a_day);
    if (view->tried_usec != 0)
        evidence_add(evidence, "tried_ago", UNIT_USEC, (double)(now.boot_usec - view->tried_usec),
            '<', (double)LAST_RESORT_TRIED_USEC);
}
