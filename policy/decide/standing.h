/* The standing list: slices in the order in which they would go if the node were short now. Made
 * each tick by the governor's thread, copied by the guard. */
#ifndef POLICY_DECIDE_STANDING_H
#define POLICY_DECIDE_STANDING_H

#include "policy/decide/decision.h"
#include "policy/decide/score.h"
#include "policy/file/policy.h"
#include "slices/action.h"
#include "slices/slice.h"

#include <stdbool.h>
#include <stdint.h>

struct watch;

struct standing_entry {
    uint64_t serial;
    struct slice_life life;
    char path[SLICE_PATH_MAX], key[SLICE_KEY_MAX], name[SLICE_NAME_MAX];
    char owner[128];
    enum mode mode, leak_mode;
    bool mode_given;   /* somebody wrote the mode into a policy file; it is not merely built in */
    bool barred;       /* may not be acted on now (see standing_restraint): alarm only */
    uint8_t restraint; /* enum restraint: why */
    int rank;
    uint32_t strikes;
    struct score score;
    bool independent;          /* a reset ends the largest of its jobs alone */
    uint64_t mems;             /* memory nodes that it is bound to; 0: to no part of them */
    uint64_t gives_back;       /* bytes that a reset of the whole slice would free now */
    double growth, growth_now; /* bytes a second, as of the watch */
    int64_t grown_twice_usec;  /* so, too */
    uint8_t leak;              /* enum leak_verdict */
};

#define STANDING_MAX 32
#define NOTABLE_PART 0.01

struct standing {
    bool in_use; /* else there is no such domain */
    struct stamp made;
    char domain[SLICE_PATH_MAX]; /* the group whose limit its slices share, or the name of the
                                    memory nodes that they are bound to; "": the node */
    struct node_sample node;     /* of the domain, at the tick that it comes from */
    double room;                 /* and how much of it there was: node_room; 0: unknown */
    int64_t tick_cost_usec;      /* CPU time that this tick took; 0: unknown */
    uint64_t policy_hash;
    enum formula formula;
    uint32_t unprotected; /* slices that are not protected, of all */
    uint64_t raised;      /* by which the limits of all are raised; bytes */
    uint32_t
        notable; /* and of the unprotected, those that have NOTABLE_PART of the memory at least */
    double resident_total;   /* score_resident of all, bytes */
    double growth_now_total; /* of all slices that grow, bytes a second */
    uint64_t swap_limit;     /* of all slices together; SAMPLE_NO_LIMIT: one has none */
    struct score_taken taken;
    struct standing_entry guiltiest; /* whatever bars it; serial 0: nobody has taken anything */
    struct standing_entry spared; /* of those that people have said not to touch, the one that would
                                     go first, were it not for that; serial 0: there is none */
    uint32_t count;
    struct standing_entry entry[STANDING_MAX];
};

/* People have said not to touch it: protected or held. */
bool standing_spares(const struct standing_entry *entry);

/* By the kernel's tree or by policy. */
bool standing_protects(const struct watch *watch, const struct slice *slice);

/* Why this slice may not be reset now, whatever for: protected, held, too small, too young; else
 * RESTRAINT_NONE. Not the probation: that spares a slice a second reset for its leak, but when the
 * node is short the same offender goes again, rather than an innocent in its place. */
enum restraint standing_restraint(
    const struct watch *watch, const struct slice *slice, struct stamp now);

/* Whether a domain holds a slice of that path that is bound to these memory nodes (0: to no part).
 * A group holds what is below it; memory nodes who may take from none but them; the node all. */
bool standing_holds(const char *domain, const char *path, uint64_t mems);

/* Who walks over all slices: the one after *place, which begins with 0. False: no more. */
struct standing_source {
    bool (*next)(void *context, uint32_t *place, struct watch **watch, const struct slice **slice);
    void *context;
};

/* The list of those of the source that the domain holds. Each is weighed, and then each offered;
 * the best STANDING_MAX are kept in order: barred ones after all others, lower rank first, higher
 * score first, lower serial first. */
void standing_make(struct standing *ret, const char *domain, const struct node_sample *node,
    struct stamp now, const struct policy *policy, const struct standing_source *source);

/* What the kernel's OOM killer is told of a slice, by the node's list, where its policy says so: it
 * goes first that is first on the list; those of a higher rank later; the protected and the held
 * last of all. Of the others nothing: among them the kernel goes by size. */
enum kernel_rank standing_hint(
    const struct standing *standing, const struct watch *watch, const struct slice *slice);

/* Available memory or free swap have moved by more than STANDING_MOVED of their total since the
 * tick, and so much time has passed that ticks cost no more than a twentieth of a processor: it is
 * time for another one, ahead of its time. */
#define STANDING_MOVED      0.02
#define STANDING_LEAST_USEC 1000000ll
#define STANDING_COST_PART  20
bool standing_is_overtaken(const struct standing *standing, const struct node_sample *node);

#endif
