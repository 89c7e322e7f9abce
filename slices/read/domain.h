/* A group with a memory limit that several slices share, or memory nodes that several are bound to:
 * to them it is what the node is to all. Its numbers come as a node's sample (node_within,
 * mems_read), so that the node's rules are its rules. */
#ifndef SLICES_READ_DOMAIN_H
#define SLICES_READ_DOMAIN_H

#include "slices/base/error.h"
#include "slices/find/hierarchy.h"
#include "slices/read/mems.h"
#include "slices/read/sources.h"
#include "slices/sample.h"

#include <stdint.h>

/* Its files, kept open: a look opens nothing and allocates nothing. Opened and closed by the
 * governor's thread, copied by the guard. */
struct domain_reader {
    const struct sources *sources; /* NULL: of memory nodes */
    union {
        int fd[SOURCES_MAX]; /* -1: this kernel doesn't have it */
        struct mems_reader mems;
    };
    uint64_t
        swap_within;     /* what the slices within may have in swap together, by their own limits */
    uint64_t swap_above; /* how much more the groups above allow; SAMPLE_NO_LIMIT: no matter */
};

/* 0 or -errno as group_open. */
int domain_reader_open(
    struct domain_reader *reader, const struct hierarchy *hierarchy, const char *path);
/* Of memory nodes; 0 or -errno as mems_reader_open. */
int domain_reader_open_mems(struct domain_reader *reader, uint64_t nodes);
void domain_reader_close(struct domain_reader *reader);

/* How much more swap the groups above this one allow (v2): what the nearest of their limits leaves,
 * SAMPLE_NO_LIMIT where there is none. Opens and closes. */
uint64_t domain_swap_above(const struct hierarchy *hierarchy, const char *path);

/* 0; -ENODEV when the group is gone, or a memory node; -ENOENT when it has no limit any more, or
 * one that is not below the node's memory. */
int domain_read(const struct domain_reader *reader, struct stamp now,
    const struct node_sample *node, struct node_sample *ret);

/* The group's limit and what it uses, by opening these two files alone: how to tell which of many
 * groups is worth a reader. Without a limit *ret_limit is beyond any memory. 0 or -errno; -ENOENT:
 * it can't have one, as the root. */
int domain_glance(
    const struct hierarchy *hierarchy, const char *path, uint64_t *ret_limit, uint64_t *ret_used);

#endif
