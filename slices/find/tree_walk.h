/* Looking at groups: what is there, what it is, and what becomes of it in the table. Inner header
 * of slices/find; tree.c says when. */
#ifndef SLICES_FIND_TREE_WALK_H
#define SLICES_FIND_TREE_WALK_H

#include "slices/base/directory.h"
#include "slices/find/tree.h"
#include "slices/find/tree_table.h"

struct tree {
    struct table table;
    const struct hierarchy *hierarchy;
    struct names *names;
    struct tree_changes changes; /* of the update that is under way */
    uint64_t serial_next;
    uint32_t rescan_ticks, updates; /* since the last full walk */
    uint32_t probe_next;            /* where the next update goes on to probe */
    uint8_t boot[16];
    uid_t root_uid; /* owner of the memory tree's root: 0, but for fixtures */
    int inotify;    /* -1: not to be had */
    int anchor;     /* watch on what is there of a scope that isn't, or -1 */
    bool rescan_due;
    bool is_blind; /* directories lack a watch: walk often */
    /* Paths that are protected with all that is above them, "" for none: mom's own, that of who
     * started her, that of process 1. */
    char kept[3][SLICE_PATH_MAX];
    _Alignas(uint64_t) char buffer[DIRECTORY_BUFFER]; /* of one listing, or of inotify's events */
};

/* Looks (again) at one child of a group that is looked into: takes it in, leaves it, replaces it or
 * lets it go. */
void walk_meet(struct tree *tree, struct group *parent, const char *name);

/* Takes in, keeps or forgets the scope's own group. */
void walk_scope(struct tree *tree);

/* Looks again at groups that may have changed without an event: those that may have been filled
 * with processes, user slices that may have got units, parents that may account memory by now. At
 * most `budget`. */
void walk_probe(struct tree *tree, uint32_t budget);

/* Lists all directories that are due, `everything`: all. */
void walk_directories(struct tree *tree, bool everything);

#endif
