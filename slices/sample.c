#include "slices/sample.h"

const struct field_info sample_fields[SAMPLE_FIELDS] = {
    [SAMPLE_CURRENT] = {"current", UNIT_BYTES},
    [SAMPLE_SWAP] = {"swap", UNIT_BYTES},
    [SAMPLE_ANON] = {"anon", UNIT_BYTES},
    [SAMPLE_FILE] = {"file", UNIT_BYTES},
    [SAMPLE_FILE_MAPPED] = {"file_mapped", UNIT_BYTES},
    [SAMPLE_SHMEM] = {"shmem", UNIT_BYTES},
    [SAMPLE_KERNEL] = {"kernel", UNIT_BYTES},
    [SAMPLE_SLAB_RECLAIMABLE] = {"slab_reclaimable", UNIT_BYTES},
    [SAMPLE_SLAB_UNRECLAIMABLE] = {"slab_unreclaimable", UNIT_BYTES},
    [SAMPLE_SOCK] = {"sock", UNIT_BYTES},
    [SAMPLE_SWAPCACHED] = {"swapcached", UNIT_BYTES},
    [SAMPLE_INACTIVE_ANON] = {"inactive_anon", UNIT_BYTES},
    [SAMPLE_ACTIVE_ANON] = {"active_anon", UNIT_BYTES},
    [SAMPLE_PGMAJFAULT] = {"pgmajfault", UNIT_COUNTER},
    [SAMPLE_REFAULT_ANON] = {"workingset_refault_anon", UNIT_COUNTER},
    [SAMPLE_REFAULT_FILE] = {"workingset_refault_file", UNIT_COUNTER},
    [SAMPLE_PGSCAN] = {"pgscan", UNIT_COUNTER},
    [SAMPLE_PGSTEAL] = {"pgsteal", UNIT_COUNTER},
    [SAMPLE_EVENT_HIGH] = {"event_high", UNIT_COUNTER},
    [SAMPLE_EVENT_MAX] = {"event_max", UNIT_COUNTER},
    [SAMPLE_EVENT_OOM] = {"event_oom", UNIT_COUNTER},
    [SAMPLE_EVENT_OOM_KILL] = {"event_oom_kill", UNIT_COUNTER},
    [SAMPLE_EVENT_OOM_GROUP_KILL] = {"event_oom_group_kill", UNIT_COUNTER},
    [SAMPLE_PSI_SOME_AVG10] = {"psi_some_avg10", UNIT_CENTI},
    [SAMPLE_PSI_FULL_AVG10] = {"psi_full_avg10", UNIT_CENTI},
    [SAMPLE_PSI_SOME_TOTAL] = {"psi_some_total", UNIT_USEC},
    [SAMPLE_PSI_FULL_TOTAL] = {"psi_full_total", UNIT_USEC},
    [SAMPLE_PIDS] = {"pids", UNIT_COUNT},
    [SAMPLE_LIMIT_MAX] = {"limit_max", UNIT_BYTES},
    [SAMPLE_LIMIT_HIGH] = {"limit_high", UNIT_BYTES},
    [SAMPLE_LIMIT_SWAP] = {"limit_swap", UNIT_BYTES},
};

