/* A decision: what mom means to do about one slice, why, and what it knew then. A value that is
 * copied, never points anywhere, and is stored whole: `momctl why` prints nothing but this. */
#ifndef POLICY_DECIDE_DECISION_H
#define POLICY_DECIDE_DECISION_H

#include "policy/file/policy.h"
#include "policy/leak/leak.h"
#include "slices/action.h"
#include "slices/sample.h"

#include <stdint.h>

enum reason {
    REASON_LEAK_SUSPECTED, /* recorded only */
    REASON_LEAK_CONFIRMED,
    REASON_LEAK_HORIZON, /* a confirmed leaker was warned, and its time to limit is below the
                            horizon */
    REASON_NODE_RULE,    /* the node is short: evidence names the rule */
    REASON_REQUEST,      /* a person asked for it */
    REASON_REBORN,       /* it was reset often, and begins anew */
    REASON_SERVED,       /* its probation is over, or the time of an order */
    REASON_STRAINED,     /* it is kept waiting at its limit, and does not leak */
    REASON_RELIEVED,     /* it needs its limit raised no more, or has had it for long enough; or has
                            been frozen for long enough */
    REASON_THRASHING,    /* it has been kept waiting at its limit for long, and can't be raised */
    REASON_OOM,          /* its tasks wait at its limit for mom: nothing more can be reclaimed */
    REASON_LET_GO,       /* it is not to be throttled, raised or frozen any more */
    REASON_ALL_CLEAR,    /* the incident is over */
    REASON_GONE,         /* and so it is when the slice has vanished */
    REASONS
};
extern const char *const reason_names[REASONS]; /* "leak-suspected", ... */

/* Why less was decided than the ladder asked for. */
enum restraint {
    RESTRAINT_NONE,
    RESTRAINT_MODE, /* the mode is observe or warn */
    RESTRAINT_PROTECTED,
    RESTRAINT_HOLD, /* a person holds it */
    RESTRAINT_PROBATION,
    RESTRAINT_SIZE, /* smaller than min_size, or a reset would not help */
    RESTRAINT_AGE,
    RESTRAINT_LONE,    /* the only unprotected slice; of a group, the only one of any size */
    RESTRAINT_UNBOUND, /* of memory nodes: who isn't bound to them may have filled them */
    RESTRAINT_IN_VAIN, /* the last reset gave nothing back, and nothing shows that this one would */
    RESTRAINT_CHANGED, /* an order: something is changed about it already */
    RESTRAINT_LATE,    /* the deadline has passed, and the kernel's OOM killer was let loose */
    RESTRAINT_STALE,   /* no sample is newer than the last reset */
    RESTRAINT_ANNOUNCED, /* a reboot: the policy has it announced only, */
    RESTRAINT_CONFINED,  /* mom governs a part of the machine only, */
    RESTRAINT_LEDGER,    /* nobody knows how often that was done before, */
    RESTRAINT_STARTING,  /* the machine has only just started, */
    RESTRAINT_SPENT,     /* it ended too often lately, or too short a while ago, */
    RESTRAINT_UNTRIED,   /* nothing milder was tried */
    RESTRAINTS
};
extern const char *const restraint_names[RESTRAINTS];

struct evidence_item {
    char name[32];  /* "mem_available", "footprint", "rate", "gate:mann-kendall" */
    enum unit unit; /* of value and bound; UNIT_COUNT for plain numbers */
    char relation;  /* '<', '>', or ' ' where there is no bound */
    double value, bound;
};
#define EVIDENCE_MAX 24

struct evidence {
    uint32_t count;
    struct evidence_item item[EVIDENCE_MAX];
};
/* Appends; silently full at EVIDENCE_MAX. */
void evidence_add(struct evidence *evidence, const char *name, enum unit unit, double value,
    char relation, double bound);
/* What the node has left, as far as it is known: "mem_available", "swap_free". */
void evidence_add_node(struct evidence *evidence, const struct node_sample *node);

/* An alarm or warning that still holds is given again after so long: the mail interval, but no
 * sooner than a minute, so that no setting makes every tick talk. */
#define REPEAT_LEAST_USEC (60 * 1000000ll)
int64_t decision_repeat_usec(const struct policy_globals *globals);

struct runner_up {
    char key[96]; /* cut where longer */
    int rank;
    double score;
};
#define RUNNERS_UP_MAX 4

struct decision {
    uint64_t seq;      /* unique within the boot; given by the governor */
    uint64_t incident; /* seq of the incident's first decision */
    struct stamp at;
    enum action_kind wanted; /* what the ladder asked for */
    enum action_kind action; /* what is done */
    enum restraint restraint;
    enum reason reason;
    int64_t grace_usec;          /* ACTION_RESET: they are asked to end so long before; 0: not */
    uint64_t limit_bytes;        /* ACTION_THROTTLE, ACTION_RAISE: to how much; ACTION_RECLAIM: so
                                    much */
    struct rates rates;          /* ACTION_THROTTLE: and to what else */
    char rule[32];               /* REASON_NODE_RULE: its name */
    char domain[SLICE_PATH_MAX]; /* and which domain is short (standing.h); "": the node.
                                    ACTION_MOVE: the group that it is moved to */
    uint64_t serial;
    struct slice_life life;
    char path[SLICE_PATH_MAX], key[SLICE_KEY_MAX], name[SLICE_NAME_MAX];
    char owner[128];
    enum mode mode, leak_mode;
    bool independent; /* a reset ends the largest of its jobs alone */
    int rank;
    uint32_t strikes;
    uint64_t policy_hash;
    struct leak_report leak;
    struct evidence evidence;
    uint32_t runners_up;
    struct runner_up runner_up[RUNNERS_UP_MAX];
};

/* What is asked of the actuator. */
struct action decision_action(const struct decision *decision);

#endif
