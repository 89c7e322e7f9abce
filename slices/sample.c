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
    [SAMPLE_BADNESS] = {"badness", UNIT_COUNT},
    [SAMPLE_MEMS] = {"mems", UNIT_COUNT},
    [SAMPLE_ROOM] = {"room", UNIT_BYTES},
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

static uint64_t less(uint64_t a, uint64_t b)
{
    return a > b ? a - b : 0;
}

/* Pages of the swap cache that nobody maps: reclaim has unmapped them and not freed them yet, or a
 * read-ahead has brought them in. */
static uint64_t unmapped_swapcache(const struct sample *sample)
{
    uint64_t listed =
        sample_known(sample, SAMPLE_INACTIVE_ANON) + sample_known(sample, SAMPLE_ACTIVE_ANON);
    uint64_t rest =
        less(listed, sample_known(sample, SAMPLE_ANON) + sample_known(sample, SAMPLE_SHMEM));
    uint64_t swapcached = sample_known(sample, SAMPLE_SWAPCACHED);
    return rest < swapcached ? rest : swapcached;
}

bool sample_footprint(const struct sample *sample, uint64_t *ret)
{
    if (!sample_has(sample, SAMPLE_ANON))
        return false;
    uint64_t kernel =
        less(sample_known(sample, SAMPLE_KERNEL), sample_known(sample, SAMPLE_SLAB_RECLAIMABLE));
    uint64_t mapped = sample_known(sample, SAMPLE_SWAPCACHED) - unmapped_swapcache(sample);
    uint64_t swapped =
        less(sample_known(sample, SAMPLE_SWAP), mapped); /* the mapped are in anon already */
    uint64_t sum =
        sample->value[SAMPLE_ANON] + sample_known(sample, SAMPLE_SHMEM) + kernel + swapped;
    *ret = sum - sum % SAMPLE_PAGE;
    return true;
}

bool sample_gives_back(const struct sample *sample, uint64_t *ret)
{
    uint64_t footprint, shared = sample_known(sample, SAMPLE_SHMEM);
    if (!sample_footprint(sample, &footprint))
        return false;
    *ret = less(footprint, shared / 2);
    return true;
}

static uint32_t pages(uint64_t bytes)
{
    uint64_t count = bytes / SAMPLE_PAGE;
    return count < UINT32_MAX ? (uint32_t)count : UINT32_MAX;
}

struct sample_brief sample_to_brief(const struct sample *sample)
{
    struct sample_brief brief = {.unix_usec = sample->at.unix_usec,
        .limit_bytes = sample_limit(sample, SAMPLE_LIMIT_MAX),
        .high_bytes = sample_limit(sample, SAMPLE_LIMIT_HIGH),
        .swap_limit_bytes = sample_limit(sample, SAMPLE_LIMIT_SWAP),
        .shmem = pages(sample_known(sample, SAMPLE_SHMEM)),
        .swapcached = pages(sample_known(sample, SAMPLE_SWAPCACHED))};
    uint64_t bytes;
    if (sample_rss(sample, &bytes)) {
        brief.rss = pages(bytes);
        brief.have |= BRIEF_RSS;
    }
    if (sample_footprint(sample, &bytes)) {
        brief.footprint = pages(bytes);
        brief.have |= BRIEF_FOOTPRINT;
    }
    if (sample_has(sample, SAMPLE_SWAP)) {
        brief.swap = pages(sample->value[SAMPLE_SWAP]);
        brief.have |= BRIEF_SWAP;
    }
    if (sample_has(sample, SAMPLE_CURRENT)) {
        brief.current = pages(sample->value[SAMPLE_CURRENT]);
        brief.have |= BRIEF_CURRENT;
    }
    if (sample_has(sample, SAMPLE_PSI_SOME_AVG10)) {
        brief.pressure = (uint32_t)sample->value[SAMPLE_PSI_SOME_AVG10];
        brief.have |= BRIEF_PRESSURE;
    }
    if (sample_has(sample, SAMPLE_BADNESS)) {
        brief.badness = sample->value[SAMPLE_BADNESS];
        brief.have |= BRIEF_BADNESS;
    }
    if (sample_has(sample, SAMPLE_MEMS)) {
        brief.mems = sample->value[SAMPLE_MEMS];
        brief.have |= BRIEF_MEMS;
    }
    if (sample_has(sample, SAMPLE_KERNEL)) {
        uint64_t reclaimable = sample_known(sample, SAMPLE_SLAB_RECLAIMABLE);
        brief.kernel = pages(less(sample->value[SAMPLE_KERNEL], reclaimable));
        brief.have |= BRIEF_KERNEL;
    }
    if (sample_has(sample, SAMPLE_ROOM)) {
        brief.room = pages(sample->value[SAMPLE_ROOM]);
        brief.have |= BRIEF_ROOM;
    }
    return brief;
}

static void set_pages(struct sample *sample, enum sample_field field, bool is_known, uint64_t count)
{
    if (is_known)
        sample_set(sample, field, count * SAMPLE_PAGE);
}

/* Without the lists of anonymous pages all of the swap cache counts as mapped, so that
 * footprint = anon + shmem + kernel + swap - swapcached. Where the kernel part was not recorded, it
 * is what resident pages leave. */
