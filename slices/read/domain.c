#include "slices/read/domain.h"

#include "slices/base/file.h"
#include "slices/read/group.h"

#include <errno.h>
#include <fcntl.h>
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
    *reader = (struct domain_reader){.sources = sources_of(hierarchy->version)};
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
    *reader = (struct domain_reader){0};
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

int domain_read(const struct domain_reader *reader, struct stamp now,
    const struct node_sample *node, struct node_sample *ret)
{
    char text[SOURCE_TEXT_MAX];
    struct sample sample = {.at = now};
    if (!reader->sources)
        return mems_read(&reader->mems, now, node, ret);
    for (size_t i = 0; i < reader->sources->count; i++) {
        ssize_t n = reader->fd[i] < 0 ? -ENOENT : file_pread(reader->fd[i], text, sizeof text);
        if (n == -ENODEV)
            return -ENODEV;
        if (n >= 0)
            source_take(&reader->sources->table[i], text, &sample);
    }
    sources_settle(reader->sources, &sample);
    return node_within(&sample, node, ret) ? 0 : -ENOENT;
}
