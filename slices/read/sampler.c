#include "slices/read/sampler.h"

#include "slices/base/file.h"
#include "slices/base/text.h"
#include "slices/read/group.h"
#include "slices/read/mems.h"
#include "slices/read/sources.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

/* --- Slots ----------------------------------------------------------------------------------- */

/* Left to everybody else in the process, the actuator before all. */
#define DESCRIPTORS_RESERVED 128
#define DESCRIPTORS_PER_SLOT (1 + SOURCES_CHEAP)

struct slot {
    bool used, vanished;
    uint64_t serial;
    int directory;            /* -1 while nothing is kept */
    int cheap[SOURCES_CHEAP]; /* -1: this kernel doesn't have it */
    uint64_t seen[SOURCES_CHEAP];
    uint32_t due; /* reads until everything is read again; 0 and 1: at the next */
};

struct sampler {
    const struct sources *sources;
    int root_fd; /* the hierarchy's */
    int proc_fd;
    enum badness_rule badness;
    uint64_t machine; /* its memory nodes; 0: not several */
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
    sampler->sources = sources_of(hierarchy->version);
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
    for (size_t i = 0; i < SOURCES_CHEAP; i++)
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
    for (size_t i = 0; i < SOURCES_CHEAP; i++) {
        slot->cheap[i] =
            openat(directory, sampler->sources->table[i].file, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
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

void sampler_ask(struct sampler *sampler, int proc_fd, enum badness_rule rule, uint64_t machine)
{
    sampler->proc_fd = proc_fd;
    sampler->badness = rule;
    sampler->machine = machine;
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
    return source_number(text, ret);
}

/* Sets *moved when a value is another than last time. -ENODEV: the group is gone. */
static int read_cheap(
    const struct sampler *sampler, struct slot *slot, struct sample *sample, bool *moved)
{
    for (size_t i = 0; i < SOURCES_CHEAP; i++) {
        uint64_t value = 0;
        int r = slot->cheap[i] < 0 ? -ENOENT : pread_number(slot->cheap[i], &value);
        if (r == -ENODEV)
            return r;
        if (r < 0)
            continue;
        *moved |= value != slot->seen[i];
        slot->seen[i] = value;
        enum sample_field field = sampler->sources->table[i].field;
        if (field != NO_FIELD)
            sample_set(sample, field, value);
    }
    return 0;
}

static void read_rest(const struct sampler *sampler, int directory, struct sample *sample)
{
    char text[SOURCE_TEXT_MAX];
    const struct sources *sources = sampler->sources;
    for (size_t i = SOURCES_CHEAP; i < sources->count; i++)
        if (file_read(directory, sources->table[i].file, text, sizeof text) >= 0)
            source_take(&sources->table[i], text, sample);
    sources_settle(sources, sample);
}

static void ask(const struct sampler *sampler, int directory, struct sample *sample)
{
    uint64_t badness;
    sample_clear(sample, SAMPLE_BADNESS);
    if (sampler->badness != BADNESS_NONE &&
        badness_read(directory, sampler->proc_fd, sampler->badness, &badness) == 0)
        sample_set(sample, SAMPLE_BADNESS, badness);
}

static void ask_where_bound(const struct sampler *sampler, int directory, struct sample *sample)
{
    if (sampler->machine == 0)
        return;
    uint64_t mems = mems_of_group(directory, sampler->proc_fd, sampler->machine);
    sample_clear(sample, SAMPLE_MEMS);
    if (mems != 0)
        sample_set(sample, SAMPLE_MEMS, mems);
}

static int read_slot(
    const struct sampler *sampler, struct slot *slot, bool force, struct sample *sample)
{
    bool full = force || slot->due <= 1;
    int r = read_cheap(sampler, slot, sample, &full);
    if (r < 0)
        return r;
    if (full) {
        read_rest(sampler, slot->directory, sample);
        ask_where_bound(sampler, slot->directory, sample);
    }
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
