#include "slices/read/visit.h"

#include "slices/base/file.h"
#include "slices/base/text.h"
#include "slices/read/group.h"
#include "slices/read/keyed.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

/* The walk holds one directory at a time and notes where to go on in each one above it: a slice
 * can't use up descriptors or the stack by nesting. What lies deeper than this is an error. */
#define DEPTH_MAX 1024

struct pids {
    int (*visit)(void *context, int32_t pid);
    void *context;
};

static int visit_line(const struct pids *to, const char *line)
{
    uint64_t pid;
    if (text_whole_u64(line, &pid) < 0 || pid == 0 || pid > INT32_MAX)
        return 0;
    return to->visit(to->context, (int32_t)pid);
}

/* Hands on the whole lines of text[0..length), and moves the rest to its beginning. */
static int visit_lines(const struct pids *to, char *text, size_t *length)
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

static int visit_procs(void *context, int directory)
{
    const struct pids *to = context;
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

int groups_visit(int group_fd, int (*visit)(void *context, int directory), void *context)
{
    struct walk walk = {.here = openat(group_fd, ".", OPEN_DIRECTORY)};
    if (walk.here < 0)
        return -errno;
    int r = visit(context, walk.here);
    while (r == 0) {
        r = descend(&walk);
        if (r == 0 && walk.depth == 0)
            break;
        if (r == 0)
            r = climb(&walk);
        else if (r > 0 && group_vanished(r = visit(context, walk.here)))
            r = 0;
    }
    (void)close(walk.here);
    return r == 0 && walk.too_deep ? -ELOOP : r;
}

/* Those among the entries that are directories. */
static int visit_entries(int here, const char *entries, ssize_t length,
    int (*visit)(void *context, int directory, const char *name), void *context, bool *missed)
{
    const char *end = entries + length;
    const struct dirent64 *entry;
    int r = 0;
    while (r == 0 && (entry = first_directory(entries, end - entries))) {
        entries = (const char *)entry + entry->d_reclen;
        int child = openat(here, entry->d_name, OPEN_DIRECTORY);
        if (child < 0 && group_vanished(-errno)) {
            *missed = true;
            continue;
        }
        if (child < 0)
            return -errno;
        r = visit(context, child, entry->d_name);
        (void)close(child);
    }
    return r;
}

int children_visit(
    int group_fd, int (*visit)(void *context, int directory, const char *name), void *context)
{
    _Alignas(struct dirent64) char entries[4096];
    int here = openat(group_fd, ".", OPEN_DIRECTORY);
    if (here < 0)
        return -errno;
    int r = 0;
    bool missed = false;
    ssize_t length = 1;
    while (r == 0 && length > 0) {
        length = getdents64(here, entries, sizeof entries);
        if (length < 0 && !group_vanished(-errno))
            r = -errno;
        else if (length > 0)
            r = visit_entries(here, entries, length, visit, context, &missed);
    }
    (void)close(here);
    return r == 0 && missed ? -EAGAIN : r;
}

int processes_visit(int group_fd, int (*visit)(void *context, int32_t pid), void *context)
{
    struct pids to = {visit, context};
    return groups_visit(group_fd, visit_procs, &to);
}

static void set_number(void *context, int field, uint64_t value)
{
    (void)field;
    *(uint64_t *)context = value;
}

static int stop_at_first(void *context, int32_t pid)
{
    (void)context;
    (void)pid;
    return 1;
}

/* v2 knows of processes that we can't name, as those of other pid namespaces. */
static bool is_empty_v2(int group_fd)
{
    static const struct keyed_row rows[] = {KEYED_ROW("populated", 0)};
    char text[256];
    uint64_t populated = 1;
    ssize_t n = file_read(group_fd, "cgroup.events", text, sizeof text);
    if (n < 0)
        return group_vanished((int)n) && group_is_gone(group_fd);
    keyed_parse(text, rows, 1, set_number, &populated);
    return populated == 0;
}

bool group_is_empty(enum hierarchy_version version, int group_fd)
{
    if (version == HIERARCHY_V2)
        return is_empty_v2(group_fd);
    int r = processes_visit(group_fd, stop_at_first, NULL);
    return r == 0 || group_vanished(r);
}

bool group_has_processes(int group_fd)
{
    char byte;
    int fd = openat(group_fd, "cgroup.procs", O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (fd < 0)
        return false;
    bool has = read(fd, &byte, 1) == 1;
    (void)close(fd);
    return has;
}
