/* Which domains are watched beside the node: groups with a limit above at least two slices, and
 * sets of memory nodes that one slice at least is bound to, and another to these or some of them;
 * the fullest DOMAINS_MAX - 1 of them all. Looked for once a tick. Thread: the governor's; the
 * readers are used by the guard, so that they are closed only when it has left them. */
#ifndef MOM_GOVERNOR_LIMITED_H
#define MOM_GOVERNOR_LIMITED_H

#include "policy/decide/domains.h"
#include "slices/find/hierarchy.h"
#include "slices/find/tree.h"
#include "slices/read/domain.h"

#include <stdint.h>

enum limited_state { LIMITED_NONE, LIMITED_WATCHED, LIMITED_LEAVING };

struct limited {
    struct limited_group {
        enum limited_state state;
        uint64_t left;               /* number of the first publication without it */
        char domain[SLICE_PATH_MAX]; /* as in the standing list */
        struct domain_reader reader;
        struct node_sample sample; /* of this tick */
    } of[DOMAINS_MAX];             /* 0, the node, is not used */
};

/* Where is looked; the slices with their samples of this tick. */
struct limited_view {
    const struct hierarchy *hierarchy;
    const struct tree *tree;
    const struct standing_source *slices;
    const char *scope;
    const struct node_sample *node;
};

/* Looks again. `published` lists went to the guard so far, `taken` is the number of the one that it
 * has. */
void limited_update(
    struct limited *limited, const struct limited_view *view, uint64_t published, uint64_t taken);
void limited_close(struct limited *limited);

#endif
