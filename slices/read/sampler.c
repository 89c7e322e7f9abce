/* A sample is put together from the sources below: one table per version of the hierarchy, one row
 * per file, and for files of many lines one row per key. The order of keys is the kernel's
 * (mm/memcontrol.c), which keyed_parse likes. */
#include "slices/read/sampler.h"

#include "slices/base/file.h"
#include "slices/base/text.h"
#include "slices/read/group.h"
#include "slices/read/keyed.h"
#include "slices/read/pressure.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

/* --- Where each field comes from ------------------------------------------------------------- */

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

#define NO_FIELD SAMPLE_FIELDS

struct source {
    const char *file;
    void (*parse)(const char *text, struct sample *sample); /* NULL: the file is one number, */
    enum sample_field field;                                /* of this field */
};

static void parse_pressure(const char *text, struct sample *sample);

static const struct source sources_v2[] = {
    {"memory.stat", sampler_parse_stat_v2, NO_FIELD},
    {"memory.events", sampler_parse_events, NO_FIELD},
    {"memory.pressure", parse_pressure, NO_FIELD},
    {"pids.current", NULL, SAMPLE_PIDS},
    {"memory.max", NULL, SAMPLE_LIMIT_MAX},
    {"memory.high", NULL, SAMPLE_LIMIT_HIGH},
    {"memory.swap.max", NULL, SAMPLE_LIMIT_SWAP},
};

static const struct source sources_v1[] = {
    {"memory.stat", sampler_parse_stat_v1, NO_FIELD},
    {"memory.oom_control", sampler_parse_events, NO_FIELD},
    {"memory.failcnt", NULL, SAMPLE_EVENT_MAX}, /* how often the limit was hit, as v2's "max" */
    {"memory.limit_in_bytes", NULL, SAMPLE_LIMIT_MAX},
    {"memory.soft_limit_in_bytes", NULL, SAMPLE_LIMIT_HIGH},
    {"memory.memsw.limit_in_bytes", NULL, SAMPLE_LIMIT_SWAP}, /* still with memory in it */
};

#define CHEAP_FILES 2

struct version {
    struct source cheap[CHEAP_FILES]; /* kept open, read every time */
    const struct source *sources;
    size_t source_count;
};

/* v1 says of memsw only whether it moved: memory.stat tells swap itself. */
static const struct version versions[] = {
    [HIERARCHY_V1] = {{{"memory.usage_in_bytes", NULL, SAMPLE_CURRENT},
                          {"memory.memsw.usage_in_bytes", NULL, NO_FIELD}},
        sources_v1, COUNT(sources_v1)},
    [HIERARCHY_V2] = {{{"memory.current", NULL, SAMPLE_CURRENT},
                          {"memory.swap.current", NULL, SAMPLE_SWAP}},
        sources_v2, COUNT(sources_v2)},
};

/* --- Parsing --------------------------------------------------------------------------------- */

static void set_field(void *context, int field, uint64_t value)
{
    sample_set(context, (enum sample_field)field, value);
}

void sampler_parse_stat_v2(const char *text, struct sample *sample)
{
    keyed_parse(text, stat_v2, COUNT(stat_v2), set_field, sample);
}

void sampler_parse_stat_v1(const char *text, struct sample *sample)
{
    keyed_parse(text, stat_v1, COUNT(stat_v1), set_field, sample);
}

void sampler_parse_events(const char *text, struct sample *sample)
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

static int parse_number(const char *text, uint64_t *ret)
{
    if (strcmp(text, "max\n") == 0) {
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
        sample->have &= ~(1ull << SAMPLE_LIMIT_SWAP);
        sample->refreshed &= ~(1ull << SAMPLE_LIMIT_SWAP);
        return;
    }
    limit[SAMPLE_LIMIT_SWAP] = limit_of_v1(limit[SAMPLE_LIMIT_SWAP]);
    if (limit[SAMPLE_LIMIT_SWAP] != SAMPLE_NO_LIMIT)
        limit[SAMPLE_LIMIT_SWAP] -= limit[SAMPLE_LIMIT_SWAP] < limit[SAMPLE_LIMIT_MAX]
                                        ? limit[SAMPLE_LIMIT_SWAP]
                                        : limit[SAMPLE_LIMIT_MAX];
}

/* --- Slots ----------------------------------------------------------------------------------- */

/* Left to everybody else in the process, the actuator before all. */
#define DESCRIPTORS_RESERVED 128
#define DESCRIPTORS_PER_SLOT (1 + CHEAP_FILES)

