/* Where memory can run short by itself: the node; each group with a limit that several slices share
 * (a pod, a user, machine.slice; the container that mom herself runs in); on machines with several
 * memory nodes each set of those that several slices are bound to. Each is a domain: judged by the
 * same rules, with a standing list of those slices alone that it holds, so that who goes is one
 * whose memory is missing there. */
#ifndef POLICY_DECIDE_DOMAINS_H
#define POLICY_DECIDE_DOMAINS_H

#include "policy/decide/decide.h"

#include <stdbool.h>
#include <stdint.h>

/* The node is domain 0. Another keeps its number for as long as it is watched. */
#define DOMAINS_MAX 9

struct standings {
    struct standing of[DOMAINS_MAX];
};

/* Places that nothing is in are left alone: most nodes have but one in use. */
void standings_copy(struct standings *to, const struct standings *from);

struct node_watches {
    struct node_watch of[DOMAINS_MAX];
};

/* Forgets what was known of places where another domain is now. True: of this one. */
bool domains_follow(
    struct node_watches *watches, const struct standings *standings, uint32_t domain);

/* What the fullest domain beside the node that holds the slice can still give: SAMPLE_ROOM. False:
 * there is none. */
bool domains_room(const struct standings *standings, const struct watch *watch,
    const struct slice *slice, uint64_t *ret);

/* Whether the slice that the decision would reset is on its way already, by another domain's
 * decision, and its memory has had no time yet to come back. */
bool domains_await(const struct node_watches *watches, const struct policy *policy, uint32_t domain,
    const struct decision *decision);

/* A reset was ordered for this domain, of one of its list: those within it that hold the slice cool
 * down, too. Not those around it: a small group that is short all the time must not keep the node
 * from helping itself. */
void domains_note_reset(struct node_watches *watches, const struct standings *standings,
    uint32_t domain, const struct decision *decision);

#endif
