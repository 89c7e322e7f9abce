#include "slices/read/domain.h"

#include "slices/base/file.h"
#include "slices/base/text.h"
#include "slices/read/group.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

static const struct source *source_for(const struct sources *sources, enum sample_field field)
{
    for (size_t i = 0; i < sources->count; i++)
        if (sources->table[i].field == field)
            return &sources->table[i];
    return NULL;
}

static int read_number(
    int directory, const struct sources *sources, enum sample_field field, uint64_t *ret)
{
    char text[32];
    ssize_t n = file_read(directory, source_for(sources, field)->file, text, sizeof text);
    return n < 0 ? (int)n : source_number(text, ret);
}

int domain_glance(
    const struct hierarchy *hierarchy, const char *path, uint64_t *ret_limit, uint64_t *ret_used)
{
    const struct sources *sources = sources_of(hierarchy->version);
    int directory = group_open(hierarchy->root_fd, path);
    if (directory < 0)
        return directory;
    int r = read_number(directory, sources, SAMPLE_LIMIT_MAX, ret_limit);
    if (r == 0)
        r = read_number(directory, sources, SAMPLE_CURRENT, ret_used);
    (void)close(directory);
    return r;
}

int domain_reader_open(
    struct domain_reader *reader, const struct hierarchy *hierarchy, const char *path)
{
    *reader = (struct domain_reader){.sources = sources_of(hierarchy->version),
        .swap_within = SAMPLE_NO_LIMIT,
        .swap_above = SAMPLE_NO_LIMIT};
    int directory = group_open(hierarchy->root_fd, path);
    if (directory < 0)
        return directory;
    for (size_t i = 0; i < reader->sources->count; i++)
        reader->fd[i] =
            openat(directory, reader->sources->table[i].file, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    (void)close(directory);
    return 0;
}

int domain_reader_open_mems(struct domain_reader *reader, uint64_t nodes)
{
    *reader = (struct domain_reader){.swap_within = SAMPLE_NO_LIMIT, .swap_above = SAMPLE_NO_LIMIT};
    return mems_reader_open(&reader->mems, MEMS_ROOT, MEMS_MEMINFO, nodes);
}

void domain_reader_close(struct domain_reader *reader)
{
    if (!reader->sources)
        return mems_reader_close(&reader->mems);
    for (size_t i = 0; i < reader->sources->count; i++) {
        if (reader->fd[i] >= 0)
            (void)close(reader->fd[i]);
        reader->fd[i] = -1;
    }
}

static uint64_t swap_left(const struct hierarchy *hierarchy, const char *path)
{
    const struct sources *sources = sources_of(hierarchy->version);
    int directory = sources->is_v1 ? -1 : group_open(hierarchy->root_fd, path);
    uint64_t limit, used;
    if (directory < 0)
        return SAMPLE_NO_LIMIT;
    bool limited = read_number(directory, sources, SAMPLE_LIMIT_SWAP, &limit) == 0 &&
                   limit != SAMPLE_NO_LIMIT &&
                   read_number(directory, sources, SAMPLE_SWAP, &used) == 0;
    (void)close(directory);
    return !limited ? SAMPLE_NO_LIMIT : limit > used ? limit - used : 0;
}

uint64_t domain_swap_above(const struct hierarchy *hierarchy, const char *path)
{
    char above[SLICE_PATH_MAX];
    uint64_t least = SAMPLE_NO_LIMIT;
    (void)text_copy(above, sizeof above, path);
    for (char *end; (end = strrchr(above, '/')) && end != above;) {
        *end = '\0';
        uint64_t left = swap_left(hierarchy, above);
        if (left < least)
            least = left;
    }
    return least;
}

static void lower(uint64_t *value, uint64_t most)
{
    if (*value > most)
        *value = most;
}

/* How much of what they may have in swap those who are bound have there already is not asked:
 * where they may have none, that is exact. */
static int read_mems(const struct domain_reader *reader, struct stamp now,
    const struct node_sample *node, struct node_sample *ret)
{
    struct node_sample around = *node;
    lower(&around.value[NODE_SWAP_TOTAL], reader->swap_within);
    lower(&around.value[NODE_SWAP_FREE], reader->swap_within);
    return mems_read(&reader->mems, now, &around, ret);
}

int domain_read(const struct domain_reader *reader, struct stamp now,
    const struct node_sample *node, struct node_sample *ret)
{
    char text[SOURCE_TEXT_MAX];
    struct sample sample = {.at = now};
    if (!reader->sources)
        return read_mems(reader, now, node, ret);
    for (size_t i = 0; i < reader->sources->count; i++) {
        ssize_t n = reader->fd[i] < 0 ? -ENOENT : file_pread(reader->fd[i], text, sizeof text);
        if (n == -ENODEV)
            return -ENODEV;
        if (n >= 0)
            source_take(&reader->sources->table[i], text, &sample);
    }
    sources_settle(reader->sources, &sample);
    struct node_sample around = *node;
    lower(&around.value[NODE_SWAP_FREE], reader->swap_above);
    if (!sample_has(&sample, SAMPLE_LIMIT_SWAP))
        sample_set(&sample, SAMPLE_LIMIT_SWAP, SAMPLE_NO_LIMIT);
    lower(&sample.value[SAMPLE_LIMIT_SWAP], reader->swap_within);
    return node_within(&sample, &around, ret) ? 0 : -ENOENT;
}
