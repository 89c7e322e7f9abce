/* The course of decisions in virtual time: what the governor and its guard do with samples, over
 * samples that somebody already has: recorded ones (momctl replay) or made up (tests/scenarios).
 * Reading, rings and hands are left out; what is decided is decided by the very same functions.
 *
 *   course_born, course_vanished         the tree
 *   course_tick    samples in each slice > watch_update > decide_slice > standing list   governor
 *   course_look    node sample           > decide_node                                      guard
 *   course_outcome what came of a reset  > decide_outcome                                   hands
 *
 * Each decision is told once, with its number, at the moment at which it falls. Time comes in with
 * every call and must not go back. Memory: one course_slice for each life, kept until the end.
 * Thread: one at a time per course. */
#ifndef POLICY_COURSE_COURSE_H
#define POLICY_COURSE_COURSE_H

#include "policy/decide/domains.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct course_slice {
    struct slice slice;
    struct watch watch; /* .sample is the caller's to fill before a tick; so is .held */
    bool lives;
    bool stands;                     /* it was offered to the standing list */
    bool sampled;                    /* .watch.sample is of the coming tick; cleared by it */
    bool absent;                     /* the caller's: it is not there, whatever its samples say */
    uint64_t decision[ACTION_KINDS]; /* number of the newest of each kind; 0: none */
};

/* A decision has fallen. `slice` is the index of its slice, or COURSE_NOBODY. The course may be
 * given outcomes, births and ends in the call. */
#define COURSE_NOBODY UINT32_MAX
typedef void course_decided(void *context, const struct decision *decision, uint32_t slice);

struct course {
    const struct policy *policy; /* the caller's; see course_set_policy */
    course_decided *decided;
    void *context;

    struct course_slice *slices; /* count of them, in order of their births, the dead too */
    uint32_t count, room;

    struct node_sample node; /* of the last tick */
    struct standings standings;
    struct node_watches guard;
    uint32_t domain_next; /* the place of the next domain that looks come from */
    uint64_t next_seq;
    struct decision scratch;
};

/* Empty. `policy` must outlive the course, or be replaced by course_set_policy. */
void course_init(
    struct course *course, const struct policy *policy, course_decided *decided, void *context);
void course_free(struct course *course);

/* Another policy is in force from now on. */
void course_set_policy(struct course *course, const struct policy *policy);

/* A life begins; its index, or -ENOMEM. `warm`: nothing is to be learned of its past (leak_init).
 */
int64_t course_born(struct course *course, const struct slice *slice, struct stamp now, bool warm);
void course_vanished(struct course *course, uint32_t slice, struct stamp now);

/* The living slice of that serial; COURSE_NOBODY: there is none. */
uint32_t course_find(const struct course *course, uint64_t serial);

/* One tick over all slices that were sampled. */
void course_tick(struct course *course, const struct node_sample *node, struct stamp now);

/* One look of the guard at a domain, at its standing list of the last tick. Of `look` count the
 * node, the domain, and the room that the list was made with (unknown: the list's own). `again`:
 * its second one, before a reset; NULL: as the first. */
void course_look(
    struct course *course, const struct node_look *look, const struct node_look *again);

/* The list of a domain; NULL: there were no looks at it yet. */
const struct standing *course_standing(const struct course *course, const char *domain);

/* The guard's memory of a domain was this after a look (node_watch_resume). */
void course_resume(struct course *course, const struct node_look *look);

/* A person orders something. */
void course_request(
    struct course *course, uint32_t slice, const struct order *order, struct stamp now);

/* The slice's tasks wait at its limit, and its OOM is mom's. */
void course_oom(
    struct course *course, uint32_t slice, const struct oom_facts *facts, struct stamp now);

void course_outcome(struct course *course, const struct outcome *outcome, struct stamp now);

/* The standing list anew, without samples: after a hold, as the governor does. */
void course_restand(struct course *course, struct stamp now);

#endif
