#include "slices/act/limit.h"

#include "slices/base/file.h"
#include "slices/base/text.h"
#include "slices/read/group.h"
#include "slices/read/monotonic.h"
#include "slices/read/sources.h"
#include "slices/sample.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <string.h>
#include <sys/sysmacros.h>
#include <unistd.h>

/* Of v2, and of v1. */
static const char *const files[LIMIT_KINDS][2] = {
    [LIMIT_SOFT] = {"memory.high", "memory.soft_limit_in_bytes"},
    [LIMIT_HARD] = {"memory.max", "memory.limit_in_bytes"},
    [LIMIT_BOTH] = {NULL, "memory.memsw.limit_in_bytes"},
    [LIMIT_CPU] = {"cpu.max", "cpu.cfs_quota_us"},
    [LIMIT_READ] = {"io.max", NULL},
    [LIMIT_WRITE] = {"io.max", NULL},
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

static const char *const disk_keys[LIMIT_KINDS] = {[LIMIT_READ] = "rbps=", [LIMIT_WRITE] = "wbps="};

static int parse_number(const char *text, size_t length, uint64_t *ret)
{
    char number[32];
    if (length >= sizeof number)
        return -ERANGE;
    memcpy(number, text, length);
    number[length] = '\0';
    *ret = SAMPLE_NO_LIMIT;
    return strcmp(number, "-1") == 0 ? 0 : source_number(number, ret); /* v1's quota */
}

/* "8:0 rbps=1048576 wbps=max riops=max wiops=max", a line for each disk with a limit. */
static int parse_disks(const char *text, enum limit_kind kind, dev_t disk, uint64_t *ret)
{
    char start[32];
    (void)text_format(start, sizeof start, "%u:%u ", major(disk), minor(disk));
    while (text && !text_starts_with(text, start)) {
        text = strchr(text, '\n');
        text += text != NULL;
    }
    size_t length = text ? strcspn(text, "\n") : 0;
    const char *value = text ? strstr(text, disk_keys[kind]) : NULL;
    *ret = SAMPLE_NO_LIMIT;
    if (!value || value > text + length)
        return 0;
    value += strlen(disk_keys[kind]);
    return parse_number(value, strcspn(value, " \n"), ret);
}

int limit_read_on(int group_fd, enum limit_kind kind, dev_t disk, uint64_t *ret)
{
    char text[4096];
    const char *file = limit_file(group_fd, kind);
    ssize_t n = file ? file_read(group_fd, file, text, sizeof text) : -ENOTSUP;
    return n < 0             ? (int)n
           : disk_keys[kind] ? parse_disks(text, kind, disk, ret)
                             : parse_number(text, strcspn(text, " \n"), ret);
}

int limit_write_on(int group_fd, enum limit_kind kind, dev_t disk, uint64_t value)
{
    char number[32] = "max", text[80];
    const char *file = limit_file(group_fd, kind);
    if (value != SAMPLE_NO_LIMIT)
        (void)text_format(number, sizeof number, "%llu", (unsigned long long)value);
    else if (kind == LIMIT_CPU && !limit_is_throttling(group_fd))
        (void)text_copy(number, sizeof number, "-1");
    if (disk_keys[kind])
        (void)text_format(
            text, sizeof text, "%u:%u %s%s", major(disk), minor(disk), disk_keys[kind], number);
    else
        (void)text_copy(text, sizeof text, number);
    return file ? file_write(group_fd, file, text) : -ENOTSUP;
}

int limit_read(int group_fd, enum limit_kind kind, uint64_t *ret)
{
    return limit_read_on(group_fd, kind, 0, ret);
}

int limit_write(int group_fd, enum limit_kind kind, uint64_t bytes)
{
    return limit_write_on(group_fd, kind, 0, bytes);
}

int limit_period(int group_fd, uint64_t *ret)
{
    char text[64];
    bool is_v2 = limit_is_throttling(group_fd);
    ssize_t n = file_read(group_fd, is_v2 ? "cpu.max" : "cpu.cfs_period_us", text, sizeof text);
    if (n < 0)
        return (int)n;
    const char *period = is_v2 ? strchr(text, ' ') : text;
    return period ? text_whole_u64(period + is_v2, ret) : -EINVAL;
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