const struct field_info node_fields[NODE_FIELDS] = {
    [NODE_MEM_TOTAL] = {"mem_total", UNIT_BYTES},
    [NODE_MEM_FREE] = {"mem_free", UNIT_BYTES},
    [NODE_MEM_AVAILABLE] = {"mem_available", UNIT_BYTES},
    [NODE_CACHED] = {"cached", UNIT_BYTES},
    [NODE_SHMEM] = {"shmem", UNIT_BYTES},
    [NODE_ANON] = {"anon", UNIT_BYTES},
    [NODE_SLAB_RECLAIMABLE] = {"slab_reclaimable", UNIT_BYTES},
    [NODE_SLAB_UNRECLAIMABLE] = {"slab_unreclaimable", UNIT_BYTES},
    [NODE_SWAP_TOTAL] = {"swap_total", UNIT_BYTES},
    [NODE_SWAP_FREE] = {"swap_free", UNIT_BYTES},
    [NODE_SWAP_CACHED] = {"swap_cached", UNIT_BYTES},
    [NODE_SWAP_DEVICES] = {"swap_devices", UNIT_COUNT},
    [NODE_ZRAM_SWAP] = {"zram_swap", UNIT_BYTES},
    [NODE_PSWPIN] = {"pswpin", UNIT_COUNTER},
    [NODE_PSWPOUT] = {"pswpout", UNIT_COUNTER},
    [NODE_PGMAJFAULT] = {"pgmajfault", UNIT_COUNTER},
    [NODE_PGSCAN_DIRECT] = {"pgscan_direct", UNIT_COUNTER},
    [NODE_ALLOCSTALL] = {"allocstall", UNIT_COUNTER},
    [NODE_OOM_KILL] = {"oom_kill", UNIT_COUNTER},
    [NODE_PSI_SOME_AVG10] = {"psi_some_avg10", UNIT_CENTI},
    [NODE_PSI_FULL_AVG10] = {"psi_full_avg10", UNIT_CENTI},
    [NODE_PSI_SOME_TOTAL] = {"psi_some_total", UNIT_USEC},
    [NODE_PSI_FULL_TOTAL] = {"psi_full_total", UNIT_USEC},
};

bool sample_rss(const struct sample *sample, uint64_t *ret)
{
    if (!sample_has(sample, SAMPLE_ANON) || !sample_has(sample, SAMPLE_FILE_MAPPED))
        return false;
    *ret = sample->value[SAMPLE_ANON] + sample->value[SAMPLE_FILE_MAPPED];
    return true;
}

static uint64_t known(const struct sample *sample, enum sample_field field)
{
    return sample_has(sample, field) ? sample->value[field] : 0;
}

static uint64_t less(uint64_t a, uint64_t b)
{
    return a > b ? a - b : 0;
}

/* Pages of the swap cache that nobody maps: reclaim has unmapped them and not freed them yet, or a
 * read-ahead has brought them in. */
static uint64_t unmapped_swapcache(const struct sample *sample)
{
    uint64_t listed = known(sample, SAMPLE_INACTIVE_ANON) + known(sample, SAMPLE_ACTIVE_ANON);
    uint64_t rest = less(listed, known(sample, SAMPLE_ANON) + known(sample, SAMPLE_SHMEM));
    uint64_t swapcached = known(sample, SAMPLE_SWAPCACHED);
    return rest < swapcached ? rest : swapcached;
}

bool sample_footprint(const struct sample *sample, uint64_t *ret)
{
    if (!sample_has(sample, SAMPLE_ANON))
        return false;
    uint64_t kernel = less(known(sample, SAMPLE_KERNEL), known(sample, SAMPLE_SLAB_RECLAIMABLE));
    uint64_t mapped = known(sample, SAMPLE_SWAPCACHED) - unmapped_swapcache(sample);
    uint64_t swapped =
        less(known(sample, SAMPLE_SWAP), mapped); /* the mapped are in anon already */
    *ret = sample->value[SAMPLE_ANON] + known(sample, SAMPLE_SHMEM) + kernel + swapped;
    return true;
}

bool node_swap_room(const struct node_sample *node, uint64_t *ret)
{
    if (!node_has(node, NODE_SWAP_FREE))
        return false;
    *ret = node->value[NODE_SWAP_FREE];
    if (!node_has(node, NODE_SWAP_TOTAL) || !node_has(node, NODE_ZRAM_SWAP))
        return true;
    uint64_t elsewhere = less(node->value[NODE_SWAP_TOTAL], node->value[NODE_ZRAM_SWAP]);
    if (elsewhere < *ret)
        *ret = elsewhere;
    return true;
}
