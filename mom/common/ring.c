/* Layout of the file: one header page, then `size` bytes of records. head and the ack count bytes
 * since the ring was made and never wrap; a byte's place is its number modulo size. */
#include "mom/common/ring.h"

#include "mom/common/clock.h"
#include "mom/common/records.h"
#include "slices/base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define RING_MAGIC 0x6d6f6d72696e6731ull /* "momring1" */
#define RING_PAD   0xffffffffu
enum { HEADER_SIZE = 4096, ALIGNMENT = 8 };

struct ring_header {
    uint64_t magic, version, size;
    _Atomic uint64_t head, dropped;
    uint64_t incarnation; /* tells a ring made anew from the one that an ack belongs to */
};

struct record_header {
    uint32_t length, type;
    uint64_t check;
};

struct ack {
    uint64_t incarnation, tail;
};

static struct ring_header *header(const struct ring_writer *writer)
{
    return writer->file.base;
}

static uint64_t record_check(uint32_t type, const void *payload, size_t length)
{
    uint64_t hash = text_hash(TEXT_HASH_SEED, &type, sizeof type);
    return text_hash(hash, payload, length);
}

static size_t record_size(size_t length)
{
    size_t total = sizeof(struct record_header) + length;
    return (total + ALIGNMENT - 1) & ~(size_t)(ALIGNMENT - 1);
}

static bool header_valid(const struct ring_header *h, uint64_t size)
{
    return h->magic == RING_MAGIC && h->version == RECORDS_VERSION && h->size == size;
}

int ring_writer_open(struct ring_writer *writer, const char *path, const char *ack_path,
    size_t size, mode_t mode, gid_t group, struct mom_error *error)
{
    *writer = (struct ring_writer){.ack_fd = -1};
    if (text_copy(writer->ack_path, sizeof writer->ack_path, ack_path) < 0)
        return error_errno(error, -ENAMETOOLONG, "%s", ack_path);
    int r = shared_file_create(path, HEADER_SIZE + size, mode, group, &writer->file, error);
    if (r < 0)
        return r;
    struct ring_header *h = header(writer);
    if (!header_valid(h, size)) {
        memset(h, 0, sizeof *h);
        h->version = RECORDS_VERSION;
        h->size = size;
        h->incarnation = (uint64_t)clock_now().unix_usec;
        h->magic = RING_MAGIC;
    }
    return 0;
}

void ring_writer_close(struct ring_writer *writer)
{
    if (writer->ack_fd >= 0)
        (void)close(writer->ack_fd);
    writer->ack_fd = -1;
    shared_file_close(&writer->file);
}

