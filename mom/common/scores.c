#include "mom/common/scores.h"

#include "slices/base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stddef.h>
#include <stdio.h>
#include <unistd.h>

static size_t size_of(uint64_t count)
{
    return offsetof(struct scores, row) + count * sizeof(struct scores_row);
}

int scores_write(const char *path, const struct scores *scores)
{
    char new_path[PATH_MAX];
    if (text_format(new_path, sizeof new_path, "%s.new", path) < 0)
        return -ENAMETOOLONG;
    int fd = open(new_path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0640);
    if (fd < 0)
        return -errno;
    size_t size = size_of(scores->count);
    ssize_t n = write(fd, scores, size);
    int r = n < 0 ? -errno : (size_t)n == size ? 0 : -ENOSPC;
    (void)close(fd);
    if (r == 0 && rename(new_path, path) < 0)
        r = -errno;
    return r;
}

static bool is_whole(const struct scores *scores, size_t size)
{
    if (size < size_of(0) || scores->magic != SCORES_MAGIC || scores->count > SCORES_MAX ||
        size != size_of(scores->count))
        return false;
    for (uint64_t i = 1; i < scores->count; i++)
        if (scores->row[i - 1].serial >= scores->row[i].serial)
            return false;
    return true;
}

int scores_read(const char *path, struct scores *ret)
{
    int fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0)
        return -errno;
    ssize_t n = pread(fd, ret, sizeof *ret, 0);
    int r = n < 0 ? -errno : is_whole(ret, (size_t)n) ? 0 : -EBADMSG;
    (void)close(fd);
    return r;
}

bool scores_find(const struct scores *scores, uint64_t serial, uint64_t *ret)
{
    uint64_t low = 0, high = scores->count;
    while (low < high) {
        uint64_t middle = low + (high - low) / 2;
        if (scores->row[middle].serial < serial)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == scores->count || scores->row[low].serial != serial)
        return false;
    *ret = scores->row[low].score;
    return true;
}
