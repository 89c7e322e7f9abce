/* All slices that live now: found once by walking the directories above them, then kept up to date
 * by inotify on those directories alone (a queue overflow, and every tree_options.rescan_ticks,
 * walk again). Processes are never walked.
 *
 * What is a slice, if nobody says otherwise: a container's group, wherever it hangs; a
 * user-UID.slice (where user@UID.service/app.slice exists, its units are the slices, and
 * session.slice is protected); a systemd service or scope outside those; any other group that holds
 * processes itself. Groups nested below a slice count into it.
 *
 * What can't be a slice of its own (no room, path too long, nested too deep, no memory accounting)
 * folds: its parent becomes a slice that stands for it, SLICE_PROTECTED_FOLDED where that is
 * root's. Below a user-UID.slice it makes that user one slice instead, for as long as the group
 * lives, and so do more groups than a quarter of the table. An eighth of the table is kept for
 * stand-ins.
 *
 * Thread: all calls from the governor's thread. Allocates at tree_open only. */
#ifndef SLICES_FIND_TREE_H
#define SLICES_FIND_TREE_H

#include "slices/base/error.h"
#include "slices/find/hierarchy.h"
#include "slices/find/names.h"
#include "slices/slice.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct tree;

struct tree_options {
    const struct hierarchy *hierarchy; /* must outlive the tree */
    struct names *names;               /* must outlive the tree */
    const char
        *scope; /* only groups below this path of the memory tree are looked at; "" or "/": all */
    const char *proc_root;     /* "/proc" */
    const char *self_group;    /* mom's own group's path, or NULL: taken from proc_root/self */
    const char *starter_group; /* of the process that started mom, or NULL: taken from its parent */
    uint32_t max_slices;       /* policy's; the table's size */
    uint32_t rescan_ticks;     /* a full walk every so many updates, 0: only on overflow */
    uint64_t serial_first;     /* serials start here (continues over restarts within a boot) */
};

int tree_open(const struct tree_options *options, struct tree **ret, struct mom_error *error);
void tree_close(struct tree *tree);

/* What tree_update found since the last call; the counts are for this call alone. */
struct tree_changes {
    uint32_t born, vanished; /* a recreated slice counts in both */
    bool rescanned;          /* the whole scope was walked */
    uint32_t folded;     /* groups that stand in an ancestor, for want of room or too long a path */
    uint32_t unreadable; /* directories that could not be read or watched */
};

/* Brings the table up to date. Never fails as a whole: what can't be read is counted and tried
 * again. */
void tree_update(struct tree *tree, struct tree_changes *ret);

/* The table: slots 0 .. tree_capacity-1; NULL where no slice lives. Pointers stay valid until the
 * slice vanishes, which happens in tree_update only. Slots of vanished slices are not reused before
 * the next tree_update, and tree_vanished lists them until then. */
uint32_t tree_capacity(const struct tree *tree);
const struct slice *tree_slice(const struct tree *tree, uint32_t index);
uint32_t tree_count(const struct tree *tree);

/* The slices that were lost at the last tree_update, as they were. Returns how many; *ret points
 * into the tree. */
uint32_t tree_vanished(const struct tree *tree, const struct slice *const **ret);

/* The groups that are looked into, as slices may lie below them: parents before their children, the
 * scope's own first. The one after `previous`, which begins as NULL, and its path; NULL: no more.
 */
struct group;
const struct group *tree_next_branch(
    const struct tree *tree, const struct group *previous, char path[SLICE_PATH_MAX]);

uint64_t tree_serial_next(const struct tree *tree);

/* Readable when there is something to update; -1 where inotify is not to be had. */
int tree_fd(const struct tree *tree);

#endif
