/* Whether the node may be made to boot anew: what keeps it from it. Pure.
 *
 * A node that reboots again and again is worse than one that is slow: so many times a day and no
 * more, each one at least twice as long after the one before; not while it is still starting; and
 * not before anything milder was tried. Every end that no clean stop came before counts, whoever
 * caused it: a node that crashes by itself needs no help. */
#ifndef POLICY_DECIDE_LAST_RESORT_H
#define POLICY_DECIDE_LAST_RESORT_H

#include "policy/decide/decision.h"
#include "policy/file/policy.h"
#include "slices/last_resort.h"

#include <stdbool.h>
#include <stdint.h>

/* What the guard knows of the machine, beside its memory. */
struct last_resort_view {
    bool confined;            /* mom governs a part of it only: the rest isn't hers to end */
    bool known;               /* how earlier boots ended: */
    uint32_t ends;            /* so many within a day */
    int64_t newest_unix_usec; /* the newest; 0: none */
    int64_t tried_usec; /* boot time at which something milder was last tried, or found to be of no
                           use; 0: never */
};

/* Brings up to date what follows from the past. */
void last_resort_see(struct last_resort_view *view, const struct boot_past *past, struct stamp now);

/* Something milder counts as tried for so long. */
#define LAST_RESORT_TRIED_USEC (10 * 60 * 1000000ll)

/* RESTRAINT_ANNOUNCED, RESTRAINT_CONFINED, RESTRAINT_LEDGER, RESTRAINT_STARTING, RESTRAINT_SPENT,
 * RESTRAINT_UNTRIED; or RESTRAINT_NONE. */
enum restraint last_resort_restraint(const struct last_resort_settings *settings,
    const struct last_resort_view *view, struct stamp now);

/* It ended too often within a day, or too short a while ago. */
bool last_resort_is_spent(const struct last_resort_settings *settings,
    const struct last_resort_view *view, struct stamp now);

/* The same but for what was tried: might the node have to boot anew by itself, what would be
 * against it? RESTRAINT_NONE: nothing, it is armed. */
enum restraint last_resort_bar(const struct last_resort_settings *settings,
    const struct last_resort_view *view, struct stamp now);

/* "uptime", "ends_in_a_day", "tried_ago". */
void last_resort_evidence(const struct last_resort_settings *settings,
    const struct last_resort_view *view, struct stamp now, struct evidence *evidence);

#endif
