#include "slices/read/processes.h"

#include "slices/base/file.h"
#include "slices/base/text.h"
#include "slices/read/group.h"
#include "slices/read/keyed.h"
#include "slices/read/monotonic.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

/* --- Every process of a group and of those nested below it ----------------------------------- */

/* The walk holds one directory at a time and notes where to go on in each one above it: a slice
 * can't use up descriptors or the stack by nesting. What lies deeper than this is an error. */
#define DEPTH_MAX 1024

struct visit {
    int (*visit)(void *context, int32_t pid);
    void *context;
};

static int visit_line(const struct visit *to, const char *line)
{
    uint64_t pid;
    if (text_whole_u64(line, &pid) < 0 || pid == 0 || pid > INT32_MAX)
        return 0;
    return to->visit(to->context, (int32_t)pid);
}

/* Hands on the whole lines of text[0..length), and moves the rest to its beginning. */
static int visit_lines(const struct visit *to, char *text, size_t *length)
{
    char *line = text, *end;
    size_t left = *length;
    int r = 0;
    while (r == 0 && (end = memchr(line, '\n', left))) {
        *end = '\0';
        r = visit_line(to, line);
        left -= (size_t)(end + 1 - line);
        line = end + 1;
    }
    memmove(text, line, left);
    *length = left;
    return r;
}

static int visit_procs(int directory, const struct visit *to)
{
    char text[4096];
    size_t length = 0;
    int fd = openat(directory, "cgroup.procs", O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0)
        return -errno;
    int r = 0;
    while (r == 0) {
        ssize_t n = read(fd, text + length, sizeof text - length);
        if (n < 0 && errno == EINTR)
            continue;
        /* A threaded group's processes stand in the domain above it. */
        if (n < 0)
            r = errno == EOPNOTSUPP ? 0 : -errno;
        if (n <= 0)
            break;
        length += (size_t)n;
        r = visit_lines(to, text, &length);
    }
    (void)close(fd);
    return r;
}

struct walk {
    int here;
    size_t depth;
    bool too_deep;             /* something was left out */
    int64_t resume[DEPTH_MAX]; /* where to go on in the directory at each depth */
};

#define OPEN_DIRECTORY (O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)

/* The first directory among the entries, or NULL. */
static const struct dirent64 *first_directory(const char *entries, ssize_t length)
{
    const struct dirent64 *entry;
    for (ssize_t offset = 0; offset < length; offset += entry->d_reclen) {
        entry = (const void *)(entries + offset);
        if (entry->d_type == DT_DIR && strcmp(entry->d_name, ".") != 0 &&
            strcmp(entry->d_name, "..") != 0)
            return entry;
    }
    return NULL;
}

/* Goes down into the next directory of the one at hand. 1, or 0 where there is no further one. */
static int descend(struct walk *walk)
{
    _Alignas(struct dirent64) char entries[4096];
    for (;;) {
        ssize_t length = getdents64(walk->here, entries, sizeof entries);
        if (length <= 0)
            return length == 0 || group_vanished(-errno) ? 0 : -errno;
        const struct dirent64 *entry = first_directory(entries, length);
        if (!entry)
            continue;
        if (lseek(walk->here, entry->d_off, SEEK_SET) < 0)
            return -errno;
        if (walk->depth == DEPTH_MAX) {
            walk->too_deep = true;
            continue;
        }
        int child = openat(walk->here, entry->d_name, OPEN_DIRECTORY);
        if (child < 0 && group_vanished(-errno))
            continue;
        if (child < 0)
            return -errno;
        (void)close(walk->here);
        walk->here = child;
        walk->resume[walk->depth++] = entry->d_off;
        return 1;
    }
}

/* Back to the directory above, also out of one that was removed meanwhile. */
static int climb(struct walk *walk)
{
    int parent = openat(walk->here, "..", OPEN_DIRECTORY);
    if (parent < 0)
        return -errno;
    (void)close(walk->here);
    walk->here = parent;
    return lseek(parent, walk->resume[--walk->depth], SEEK_SET) < 0 ? -errno : 0;
}

int processes_visit(int group_fd, int (*visit)(void *context, int32_t pid), void *context)
{
    const struct visit to = {visit, context};
    struct walk walk = {.here = openat(group_fd, ".", OPEN_DIRECTORY)};
    if (walk.here < 0)
        return -errno;
    int r = visit_procs(walk.here, &to);
    while (r == 0) {
        r = descend(&walk);
        if (r == 0 && walk.depth == 0)
            break;
        if (r == 0)
            r = climb(&walk);
        else if (r > 0 && group_vanished(r = visit_procs(walk.here, &to)))
            r = 0;
    }
    (void)close(walk.here);
    return r == 0 && walk.too_deep ? -ELOOP : r;
}

/* --- One process ----------------------------------------------------------------------------- */

