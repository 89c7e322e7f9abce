/* What was read of a slice and of the node at one moment.
 *
 * Both are arrays of numbers with a presence mask: a file that this kernel doesn't have, or that
 * was not due this time, leaves its bits clear; no number is ever made up. The tables give each
 * field its name, unit and source, and everything that lists fields (store, CLI, live table) is
 * made from them. */
#ifndef SLICES_SAMPLE_H
#define SLICES_SAMPLE_H

#include "slices/slice.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum unit {
    UNIT_BYTES,
    UNIT_COUNT,   /* things there are now */
    UNIT_COUNTER, /* events since the group or the node was born; going back means a new one */
    UNIT_USEC,    /* a counter of microseconds */
    UNIT_CENTI,   /* hundredths of a per cent */
    UNIT_RATE,    /* bytes a second */
    UNITS
};

struct field_info {
    const char *name; /* as in the database and in JSON: "swap", "pgmajfault" */
    enum unit unit;
};

#define SAMPLE_NO_LIMIT UINT64_MAX

/* SAMPLE_NO_LIMIT at the most. */
static inline uint64_t bytes_sum(uint64_t a, uint64_t b)
{
    return a < SAMPLE_NO_LIMIT - b ? a + b : SAMPLE_NO_LIMIT;
}

enum sample_field {
    SAMPLE_CURRENT, /* memory.current; v1 usage_in_bytes */
    SAMPLE_SWAP,    /* memory.swap.current; v1 total_swap */
    SAMPLE_ANON,    /* anonymous pages without tmpfs; v1 total_rss */
    SAMPLE_FILE,    /* page cache, tmpfs included; v1 total_cache */
    SAMPLE_FILE_MAPPED,
    SAMPLE_SHMEM,
    SAMPLE_KERNEL, /* memory.stat `kernel`; absent on v1, whose kmem cannot be told from reclaimable
                      slab */
    SAMPLE_SLAB_RECLAIMABLE,
    SAMPLE_SLAB_UNRECLAIMABLE,
    SAMPLE_SOCK,
    SAMPLE_SWAPCACHED,
    SAMPLE_INACTIVE_ANON, /* on the lists of anonymous pages, tmpfs and the swap cache included, */
    SAMPLE_ACTIVE_ANON,   /* mlocked pages not */
    SAMPLE_PGMAJFAULT,
    SAMPLE_REFAULT_ANON,
    SAMPLE_REFAULT_FILE,
    SAMPLE_PGSCAN,
    SAMPLE_PGSTEAL,
    SAMPLE_EVENT_HIGH,
    SAMPLE_EVENT_MAX,
    SAMPLE_EVENT_OOM,
    SAMPLE_EVENT_OOM_KILL, /* processes that the kernel's OOM killer ended; v1 leaves out the groups
                              nested below */
    SAMPLE_EVENT_OOM_GROUP_KILL,
    SAMPLE_PSI_SOME_AVG10,
    SAMPLE_PSI_FULL_AVG10,
    SAMPLE_PSI_SOME_TOTAL,
    SAMPLE_PSI_FULL_TOTAL,
    SAMPLE_PIDS,
    SAMPLE_LIMIT_MAX,  /* memory.max; SAMPLE_NO_LIMIT where there is none */
    SAMPLE_LIMIT_HIGH, /* memory.high; v1 memory.soft_limit_in_bytes */
    SAMPLE_LIMIT_SWAP, /* memory.swap.max; v1 memsw.limit - limit */
    SAMPLE_BADNESS,    /* of its processes, where the policy ranks by that (read/badness.h) */
    SAMPLE_MEMS, /* memory nodes that it is bound to (memory_nodes.h), where it is to a part */
    SAMPLE_ROOM, /* what the fullest of the limited groups and memory nodes that it shares with
                    others could still give, a tick ago; not known where there are none */
    SAMPLE_FIELDS
};
extern const struct field_info sample_fields[SAMPLE_FIELDS];

struct sample {
    struct stamp at;
    uint64_t have;      /* bit (1 << field): value[field] is known */
    uint64_t refreshed; /* bit: it was read at `at`; known but not refreshed: kept from an earlier
                           tick */
    uint64_t value[SAMPLE_FIELDS];
};

static inline bool sample_has(const struct sample *sample, enum sample_field field)
{
    return sample->have >> field & 1;
}

/* 0 where it is not known. */
static inline uint64_t sample_known(const struct sample *sample, enum sample_field field)
{
    return sample_has(sample, field) ? sample->value[field] : 0;
}

/* SAMPLE_NO_LIMIT where it is not known. */
static inline uint64_t sample_limit(const struct sample *sample, enum sample_field field)
{
    return sample_has(sample, field) ? sample->value[field] : SAMPLE_NO_LIMIT;
}

static inline void sample_set(struct sample *sample, enum sample_field field, uint64_t value)
{
    sample->value[field] = value;
    sample->have |= 1ull << field;
    sample->refreshed |= 1ull << field;
}