/* How far the reader says it is; nonsense from it counts as "nowhere". */
static void refresh_ack(struct ring_writer *writer)
{
    struct stat status;
    if (writer->ack_fd >= 0 && (fstat(writer->ack_fd, &status) < 0 || status.st_nlink == 0)) {
        (void)close(writer->ack_fd); /* the reader has made a new one */
        writer->ack_fd = -1;
    }
    if (writer->ack_fd < 0)
        writer->ack_fd = open(writer->ack_path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    struct ack ack;
    if (writer->ack_fd < 0 || pread(writer->ack_fd, &ack, sizeof ack, 0) != sizeof ack)
        return;
    const struct ring_header *h = header(writer);
    if (ack.incarnation == h->incarnation && ack.tail > writer->acked && ack.tail <= h->head)
        writer->acked = ack.tail;
}

/* None while the ack is unknown and the head is further than one ring. */
static uint64_t room(const struct ring_writer *writer)
{
    const struct ring_header *h = header(writer);
    uint64_t used = h->head - writer->acked;
    return used < h->size ? h->size - used : 0;
}

static bool has_room(struct ring_writer *writer, size_t needed)
{
    if (room(writer) >= needed)
        return true;
    refresh_ack(writer);
    return room(writer) >= needed;
}

bool ring_is_taken(struct ring_writer *writer)
{
    refresh_ack(writer);
    return writer->acked == header(writer)->head;
}

static void put_record(char *place, uint32_t type, const void *payload, size_t length)
{
    const struct record_header record = {
        .length = (uint32_t)length, .type = type, .check = record_check(type, payload, length)};
    memcpy(place, &record, sizeof record);
    if (length > 0)
        memcpy(place + sizeof record, payload, length);
}

int ring_write(struct ring_writer *writer, uint32_t type, const void *payload, size_t length)
{
    struct ring_header *h = header(writer);
    size_t needed = record_size(length);
    uint64_t place = h->head % h->size, to_end = h->size - place;
    size_t pad = to_end < needed ? (size_t)to_end : 0; /* a record never wraps round the end */
    if (length > RING_PAYLOAD_MAX || !has_room(writer, needed + pad)) {
        atomic_fetch_add(&h->dropped, 1);
        return -ENOBUFS;
    }
    char *records = (char *)writer->file.base + HEADER_SIZE;
    if (pad >= sizeof(struct record_header))
        put_record(records + place, RING_PAD, NULL, 0);
    put_record(records + (place + pad) % h->size, type, payload, length);
    atomic_store_explicit(&h->head, h->head + pad + needed, memory_order_release);
    return 0;
}

uint64_t ring_dropped(const struct ring_writer *writer)
{
    return atomic_load(&header(writer)->dropped);
}

static int read_header(const struct ring_reader *reader, struct ring_header *ret)
{
    ssize_t n = pread(reader->fd, ret, sizeof *ret, 0);
    if (n < 0)
        return -errno;
    return n == sizeof *ret && ret->magic == RING_MAGIC && ret->version == RECORDS_VERSION &&
                   ret->size > 0
               ? 0
               : -EPROTO;
}

static int open_ack(
    struct ring_reader *reader, const char *path, gid_t group, const struct ring_header *h)
{
    reader->ack_fd = file_open_plain(path, 0640);
    if (reader->ack_fd < 0)
        return reader->ack_fd;
    if (fchown(reader->ack_fd, (uid_t)-1, group) < 0 || fchmod(reader->ack_fd, 0640) < 0)
        return -errno;
    struct ack ack;
    bool ours = pread(reader->ack_fd, &ack, sizeof ack, 0) == sizeof ack &&
                ack.incarnation == h->incarnation && ack.tail <= h->head &&
                h->head - ack.tail <= h->size;
    reader->incarnation = h->incarnation;
    reader->size = h->size;
    reader->tail = reader->acked = ours ? ack.tail : 0;
    if (h->head - reader->tail <= h->size)
        return 0;
    reader->tail = h->head; /* nothing that is left is whole, and the writer waits to hear of it */
    return ring_ack(reader);
}

/* Else a damaged size would send the reader round for ever. */
static bool fits_file(const struct ring_reader *reader, const struct ring_header *h)
{
    struct stat status;
    bool regular = fstat(reader->fd, &status) == 0 && S_ISREG(status.st_mode);
    uint64_t size = regular ? (uint64_t)status.st_size : 0;
    return size > HEADER_SIZE && h->size == size - HEADER_SIZE;
}

int ring_reader_open(struct ring_reader *reader, const char *path, const char *ack_path,
    gid_t group, struct mom_error *error)
{
    *reader = (struct ring_reader){.fd = -1, .ack_fd = -1, .mark = UINT64_MAX};
    /* Not to wait: the writer may be a stranger who has put a FIFO there. */
    reader->fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (reader->fd < 0)
        return error_errno(error, -errno, "%s", path);
    struct ring_header h;
    int r = read_header(reader, &h);
    if (r == 0 && !fits_file(reader, &h))
        r = -EPROTO;
    if (r < 0) {
        error_errno(error, r, "%s is no ring of this version", path);
    } else {
        r = open_ack(reader, ack_path, group, &h);
        if (r < 0)
            error_errno(error, r, "%s", ack_path);
    }
    if (r < 0)
        ring_reader_close(reader);
    return r;
}

void ring_reader_close(struct ring_reader *reader)
{
    if (reader->fd >= 0)
        (void)close(reader->fd);
    if (reader->ack_fd >= 0)
        (void)close(reader->ack_fd);
    reader->fd = reader->ack_fd = -1;
}

/* Gives up what lies between the tail and the head. */
static ssize_t skip_damage(struct ring_reader *reader, uint64_t head)
{
    reader->tail = head;
    return -EPROTO;
}

/* The header, when the ring is still the one that was opened. */
static int same_ring(const struct ring_reader *reader, struct ring_header *ret)
{
    bool same = read_header(reader, ret) == 0 && ret->size == reader->size &&
                ret->incarnation == reader->incarnation;
    return same ? 0 : -ESTALE;
}

int ring_mark(struct ring_reader *reader)
{
    struct ring_header h;
    int r = same_ring(reader, &h);
    if (r == 0)
        reader->mark = h.head;
    return r;
}

ssize_t ring_read(struct ring_reader *reader, uint32_t *ret_type, void *buffer)
{
    struct ring_header h;
    int r = same_ring(reader, &h);
    if (r < 0)
        return r;
    for (;;) {
        uint64_t left = h.head - reader->tail;
        if (left == 0 || reader->tail >= reader->mark)
            return -EAGAIN;
        if (left > h.size) /* what was read lies across the head, or the head went back */
            return skip_damage(reader, h.head);
        uint64_t place = reader->tail % h.size, to_end = h.size - place;
        struct record_header record;
        if (to_end < sizeof record) {
            reader->tail += to_end;
            continue;
        }
        if (pread(reader->fd, &record, sizeof record, (off_t)(HEADER_SIZE + place)) !=
            sizeof record)
            return skip_damage(reader, h.head);
        if (record.type == RING_PAD) {
            reader->tail += to_end;
            continue;
        }
        if (record.length > RING_PAYLOAD_MAX || record_size(record.length) > to_end)
            return skip_damage(reader, h.head);
        off_t payload = (off_t)(HEADER_SIZE + place + sizeof record);
        if (pread(reader->fd, buffer, record.length, payload) != (ssize_t)record.length ||
            record.check != record_check(record.type, buffer, record.length))
            return skip_damage(reader, h.head);
        reader->tail += record_size(record.length);
        *ret_type = record.type;
        return (ssize_t)record.length;
    }
}

int ring_ack(struct ring_reader *reader)
{
    const struct ack ack = {.incarnation = reader->incarnation, .tail = reader->tail};
    if (pwrite(reader->ack_fd, &ack, sizeof ack, 0) != sizeof ack)
        return -errno;
    reader->acked = reader->tail;
    return 0;
}

bool ring_presses(const struct ring_reader *reader)
{
    return reader->tail - reader->acked > reader->size / 2;
}

int ring_reader_dropped(struct ring_reader *reader, uint64_t *ret)
{
    struct ring_header h;
    int r = read_header(reader, &h);
    if (r == 0)
        *ret = h.dropped;
    return r;
}
