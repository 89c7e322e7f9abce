/* The guard: the thread that looks at the node several times a second, and at the limited groups
 * that are watched beside it, and resets the first valid slice of the standing list of whichever a
 * rule says is short. It waits for nobody: the standing list and the policy reach it over a
 * try-lock, its decisions go into a ring of their own, the deed to the hands.
 *
 * When the node has moved much since the standing list was made, the guard asks for a new one. If
 * the governor's thread hangs, the guard goes on with the last standing list it has. */
#ifndef MOM_GOVERNOR_GUARD_H
#define MOM_GOVERNOR_GUARD_H

#include "mom/common/heartbeat.h"
#include "mom/common/live.h"
#include "mom/common/ring.h"
#include "mom/governor/hands.h"
#include "mom/governor/keepalive.h"
#include "mom/governor/last_resort.h"
#include "mom/governor/limited.h"
#include "policy/decide/domains.h"
#include "policy/file/policy.h"

#include <stdbool.h>
#include <stdint.h>

struct guard;

/* Tells the governor's thread what was decided about a slice, but for mere records. */
struct guard_order {
    uint64_t serial, decision;
    enum action_kind action, wanted;
    enum restraint restraint;
    char rule[32];
    bool failed; /* a reset: the hands were busy, nothing comes of it */
};

struct guard_options {
    const char *proc_root;
    const struct hierarchy *hierarchy;
    struct hands *hands;
    struct live *live;                     /* for sequence numbers */
    struct ring_writer *decisions, *looks; /* this thread is their only writer */
    struct heartbeat_page *heartbeat;
    struct keepalive *keepalive; /* has the watchdog petted by what is seen */
    const struct policy *policy;
    int tick_fd; /* gets a number when the standing list is overtaken */
    struct last_resort_steps *last_resort;
    bool confined; /* mom governs a part of the machine only */
};

int guard_open(const struct guard_options *options, struct guard **ret, struct mom_error *error);
void guard_close(struct guard *guard);

/* Hands over new standing lists, of the node and of the groups that are watched, and the policy
 * that they were made by. Governor's thread. */
void guard_publish(struct guard *guard, const struct standings *standings,
    const struct limited *limited, const struct policy *policy);

/* How many were handed over so far, and the number of those that the guard goes by: what is not
 * among them may be closed and freed. Governor's thread. */
uint64_t guard_published(const struct guard *guard);
uint64_t guard_taken(const struct guard *guard);

/* The next order; false: none. Governor's thread. */
bool guard_order(struct guard *guard, struct guard_order *ret);

/* What came of a last resort that was not one; false: none. Governor's thread. */
bool guard_outcome(struct guard *guard, struct outcome *ret);

#endif
