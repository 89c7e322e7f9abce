/* The node's rules: which one holds, since when, with which evidence. Pure. */
#ifndef POLICY_DECIDE_RULES_H
#define POLICY_DECIDE_RULES_H

#include "policy/decide/decision.h"
#include "policy/decide/last_resort.h"
#include "policy/decide/standing.h"
#include "policy/file/policy.h"
#include "slices/sample.h"

#include <stdbool.h>
#include <stdint.h>

/* The newest reset that was decided for a domain, and what each slice of its list had then. */
struct node_had {
    uint64_t serial, gives_back;
};
struct node_reset {
    int64_t usec;      /* when; 0: there was none */
    uint64_t serial;   /* of whom */
    double gives_back; /* bytes, by the list */
    double room_due;   /* so much room must be seen again before it has given anything back; 0: it
                          has */
    uint32_t count;
    struct node_had had[STANDING_MAX];
};

/* The newest order to reclaim: so much there was then, bytes, and so long until the next. */
struct node_reclaim {
    uint64_t available, swap_free;
    int64_t pause_usec; /* 0: there was none */
};

/* The guard's memory of the node, or of another domain. */
struct node_watch {
    char domain[SLICE_PATH_MAX]; /* "": the node */
    struct node_sample last;
    int64_t
        swapped_out_usec;   /* when pages were last seen to be swapped out, or reclaimed directly */
    int64_t reclaimed_usec; /* when processes were last seen to reclaim memory themselves */
    double fill_rate;       /* bytes a second by which available memory + free swap (not
                               zram's) shrink; >= 0 */
    int64_t rose_usec;      /* when that room was last seen to rise notably between two looks */
    double stalled;         /* share of the time in which all wait for memory, 0 to 1 */
    int64_t rule_since_usec[POLICY_RULES_MAX]; /* 0: does not hold */
    int64_t rule_told_usec[POLICY_RULES_MAX];  /* when it last led to a decision */
    struct node_reset reset;
    struct node_reset reset_before; /* the one before it, while it may be withdrawn */
    struct node_reclaim reclaim;
    int64_t psi_stuck_since_usec; /* memory is reclaimed, and PSI's total does not move; 0: it
                                   moves, or nothing is reclaimed */
    int64_t unattributed_usec;    /* since when the list does not tell who took the memory; 0: it
                                   does */
    double unattributed_room;     /* bytes that there were then */
    struct last_resort_view last_resort;
    int64_t reboot_usec; /* when the node was last ordered to boot anew; 0: never */
};

void node_watch_init(struct node_watch *watch);

/* Another policy is in force: what is remembered of each rule's number is of no use any more. */
void node_watch_forget_rules(struct node_watch *watch);

/* Updates what is derived from two samples (rates, swap activity, stuck PSI). A sample that is not
 * newer than the last one changes nothing, so calling it twice is harmless. */
void node_watch_update(struct node_watch *watch, const struct node_sample *node);

/* How long the guard may rest after a look: as long as the policy says, and yet so shortly that it
 * looks NODE_LOOKS_LEFT times more before memory and swap are gone at the present rate; not less
 * than NODE_PAUSE_LEAST_USEC, unless the policy says so. */
#define NODE_LOOKS_LEFT       10
#define NODE_PAUSE_LEAST_USEC 20000ll
int64_t node_watch_pause_usec(const struct node_watch *watch, int64_t interval_usec);

/* The looks in between were not recorded; the next; or the second reading before a reset
 * (decide_node_confirm). */
enum node_look_kind { LOOK_FIRST, LOOK_NEXT, LOOK_AGAIN };

/* One look of the guard as it goes into the record: what was read, and what of its memory does not
 * follow from the looks after it. Times are boot times. */
struct node_look {
    struct node_sample node;
    char domain[SLICE_PATH_MAX]; /* as in the standing list */
    int64_t standing_usec;       /* when the standing list was made that was looked at */
    enum node_look_kind kind;
    double fill_rate, stalled; /* of the watch, afterwards; and so the others */
    int64_t swapped_out_usec, reclaimed_usec, psi_stuck_since_usec;
    double room_due;
    double listed_room; /* bytes that there were when the list was made; 0: unknown */
    struct last_resort_view last_resort;
    uint64_t charged; /* LOOK_AGAIN: to the slice that was chosen; SAMPLE_NO_LIMIT: unknown */
};

struct node_look node_look_of(const struct node_watch *watch, const struct node_sample *node,
    const struct standing *standing, enum node_look_kind kind);

/* The watch as it was after a look, for LOOK_FIRST. Since when each rule has held is not part of
 * it: a record begins where none does (node_is_close). */
void node_watch_resume(struct node_watch *watch, const struct node_look *look);

/* Some rule holds; or, of the node, less than a quarter of the memory is available, or 5 % of the
 * time all wait for memory: from here on each look is worth recording. (A group may be full for
 * weeks, and nothing wrong with it.) */
bool node_is_close(const struct node_watch *watch);

/* Does this rule hold now? Evidence of every condition is appended whether or not it holds, as far
 * as its numbers are known. What is not known does not hold (except that absent PSI is unusable),
 * and a rule without conditions never does. */
bool rule_holds(const struct rule *rule, const struct node_watch *watch,
    const struct node_sample *node, const struct standing *standing, struct evidence *evidence);

/* The slice that makes at least half of the growth that there is now: of all slices by their newest
 * samples, and of the rate at which the memory fills by the guard's own looks, so that nobody
 * answers for one who came after the samples were taken. NULL where there is none. */
const struct standing_entry *rule_growth_owner(
    const struct node_watch *watch, const struct standing *standing);

/* Which part of that growth is this one's. */
double rule_growth_share(const struct node_watch *watch, const struct standing *standing,
    const struct standing_entry *entry);

/* PSI is there, and moves while memory is reclaimed. */
bool node_psi_usable(const struct node_watch *watch, const struct node_sample *node);

/* Memory and swap that can still be taken. False while a part of it is unknown. */
bool node_room(const struct node_sample *node, double *ret);

#endif
