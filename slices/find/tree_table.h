/* What the tree remembers: the groups that it knows, found by (parent, name) and by inotify watch,
 * and the slices among them. Inner header of slices/find; all memory comes from one arena that is
 * taken at the start.
 *
 *   group --parent--> group --parent--> ... --> the scope's group
 *     | slice: index of its slice, or none     | wd: its watch, while it is looked into
 *
 * The list `first .. last` holds every group behind its parent, so one pass forward meets parents
 * first, and groups that the pass adds are reached in the same pass. */
#ifndef SLICES_FIND_TREE_TABLE_H
#define SLICES_FIND_TREE_TABLE_H

#include "slices/base/arena.h"
#include "slices/slice.h"

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

#define TABLE_DEPTH_MAX 48 /* levels below the scope; deeper groups fold */

struct group {
    char name[NAME_MAX + 1]; /* "" for the scope's own */
    uint64_t mount, inode;
    uid_t uid;
    uint32_t depth;
    struct group *parent, *children, *sibling_next, *sibling_prev;
    struct group *next, *prev;
    struct group *name_chain, *watch_chain;
    struct slice *slice; /* NULL: none */
    int watch;           /* inotify's descriptor, -1: none */
    uint32_t folded;     /* groups that stand in this one's slice */
    uint32_t units;      /* of is_user: slices below it */
    bool in_use;
    bool looked_into;      /* interior: its children are groups here */
    bool is_stand_in;      /* has a slice only because groups folded into it */
    bool is_user;          /* user-UID.slice */
    bool is_whole;         /* of is_user: governed as one for as long as it lives */
    bool is_foreign;       /* it, or a directory above it, isn't root's */
    bool may_fill;         /* says nothing by its name: a slice once it holds processes */
    bool ask_again;        /* its runtime may have written the name down after the birth */
    bool due;              /* to be listed */
    bool seen;             /* in the listing that is under way */
    bool collapse_due;     /* of is_user: to be made whole after the pass */
    bool withholds_memory; /* some of its children had no memory accounting when they were met */
};

struct table {
    struct arena arena;
    char scope[SLICE_PATH_MAX]; /* "/" or "/a/b" */
    struct group *groups, *free_groups, *first, *last;
    struct group **by_name, **by_watch;
    uint32_t group_capacity, bucket_mask;

    struct slice *slices;
    bool *living;
    const struct slice **lost; /* since the last table_forget_lost */
    uint32_t *free_slots;
    uint32_t capacity, count, lost_count, free_count;
};

/* -ENOMEM, -EINVAL for no capacity. */
int table_open(struct table *table, uint32_t capacity, const char *scope, struct mom_error *error);
void table_close(struct table *table);

/* NULL: no room. `parent` NULL makes the scope's own group. */
struct group *table_add(struct table *table, struct group *parent, const char *name);
/* The group must have no children, no slice and no watch any more. */
void table_remove(struct table *table, struct group *group);
struct group *table_find(const struct table *table, const struct group *parent, const char *name);

/* Sets the watch, -1 for none. */
void table_set_watch(struct table *table, struct group *group, int watch);
struct group *table_watched(const struct table *table, int watch);

/* Its path in the memory tree. `name` (may be NULL) is appended. -ENAMETOOLONG. */
int table_path(const struct table *table, const struct group *group, const char *name,
    char path[SLICE_PATH_MAX]);

/* Copies the draft into a free slot and gives it its index; NULL while no more than `reserve` slots
 * are free. */
struct slice *table_take_slice(struct table *table, const struct slice *draft, uint32_t reserve);
void table_lose_slice(struct table *table, const struct slice *slice);
/* The slots of lost slices may be used again from here on. */
void table_forget_lost(struct table *table);

#endif
