#include "slices/read/sources.h"

#include "slices/base/text.h"
#include "slices/read/keyed.h"
#include "slices/read/pressure.h"

#include <errno.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

/* One table per version of the hierarchy, one row per file, and for files of many lines one row per
 * key. The order of keys is the kernel's (mm/memcontrol.c), which keyed_parse likes. */

/* pgscan and pgsteal are totals over kswapd, direct and khugepaged. */
static const struct keyed_row stat_v2[] = {
    KEYED_ROW("anon", SAMPLE_ANON),
    KEYED_ROW("file", SAMPLE_FILE),
    KEYED_ROW("kernel", SAMPLE_KERNEL), /* since 5.18 */
    KEYED_ROW("sock", SAMPLE_SOCK),
    KEYED_ROW("shmem", SAMPLE_SHMEM),
    KEYED_ROW("file_mapped", SAMPLE_FILE_MAPPED),
    KEYED_ROW("swapcached", SAMPLE_SWAPCACHED),
    KEYED_ROW("inactive_anon", SAMPLE_INACTIVE_ANON),
    KEYED_ROW("active_anon", SAMPLE_ACTIVE_ANON),
    KEYED_ROW("slab_reclaimable", SAMPLE_SLAB_RECLAIMABLE),
    KEYED_ROW("slab_unreclaimable", SAMPLE_SLAB_UNRECLAIMABLE),
    KEYED_ROW("workingset_refault", SAMPLE_REFAULT_FILE), /* before 5.9, which split it */
    KEYED_ROW("workingset_refault_anon", SAMPLE_REFAULT_ANON),
    KEYED_ROW("workingset_refault_file", SAMPLE_REFAULT_FILE),
    KEYED_ROW("pgscan", SAMPLE_PGSCAN),
    KEYED_ROW("pgsteal", SAMPLE_PGSTEAL),
    KEYED_ROW("pgmajfault", SAMPLE_PGMAJFAULT),
};

/* The fields without total_ leave out the groups nested below. */
static const struct keyed_row stat_v1[] = {
    KEYED_ROW("total_cache", SAMPLE_FILE),
    KEYED_ROW("total_rss", SAMPLE_ANON),
    KEYED_ROW("total_shmem", SAMPLE_SHMEM),
    KEYED_ROW("total_mapped_file", SAMPLE_FILE_MAPPED),
    KEYED_ROW("total_workingset_refault", SAMPLE_REFAULT_FILE), /* before 5.9 */
    KEYED_ROW("total_workingset_refault_anon", SAMPLE_REFAULT_ANON),
    KEYED_ROW("total_workingset_refault_file", SAMPLE_REFAULT_FILE),
    KEYED_ROW("total_swap", SAMPLE_SWAP),
    KEYED_ROW("total_swapcached", SAMPLE_SWAPCACHED),
    KEYED_ROW("total_pgmajfault", SAMPLE_PGMAJFAULT),
    KEYED_ROW("total_inactive_anon", SAMPLE_INACTIVE_ANON),
    KEYED_ROW("total_active_anon", SAMPLE_ACTIVE_ANON),
};

static const struct keyed_row events[] = {
    KEYED_ROW("high", SAMPLE_EVENT_HIGH),
    KEYED_ROW("max", SAMPLE_EVENT_MAX),
    KEYED_ROW("oom", SAMPLE_EVENT_OOM),
    KEYED_ROW("oom_kill", SAMPLE_EVENT_OOM_KILL), /* the only one of v1's oom_control */
    KEYED_ROW("oom_group_kill", SAMPLE_EVENT_OOM_GROUP_KILL),
};

static void parse_pressure(const char *text, struct sample *sample);

/* The cheap ones first. */
static const struct source v2[] = {
    {"memory.current", NULL, SAMPLE_CURRENT},
    {"memory.swap.current", NULL, SAMPLE_SWAP},
    {"memory.stat", source_parse_stat_v2, NO_FIELD},
    {"memory.events", source_parse_events, NO_FIELD},
    {"memory.pressure", parse_pressure, NO_FIELD},
    {"pids.current", NULL, SAMPLE_PIDS},
    {"memory.max", NULL, SAMPLE_LIMIT_MAX},
    {"memory.high", NULL, SAMPLE_LIMIT_HIGH},
    {"memory.swap.max", NULL, SAMPLE_LIMIT_SWAP},
};