struct slot {
    bool used, vanished;
    uint64_t serial;
    int directory;          /* -1 while nothing is kept */
    int cheap[CHEAP_FILES]; /* -1: this kernel doesn't have it */
    uint64_t seen[CHEAP_FILES];
    uint32_t due; /* reads until everything is read again; 0 and 1: at the next */
};

struct sampler {
    const struct version *version;
    bool is_v1;
    int root_fd; /* the hierarchy's */
    int proc_fd;
    enum badness_rule badness;
    uint32_t max_slices, full_every;
    uint32_t kept, kept_max; /* slots with descriptors */
    struct slot slot[];
};

int sampler_open(const struct hierarchy *hierarchy, uint32_t max_slices, uint32_t full_every,
    struct sampler **ret, struct mom_error *error)
{
    struct sampler *sampler = calloc(1, sizeof *sampler + max_slices * sizeof *sampler->slot);
    struct rlimit files;
    if (!sampler || getrlimit(RLIMIT_NOFILE, &files) < 0) {
        int r = -errno;
        free(sampler);
        return error_errno(error, r, "a sampler of %u slices", max_slices);
    }
    sampler->version = &versions[hierarchy->version];
    sampler->is_v1 = hierarchy->version == HIERARCHY_V1;
    sampler->root_fd = hierarchy->root_fd;
    sampler->max_slices = max_slices;
    sampler->full_every = full_every;
    rlim_t spare =
        files.rlim_cur > DESCRIPTORS_RESERVED ? files.rlim_cur - DESCRIPTORS_RESERVED : 0;
    rlim_t slots = spare / DESCRIPTORS_PER_SLOT;
    sampler->kept_max = slots < max_slices ? (uint32_t)slots : max_slices;
    for (uint32_t i = 0; i < max_slices; i++)
        sampler->slot[i].directory = -1;
    *ret = sampler;
    return 0;
}

static void close_slot(struct sampler *sampler, struct slot *slot)
{
    if (slot->directory < 0)
        return;
    (void)close(slot->directory);
    for (size_t i = 0; i < CHEAP_FILES; i++)
        if (slot->cheap[i] >= 0)
            (void)close(slot->cheap[i]);
    slot->directory = -1;
    sampler->kept--;
}

void sampler_close(struct sampler *sampler)
{
    if (!sampler)
        return;
    for (uint32_t i = 0; i < sampler->max_slices; i++)
        close_slot(sampler, &sampler->slot[i]);
    free(sampler);
}

