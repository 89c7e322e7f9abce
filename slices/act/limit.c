#include "slices/act/limit.h"

#include "slices/base/file.h"
#include "slices/base/text.h"
#include "slices/read/group.h"
#include "slices/read/monotonic.h"
#include "slices/read/sources.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <unistd.h>

/* Of v2, and of v1. */
static const char *const files[LIMIT_KINDS][2] = {
    [LIMIT_SOFT] = {"memory.high", "memory.soft_limit_in_bytes"},
    [LIMIT_HARD] = {"memory.max", "memory.limit_in_bytes"},
    [LIMIT_BOTH] = {NULL, "memory.memsw.limit_in_bytes"},
};

/* It grows on between a look and the write: so much of a hard limit is free then, or nothing is
 * written. As a part of it, and at most. */
#define MARGIN_PART 16
#define MARGIN_MOST (16ull << 20)
#define PIECE       (16ull << 20)
#define WHOLE_PAGES 65536 /* the kernel's are of up to 64 KiB */

bool limit_is_throttling(int group_fd)
{
    return faccessat(group_fd, "memory.high", F_OK, 0) == 0;
}

const char *limit_file(int group_fd, enum limit_kind kind)
{
    const char *file = files[kind][!limit_is_throttling(group_fd)];
    return file && faccessat(group_fd, file, F_OK, 0) == 0 ? file : NULL;
}

int limit_read(int group_fd, enum limit_kind kind, uint64_t *ret)
{
    char text[32];
    const char *file = limit_file(group_fd, kind);
    ssize_t n = file ? file_read(group_fd, file, text, sizeof text) : -ENOTSUP;
    return n < 0 ? (int)n : source_number(text, ret);
}

int limit_write(int group_fd, enum limit_kind kind, uint64_t bytes)
{
    char text[32];
    const char *file = limit_file(group_fd, kind);
    (void)text_format(text, sizeof text, "%llu", (unsigned long long)bytes);
    return file ? file_write(group_fd, file, bytes == SAMPLE_NO_LIMIT ? "max" : text) : -ENOTSUP;
}

bool limit_can_push_out(int group_fd)
{
    return faccessat(group_fd, "memory.reclaim", F_OK, 0) == 0;
}

uint64_t limit_push_out(int group_fd, uint64_t most)
{
    enum { SECOND = 1000000 };
    int64_t until_usec = monotonic_usec() + SECOND;
    uint64_t has, before;
    do {
        char text[32];
        has = before = group_memory(group_fd, HIERARCHY_V2);
        if (has <= most)
            return has;
        uint64_t piece = has - most < PIECE ? has - most : PIECE;
        (void)text_format(text, sizeof text, "%llu", (unsigned long long)piece);
        (void)file_write(group_fd, "memory.reclaim", text);
        has = group_memory(group_fd, HIERARCHY_V2);
    } while (has > most && has < before && monotonic_usec() < until_usec);
    return has;
}

uint64_t limit_gentle(uint64_t bytes)
{
    uint64_t part = bytes / MARGIN_PART, margin = part < MARGIN_MOST ? part : MARGIN_MOST;
    return (bytes - margin) / WHOLE_PAGES * WHOLE_PAGES;
}

/* v2 kills in a group whose memory.max is set below what it can't give back; v1 refuses to. */
int limit_write_gently(int group_fd, enum limit_kind kind, uint64_t bytes)
{
    uint64_t most = limit_gentle(bytes);
    if (kind == LIMIT_HARD && limit_is_throttling(group_fd) &&
        limit_push_out(group_fd, most) > most)
        return -EBUSY;
    return limit_write(group_fd, kind, bytes);
}
