#include "mom/common/live.h"

#include "mom/common/clock.h"
#include "mom/common/paths.h"
#include "slices/base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define LIVE_VERSION 1
enum { READ_TRIES = 1000 };

const char *const watchdog_phase_names[WATCHDOG_PHASES] = {
    [WATCHDOG_NONE] = "none",
    [WATCHDOG_DRY_RUN] = "not armed: dry run",
    [WATCHDOG_PART] = "not armed: a part of the machine is governed",
    [WATCHDOG_EARLY] = "not armed yet, so shortly after the boot",
    [WATCHDOG_UNSURE] = "not armed: nobody knows how often the node was rebooted",
    [WATCHDOG_SPENT] = "not armed: too many reboots lately",
    [WATCHDOG_AILING] = "not armed yet",
    [WATCHDOG_REFUSED] = "not armed",
    [WATCHDOG_ARMED] = "armed",
    [WATCHDOG_WITHHELD] = "armed, and not petted",
};

static size_t header_size(void)
{
    return (sizeof(struct live_header) + 63) & ~(size_t)63;
}

static struct live_row *row(const struct live *live, uint32_t index)
{
    return (struct live_row *)((char *)live->file.base + header_size()) + index;
}

struct live_header *live_header(const struct live *live)
{
    return live->file.base;
}

uint32_t live_rows(const struct live *live)
{
    return (uint32_t)live_header(live)->rows;
}

static bool valid(const struct live *live, uint64_t rows)
{
    const struct live_header *h = live_header(live);
    return h->magic == LIVE_MAGIC && h->version == LIVE_VERSION && h->rows == rows &&
           h->row_size == sizeof(struct live_row);
}

static int file_path(char path[PATH_MAX], const char *run_dir, struct mom_error *error)
{
    int r = paths_join(path, PATH_MAX, run_dir, LIVE_FILE);
    return r < 0 ? error_errno(error, r, "%s", run_dir) : 0;
}

/* The counters of the table that an earlier governor left; but at least the milliseconds since the
 * boot, as the run dir may have been lost since, and one that was killed has told more than it had
 * counted: a number that was stored must not come again within a boot. */
static void first_numbers(const char *run_dir, uint64_t *ret_seq, uint64_t *ret_serial)
{
    struct live old = {0};
    uint64_t least = (uint64_t)clock_now().boot_usec / 1000;
    *ret_seq = *ret_serial = least;
    if (live_open(&old, run_dir, NULL) < 0)
        return;
    uint64_t seq = live_header(&old)->next_seq, serial = live_header(&old)->next_serial;
    *ret_seq = seq > least ? seq : least;
    *ret_serial = serial > least ? serial : least;
    live_close(&old);
}

static int create_at(
    struct live *live, const char *path, uint32_t rows, gid_t group, struct mom_error *error)
{
    size_t size = header_size() + rows * sizeof(struct live_row);
    (void)unlink(path);
    int r = shared_file_create_sparse(
        path, size, header_size(), 0640, group, &live->file, &live->fd, error);
    if (r < 0)
        return r;
    live->allocated = 0;
    struct live_header *h = live_header(live);
    h->version = LIVE_VERSION;
    h->rows = rows;
    h->row_size = sizeof(struct live_row);
    h->magic = LIVE_MAGIC;
    return 0;
}

/* Made under another name and then renamed, so that readers, and the counters, never see half of
 * it. */
int live_create(
    struct live *live, const char *run_dir, uint32_t rows, gid_t group, struct mom_error *error)
{
    char path[PATH_MAX], new_path[PATH_MAX];
    uint64_t seq, serial;
    int r = file_path(path, run_dir, error);
    if (r < 0)
        return r;
    if (text_format(new_path, sizeof new_path, "%s.new", path) < 0)
        return error_errno(error, -ENAMETOOLONG, "%s", path);
    first_numbers(run_dir, &seq, &serial);
    r = create_at(live, new_path, rows, group, error);
    if (r < 0)
        return r;
    live_header(live)->next_seq = seq;
    live_header(live)->next_serial = serial;
    if (rename(new_path, path) < 0) {
        r = error_errno(error, -errno, "%s", path);
        live_close(live);
    }
    return r;
}

int live_open(struct live *live, const char *run_dir, struct mom_error *error)
{
    char path[PATH_MAX];
    int r = file_path(path, run_dir, error);
    if (r == 0)
        r = shared_file_open(path, header_size(), &live->file, error);
    if (r < 0)
        return r;
    uint64_t rows = (live->file.size - header_size()) / sizeof(struct live_row);
    live->fd = -1;
    if (valid(live, rows))
        return 0;
    live_close(live);
    return error_set(error, -EPROTO, "%s is not this version's live table", path);
}

void live_close(struct live *live)
{
    if (live->file.base && live->fd >= 0)
        (void)close(live->fd);
    shared_file_close(&live->file);
}

uint64_t live_next_seq(struct live *live)
{
    return atomic_fetch_add(&live_header(live)->next_seq, 1);
}

/* Seqlock after Boehm, "Can seqlocks get along with programming language memory models?" (2012):
 * the copies are plain, the fences order them; both sides are in different processes. */
static void locked_write(_Atomic uint64_t *sequence, void *dst, const void *src, size_t size)
{
    uint64_t before = atomic_load_explicit(sequence, memory_order_relaxed) | 1;
    atomic_store_explicit(sequence, before, memory_order_relaxed);
    atomic_thread_fence(memory_order_release);
    memcpy(dst, src, size);
    atomic_store_explicit(sequence, before + 1, memory_order_release);
}

static int locked_read(_Atomic uint64_t *sequence, void *dst, const void *src, size_t size)
{
    for (int i = 0; i < READ_TRIES; i++) {
        uint64_t before = atomic_load_explicit(sequence, memory_order_acquire);
        memcpy(dst, src, size);
        atomic_thread_fence(memory_order_acquire);
        if (!(before & 1) && atomic_load_explicit(sequence, memory_order_relaxed) == before)
            return 0;
        if (i % 100 == 99)
            (void)usleep(100);
    }
    return -EAGAIN;
}

void live_write_state(struct live *live, const struct live_state *state)
{
    struct live_header *h = live_header(live);
    locked_write(&h->sequence, &h->state, state, sizeof *state);
}

int live_write_slice(struct live *live, uint32_t index, const struct live_slice *slice)
{
    enum { ROWS_AT_ONCE = 64 };
    if (index >= live_rows(live))
        return -ERANGE;
    while (index >= live->allocated) {
        uint32_t left = live_rows(live) - live->allocated;
        uint32_t rows = left < ROWS_AT_ONCE ? left : ROWS_AT_ONCE;
        size_t begin = header_size() + live->allocated * sizeof(struct live_row);
        int r = posix_fallocate(live->fd, (off_t)begin, (off_t)(rows * sizeof(struct live_row)));
        if (r != 0)
            return -r;
        live->allocated += rows;
    }
    struct live_row *r = row(live, index);
    locked_write(&r->sequence, &r->slice, slice, sizeof *slice);
    return 0;
}

int live_read_state(const struct live *live, struct live_state *ret)
{
    struct live_header *h = live_header(live);
    return locked_read(&h->sequence, ret, &h->state, sizeof *ret);
}

int live_read_slice(const struct live *live, uint32_t index, struct live_slice *ret)
{
    struct live_row *r = row(live, index);
    if (r->slice.slice.serial == 0)
        return -ENOENT;
    int result = locked_read(&r->sequence, ret, &r->slice, sizeof *ret);
    return result == 0 && ret->slice.serial == 0 ? -ENOENT : result;
}