/* v1 says of memsw only whether it moved: memory.stat tells swap itself. */
static const struct source v1[] = {
    {"memory.usage_in_bytes", NULL, SAMPLE_CURRENT},
    {"memory.memsw.usage_in_bytes", NULL, NO_FIELD},
    {"memory.stat", source_parse_stat_v1, NO_FIELD},
    {"memory.oom_control", source_parse_events, NO_FIELD},
    {"memory.failcnt", NULL, SAMPLE_EVENT_MAX}, /* how often the limit was hit, as v2's "max" */
    {"memory.limit_in_bytes", NULL, SAMPLE_LIMIT_MAX},
    {"memory.soft_limit_in_bytes", NULL, SAMPLE_LIMIT_HIGH},
    {"memory.memsw.limit_in_bytes", NULL, SAMPLE_LIMIT_SWAP}, /* still with memory in it */
};

_Static_assert(COUNT(v2) <= SOURCES_MAX && COUNT(v1) <= SOURCES_MAX, "SOURCES_MAX");

static const struct sources versions[] = {
    [HIERARCHY_V1] = {v1, COUNT(v1), true},
    [HIERARCHY_V2] = {v2, COUNT(v2), false},
};

const struct sources *sources_of(enum hierarchy_version version)
{
    return &versions[version];
}

static void set_field(void *context, int field, uint64_t value)
{
    sample_set(context, (enum sample_field)field, value);
}

void source_parse_stat_v2(const char *text, struct sample *sample)
{
    keyed_parse(text, stat_v2, COUNT(stat_v2), set_field, sample);
}

void source_parse_stat_v1(const char *text, struct sample *sample)
{
    keyed_parse(text, stat_v1, COUNT(stat_v1), set_field, sample);
}

void source_parse_events(const char *text, struct sample *sample)
{
    keyed_parse(text, events, COUNT(events), set_field, sample);
}

static void parse_pressure(const char *text, struct sample *sample)
{
    struct pressure pressure;
    if (pressure_parse(text, &pressure) < 0)
        return;
    if (pressure.some) {
        sample_set(sample, SAMPLE_PSI_SOME_AVG10, pressure.some_avg10);
        sample_set(sample, SAMPLE_PSI_SOME_TOTAL, pressure.some_total);
    }
    if (pressure.full) {
        sample_set(sample, SAMPLE_PSI_FULL_AVG10, pressure.full_avg10);
        sample_set(sample, SAMPLE_PSI_FULL_TOTAL, pressure.full_total);
    }
}

int source_number(const char *text, uint64_t *ret)
{
    if (strcmp(text, "max\n") == 0 || strcmp(text, "max") == 0) {
        *ret = SAMPLE_NO_LIMIT;
        return 0;
    }
    return text_whole_u64(text, ret);
}

/* v1 writes "no limit" as LONG_MAX rounded down to whole pages (PAGE_COUNTER_MAX), of at most
 * 64 KiB. */
static uint64_t limit_of_v1(uint64_t bytes)
{
    return bytes >= (INT64_MAX & ~0xffffull) ? SAMPLE_NO_LIMIT : bytes;
}

/* memsw.limit counts memory too, and v1 has no word for "none". */
static void settle_limits_v1(struct sample *sample)
{
    uint64_t *limit = sample->value;
    const uint64_t both = 1ull << SAMPLE_LIMIT_MAX | 1ull << SAMPLE_LIMIT_SWAP;
    limit[SAMPLE_LIMIT_MAX] = limit_of_v1(limit[SAMPLE_LIMIT_MAX]);
    limit[SAMPLE_LIMIT_HIGH] = limit_of_v1(limit[SAMPLE_LIMIT_HIGH]);
    if ((sample->refreshed & both) != both) {
        sample_clear(sample, SAMPLE_LIMIT_SWAP);
        sample->refreshed &= ~(1ull << SAMPLE_LIMIT_SWAP);
        return;
    }
    limit[SAMPLE_LIMIT_SWAP] = limit_of_v1(limit[SAMPLE_LIMIT_SWAP]);
    if (limit[SAMPLE_LIMIT_SWAP] != SAMPLE_NO_LIMIT)
        limit[SAMPLE_LIMIT_SWAP] -= limit[SAMPLE_LIMIT_SWAP] < limit[SAMPLE_LIMIT_MAX]
                                        ? limit[SAMPLE_LIMIT_SWAP]
                                        : limit[SAMPLE_LIMIT_MAX];
}

void source_take(const struct source *source, const char *text, struct sample *sample)
{
    uint64_t value;
    if (source->parse)
        source->parse(text, sample);
    else if (source->field != NO_FIELD && source_number(text, &value) == 0)
        sample_set(sample, source->field, value);
}

void sources_settle(const struct sources *sources, struct sample *sample)
{
    if (sources->is_v1)
        settle_limits_v1(sample);
}