void sample_from_brief(const struct sample_brief *brief, struct stamp at, struct sample *ret)
{
    *ret = (struct sample){.at = at};
    bool has_footprint = brief->have & BRIEF_FOOTPRINT, has_rss = brief->have & BRIEF_RSS;
    uint64_t rest = less(brief->footprint, brief->shmem + less(brief->swap, brief->swapcached));
    uint64_t anon = has_rss && brief->rss < rest ? brief->rss : rest;
    if (brief->have & BRIEF_KERNEL && less(rest, brief->kernel) < anon)
        anon = less(rest, brief->kernel);
    set_pages(ret, SAMPLE_ANON, has_footprint, anon);
    set_pages(ret, SAMPLE_KERNEL, has_footprint, rest - anon);
    set_pages(ret, SAMPLE_SHMEM, has_footprint, brief->shmem);
    set_pages(ret, SAMPLE_SWAPCACHED, has_footprint, brief->swapcached);
    set_pages(ret, SAMPLE_FILE_MAPPED, has_rss, less(brief->rss, anon));
    set_pages(ret, SAMPLE_SWAP, brief->have & BRIEF_SWAP, brief->swap);
    set_pages(ret, SAMPLE_CURRENT, brief->have & BRIEF_CURRENT, brief->current);
    if (brief->have & BRIEF_PRESSURE)
        sample_set(ret, SAMPLE_PSI_SOME_AVG10, brief->pressure);
    if (brief->have & BRIEF_BADNESS)
        sample_set(ret, SAMPLE_BADNESS, brief->badness);
    if (brief->have & BRIEF_MEMS)
        sample_set(ret, SAMPLE_MEMS, brief->mems);
    sample_set(ret, SAMPLE_LIMIT_MAX, brief->limit_bytes);
    sample_set(ret, SAMPLE_LIMIT_HIGH, brief->high_bytes);
    sample_set(ret, SAMPLE_LIMIT_SWAP, brief->swap_limit_bytes);
    set_pages(ret, SAMPLE_ROOM, brief->have & BRIEF_ROOM, brief->room);
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

static uint64_t least(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

static void set_swap_within(
    const struct sample *group, const struct node_sample *node, struct node_sample *ret)
{
    if (!node_has(node, NODE_SWAP_TOTAL) || !node_has(node, NODE_SWAP_FREE))
        return;
    uint64_t total = node->value[NODE_SWAP_TOTAL];
    if (sample_has(group, SAMPLE_LIMIT_SWAP))
        total = least(total, group->value[SAMPLE_LIMIT_SWAP]);
    uint64_t left = less(total, sample_known(group, SAMPLE_SWAP));
    node_set(ret, NODE_SWAP_TOTAL, total);
    node_set(ret, NODE_SWAP_FREE, least(left, node->value[NODE_SWAP_FREE]));
}

bool node_within(
    const struct sample *group, const struct node_sample *node, struct node_sample *ret)
{
    static const struct {
        enum sample_field from;
        enum node_field to;
    } same[] = {
        {SAMPLE_FILE, NODE_CACHED},
        {SAMPLE_SHMEM, NODE_SHMEM},
        {SAMPLE_ANON, NODE_ANON},
        {SAMPLE_SLAB_RECLAIMABLE, NODE_SLAB_RECLAIMABLE},
        {SAMPLE_SLAB_UNRECLAIMABLE, NODE_SLAB_UNRECLAIMABLE},
        {SAMPLE_PGMAJFAULT, NODE_PGMAJFAULT},
        {SAMPLE_EVENT_MAX, NODE_ALLOCSTALL},
        {SAMPLE_EVENT_OOM_KILL, NODE_OOM_KILL},
        {SAMPLE_PSI_SOME_AVG10, NODE_PSI_SOME_AVG10},
        {SAMPLE_PSI_FULL_AVG10, NODE_PSI_FULL_AVG10},
        {SAMPLE_PSI_SOME_TOTAL, NODE_PSI_SOME_TOTAL},
        {SAMPLE_PSI_FULL_TOTAL, NODE_PSI_FULL_TOTAL},
    };
    if (!sample_has(group, SAMPLE_LIMIT_MAX) || !sample_has(group, SAMPLE_CURRENT) ||
        !node_has(node, NODE_MEM_TOTAL) ||
        group->value[SAMPLE_LIMIT_MAX] >= node->value[NODE_MEM_TOTAL])
        return false;
    uint64_t limit = group->value[SAMPLE_LIMIT_MAX];
    uint64_t left = less(limit, group->value[SAMPLE_CURRENT]);
    uint64_t cache = less(sample_known(group, SAMPLE_FILE), sample_known(group, SAMPLE_SHMEM));
    uint64_t available = left + cache + sample_known(group, SAMPLE_SLAB_RECLAIMABLE);
    *ret = (struct node_sample){.at = group->at};
    node_set(ret, NODE_MEM_TOTAL, limit);
    node_set(ret, NODE_MEM_FREE, left);
    node_set(ret, NODE_MEM_AVAILABLE, least(available, limit));
    set_swap_within(group, node, ret);
    for (size_t i = 0; i < sizeof same / sizeof *same; i++)
        if (sample_has(group, same[i].from))
            node_set(ret, same[i].to, group->value[same[i].from]);
    return true;
}