static inline void sample_clear(struct sample *sample, enum sample_field field)
{
    sample->have &= ~(1ull << field);
}

/* anon + mapped file: what pl_mom called RSS. False while a part of it is unknown. */
bool sample_rss(const struct sample *sample, uint64_t *ret);

/* What a leak can't give back: anon + shmem + (kernel - slab_reclaimable) + swap - swapcached, and
 * of swapcached what nobody maps, which is neither in anon nor in shmem: the rest of the lists of
 * anonymous pages. The kernel part counts as 0 where it is unknown (v1); swap where there is none.
 * Whole pages, so that history has just what was decided by. False while anon is unknown. */
bool sample_footprint(const struct sample *sample, uint64_t *ret);

/* What a reset would free now: the footprint less half of the shared memory, of which nobody knows
 * whether it outlives the processes. False while anon is unknown. */
bool sample_gives_back(const struct sample *sample, uint64_t *ret);

/* What is kept of a sample for history: the raw row of the database, in pages of SAMPLE_PAGE bytes.
 * Whatever is decided from a sample would be decided from its brief, too. */
#define SAMPLE_PAGE 4096

struct sample_brief {
    uint64_t serial; /* the slice's life */
    int64_t unix_usec;
    uint64_t limit_bytes, high_bytes, swap_limit_bytes; /* SAMPLE_NO_LIMIT: none */
    uint32_t rss, swap, footprint, current;             /* pages */
    uint32_t shmem, swapcached;                         /* pages; 0 where unknown */
    uint32_t room;                                      /* pages */
    uint32_t kernel;                                    /* pages, without reclaimable slab */
    uint32_t pressure;                                  /* some avg10, hundredths of a per cent */
    uint32_t faults;                                    /* major faults since the brief before */
    uint64_t badness, mems;
    uint16_t have; /* bits below */
};
enum {
    BRIEF_RSS = 1,
    BRIEF_SWAP = 2,
    BRIEF_FOOTPRINT = 4,
    BRIEF_CURRENT = 8,
    BRIEF_PRESSURE = 16,
    BRIEF_BADNESS = 32,
    BRIEF_MEMS = 64,
    BRIEF_ROOM = 128,
    BRIEF_KERNEL = 256
};

/* All but the serial and the faults, which belong to a life. */
struct sample_brief sample_to_brief(const struct sample *sample);

/* A sample with that brief: footprint, rss, swap, shmem and limits as they were, how the footprint
 * is made up of anon and kernel is a guess. `at` is the brief's own time. */
void sample_from_brief(const struct sample_brief *brief, struct stamp at, struct sample *ret);

enum node_field {
    NODE_MEM_TOTAL,
    NODE_MEM_FREE,
    NODE_MEM_AVAILABLE,
    NODE_CACHED,
    NODE_SHMEM,
    NODE_ANON,
    NODE_SLAB_RECLAIMABLE,
    NODE_SLAB_UNRECLAIMABLE,
    NODE_SWAP_TOTAL, /* /proc/meminfo */
    NODE_SWAP_FREE,
    NODE_SWAP_CACHED,
    NODE_SWAP_DEVICES, /* /proc/swaps: how many */
    NODE_ZRAM_SWAP,    /* of NODE_SWAP_TOTAL, what lies on zram: it takes the memory it saves */
    NODE_PSWPIN,
    NODE_PSWPOUT,
    NODE_PGMAJFAULT,
    NODE_PGSCAN_DIRECT,
    NODE_ALLOCSTALL, /* all zones */
    NODE_OOM_KILL,
    NODE_PSI_SOME_AVG10,
    NODE_PSI_FULL_AVG10,
    NODE_PSI_SOME_TOTAL,
    NODE_PSI_FULL_TOTAL,
    NODE_FIELDS
};
extern const struct field_info node_fields[NODE_FIELDS];

/* Of the node; of a group with a limit that several slices share (node_within); of memory nodes
 * that some are bound to (read/mems.h). */
struct node_sample {
    struct stamp at;
    uint64_t have;
    uint64_t value[NODE_FIELDS];
};

static inline bool node_has(const struct node_sample *node, enum node_field field)
{
    return node->have >> field & 1;
}

/* Free swap that is room beyond the memory there is: what zram stores is taken from that memory
 * again. Beside other swap zram is taken to fill first, as its priority wants. False while free
 * swap is unknown. */
bool node_swap_room(const struct node_sample *node, uint64_t *ret);

static inline void node_set(struct node_sample *node, enum node_field field, uint64_t value)
{
    node->value[field] = value;
    node->have |= 1ull << field;
}

/* The sample of a group with a limit, as that of a node of its own: mem_total is its limit, and
 * available what is left of that and what the kernel would take back (page cache and such slab);
 * its swap is what it may use of the node's, free what the node still has of it. Who runs into the
 * limit reclaims, so that counts as an allocation that stalled. False: no limit below the memory of
 * `node`, or none known. */
bool node_within(
    const struct sample *group, const struct node_sample *node, struct node_sample *ret);

#endif