const char *processes_stat_field(const char *text, unsigned number)
{
    const char *field = strrchr(text, ')');
    if (!field || field[1] != ' ')
        return NULL;
    for (field += 2; number > 3; number--) {
        field += strcspn(field, " ");
        field += strspn(field, " ");
    }
    return *field ? field : NULL;
}

static int parse_field(const char *text, unsigned number, uint64_t *ret)
{
    const char *field = processes_stat_field(text, number);
    return field ? text_u64(&field, ret) : -EINVAL;
}

static void copy_comm(char comm[static 16], const char *open, const char *close)
{
    size_t length = (size_t)(close - open - 1);
    if (length > 15)
        length = 15;
    memcpy(comm, open + 1, length);
    comm[length] = '\0';
}

int processes_parse_stat(const char *text, struct process_row *ret)
{
    struct process_row row = {0};
    const char *open = strchr(text, '('), *close = strrchr(text, ')');
    const char *state = processes_stat_field(text, 3), *pid_text = text;
    uint64_t pid, parent, rss_pages;
    if (!open || !state || close < open || state[1] != ' ' || text_u64(&pid_text, &pid) < 0 ||
        parse_field(text, 4, &parent) < 0 || pid > INT32_MAX || parent > INT32_MAX ||
        parse_field(text, 22, &row.start_ticks) < 0 || parse_field(text, 23, &row.vsz_bytes) < 0 ||
        parse_field(text, 24, &rss_pages) < 0 ||
        __builtin_mul_overflow(rss_pages, (uint64_t)sysconf(_SC_PAGESIZE), &row.rss_bytes))
        return -EINVAL;
    copy_comm(row.comm, open, close);
    row.pid = (int32_t)pid;
    row.parent = (int32_t)parent;
    row.state = *state;
    *ret = row;
    return 0;
}

enum status_field { STATUS_UID, STATUS_SWAP };

static const struct keyed_row status_rows[] = {
    KEYED_ROW("Uid", STATUS_UID), /* the real one comes first */
    KEYED_ROW("VmSwap", STATUS_SWAP),
};

static void set_status(void *context, int field, uint64_t value)
{
    struct process_row *row = context;
    if (field == STATUS_SWAP)
        row->swap_bytes = value;
    else if (value <= UINT32_MAX)
        row->uid = (uint32_t)value;
}

void processes_parse_status(const char *text, struct process_row *row)
{
    keyed_parse(text, status_rows, sizeof status_rows / sizeof *status_rows, set_status, row);
}

/* Reads no more than the beginning: thousands of supplementary groups make status any length. */
static bool read_beginning(int dirfd, const char *name, char *text, size_t size)
{
    int fd = openat(dirfd, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    ssize_t n = fd < 0 ? -1 : read(fd, text, size - 1);
    if (fd >= 0)
        (void)close(fd);
    if (n > 0)
        text[n] = '\0';
    return n > 0;
}

static bool read_process(int proc_fd, int32_t pid, struct process_row *ret)
{
    char name[32], text[4096];
    (void)text_format(name, sizeof name, "%d/stat", pid);
    if (file_read(proc_fd, name, text, sizeof text) < 0 || processes_parse_stat(text, ret) < 0)
        return false;
    (void)text_format(name, sizeof name, "%d/status", pid);
    if (read_beginning(proc_fd, name, text, sizeof text))
        processes_parse_status(text, ret);
    return true;
}

/* --- The table ------------------------------------------------------------------------------- */

struct reading {
    struct process_table *table;
    int proc_fd;
    int64_t deadline_usec;
};

static uint64_t weight(const struct process_row *row)
{
    return row->rss_bytes + row->swap_bytes;
}

/* Adds the row, in place of the lightest where the table is full. */
static void keep_row(struct process_table *table, const struct process_row *row)
{
    if (table->count < PROCESS_TABLE_MAX) {
        table->row[table->count++] = *row;
        return;
    }
    struct process_row *lightest = table->row;
    for (uint32_t i = 1; i < table->count; i++)
        if (weight(&table->row[i]) < weight(lightest))
            lightest = &table->row[i];
    if (weight(row) > weight(lightest))
        *lightest = *row;
}

/* Once the time is up the rest is still counted, which costs next to nothing. */
static int read_one(void *context, int32_t pid)
{
    struct reading *reading = context;
    struct process_table *table = reading->table;
    struct process_row row;
    table->total++;
    if (table->complete && monotonic_usec() >= reading->deadline_usec)
        table->complete = false;
    if (table->complete && read_process(reading->proc_fd, pid, &row))
        keep_row(table, &row);
    return 0;
}

int processes_read(int group_fd, int proc_fd, int64_t budget_usec, struct process_table *ret)
{
    ret->count = ret->total = 0;
    ret->complete = true;
    struct reading reading = {ret, proc_fd, monotonic_usec() + budget_usec};
    int r = processes_visit(group_fd, read_one, &reading);
    if (r < 0)
        ret->complete = false;
    return r;
}