/* Opens the group and its cheap files, for one read or to be kept. */
static int open_slot_once(struct sampler *sampler, struct slot *slot, const struct slice *slice)
{
    int directory = group_open(sampler->root_fd, slice->path);
    if (directory < 0)
        return directory;
    int r = group_check(directory, &slice->life);
    if (r < 0) {
        (void)close(directory);
        return r;
    }
    slot->directory = directory;
    sampler->kept++;
    for (size_t i = 0; i < CHEAP_FILES; i++) {
        slot->cheap[i] =
            openat(directory, sampler->version->cheap[i].file, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
        if (slot->cheap[i] < 0 && (errno == EMFILE || errno == ENFILE))
            r = -EMFILE;
    }
    if (r == 0 && slot->cheap[0] < 0 && group_is_gone(directory))
        r = -ENODEV;
    if (r < 0)
        close_slot(sampler, slot);
    return r;
}

/* Closes what another slot keeps, and keeps less from now on. */
static bool give_back(struct sampler *sampler)
{
    for (uint32_t i = sampler->max_slices; i-- > 0;) {
        if (sampler->slot[i].directory < 0)
            continue;
        close_slot(sampler, &sampler->slot[i]);
        sampler->kept_max = sampler->kept;
        return true;
    }
    return false;
}

static int open_slot(struct sampler *sampler, struct slot *slot, const struct slice *slice)
{
    int r;
    do
        r = open_slot_once(sampler, slot, slice);
    while ((r == -EMFILE || r == -ENFILE) && give_back(sampler));
    return r;
}

void sampler_ask(struct sampler *sampler, int proc_fd, enum badness_rule rule)
{
    sampler->proc_fd = proc_fd;
    sampler->badness = rule;
}

void sampler_forget(struct sampler *sampler, const struct slice *slice)
{
    if (slice->index >= sampler->max_slices)
        return;
    struct slot *slot = &sampler->slot[slice->index];
    if (slot->serial != slice->serial)
        return;
    close_slot(sampler, slot);
    *slot = (struct slot){.directory = -1};
}

uint32_t sampler_unkept(const struct sampler *sampler)
{
    uint32_t unkept = 0;
    for (uint32_t i = 0; i < sampler->max_slices; i++) {
        const struct slot *slot = &sampler->slot[i];
        unkept += slot->used && !slot->vanished && slot->directory < 0;
    }
    return unkept;
}

/* --- Reading --------------------------------------------------------------------------------- */

/* One pread(2) gives a file of one number whole; asking once more for its end would cost as much
 * again. */
static int pread_number(int fd, uint64_t *ret)
{
    char text[32];
    ssize_t n = pread(fd, text, sizeof text - 1, 0);
    if (n < 0)
        return -errno;
    text[n] = '\0';
    return parse_number(text, ret);
}

/* Sets *moved when a value is another than last time. -ENODEV: the group is gone. */
static int read_cheap(
    const struct sampler *sampler, struct slot *slot, struct sample *sample, bool *moved)
{
    for (size_t i = 0; i < CHEAP_FILES; i++) {
        uint64_t value = 0;
        int r = slot->cheap[i] < 0 ? -ENOENT : pread_number(slot->cheap[i], &value);
        if (r == -ENODEV)
            return r;
        if (r < 0)
            continue;
        *moved |= value != slot->seen[i];
        slot->seen[i] = value;
        enum sample_field field = sampler->version->cheap[i].field;
        if (field != NO_FIELD)
            sample_set(sample, field, value);
    }
    return 0;
}

static void read_source(int directory, const struct source *source, struct sample *sample)
{
    char text[16384]; /* memory.stat: 2 KiB as of Linux 6.18 */
    uint64_t value;
    if (file_read(directory, source->file, text, sizeof text) < 0)
        return;
    if (source->parse)
        source->parse(text, sample);
    else if (parse_number(text, &value) == 0)
        sample_set(sample, source->field, value);
}

static void read_rest(const struct sampler *sampler, int directory, struct sample *sample)
{
    for (size_t i = 0; i < sampler->version->source_count; i++)
        read_source(directory, &sampler->version->sources[i], sample);
    if (sampler->is_v1)
        settle_limits_v1(sample);
}

static void ask(const struct sampler *sampler, int directory, struct sample *sample)
{
    uint64_t badness;
    sample->have &= ~(1ull << SAMPLE_BADNESS);
    if (sampler->badness != BADNESS_NONE &&
        badness_read(directory, sampler->proc_fd, sampler->badness, &badness) == 0)
        sample_set(sample, SAMPLE_BADNESS, badness);
}

static int read_slot(
    const struct sampler *sampler, struct slot *slot, bool force, struct sample *sample)
{
    bool full = force || slot->due <= 1;
    int r = read_cheap(sampler, slot, sample, &full);
    if (r < 0)
        return r;
    if (full)
        read_rest(sampler, slot->directory, sample);
    ask(sampler, slot->directory, sample);
    slot->due = full ? sampler->full_every : slot->due - 1;
    return 0;
}

int sampler_read(struct sampler *sampler, const struct slice *slice, struct stamp now, bool force,
    struct sample *sample)
{
    if (slice->index >= sampler->max_slices)
        return -EINVAL;
    struct slot *slot = &sampler->slot[slice->index];
    if (!slot->used || slot->serial != slice->serial) {
        close_slot(sampler, slot);
        *slot = (struct slot){.used = true, .serial = slice->serial, .directory = -1};
        *sample = (struct sample){0};
    }
    sample->refreshed = 0;
    int r = slot->vanished ? -ENODEV : 0;
    if (r == 0 && slot->directory < 0)
        r = open_slot(sampler, slot, slice);
    if (r == 0)
        r = read_slot(sampler, slot, force, sample);
    /* v2: whoever owns the parent may take its memory files away from a living group, and give it
     * new ones. */
    bool has_files = slot->directory >= 0 && slot->cheap[0] >= 0;
    slot->vanished = group_vanished(r) && (slot->directory < 0 || group_is_gone(slot->directory));
    if (r < 0 || !has_files || sampler->kept > sampler->kept_max)
        close_slot(sampler, slot);
    if (r < 0)
        sample->refreshed = 0;
    else
        sample->at = now;
    return r;
}
