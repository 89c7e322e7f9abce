/* A ring of records between two processes: one writer, one reader, in a file of the run dir.
 *
 * The writer maps its file (allocated beforehand) and never waits: when the reader is behind by a
 * whole ring, the new record is dropped and counted. The reader only reads (pread), and keeps how
 * far it has come in a file of its own (`ack`), so that neither side can write, truncate or crash
 * the other's. After kill -9 of either side both go on where they were: the head moves only when a
 * record is whole, the ack only after what was read is safe in the database (so a record may be
 * read twice, never lost).
 *
 * File: a header (magic, version, size, head, dropped), then records: {u32 length, u32 type, u64
 * check}, payload, padded to 8 bytes; a record of type RING_PAD fills up the end of the ring. */
#ifndef MOM_COMMON_RING_H
#define MOM_COMMON_RING_H

#include "slices/base/error.h"
#include "slices/base/file.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define RING_PAYLOAD_MAX 16384

struct ring_writer {
    struct shared_file file;
    int ack_fd; /* the reader's file; -1 until it exists */
    char ack_path[256];
    uint64_t acked;
};

/* Opens or makes the ring PATH with room for `size` bytes (a power of two). What an earlier writer
 * left is kept. `mode`, `group` as for shared_file_create. */
int ring_writer_open(struct ring_writer *writer, const char *path, const char *ack_path,
    size_t size, mode_t mode, gid_t group, struct mom_error *error);
void ring_writer_close(struct ring_writer *writer);

/* 0, or -ENOBUFS: full, dropped and counted. One thread. */
int ring_write(struct ring_writer *writer, uint32_t type, const void *payload, size_t length);
uint64_t ring_dropped(const struct ring_writer *writer);
/* The reader has taken, and acknowledged, all that was written. The writing thread. */
bool ring_is_taken(struct ring_writer *writer);

struct ring_reader {
    int fd, ack_fd;
    uint64_t size, incarnation;
    uint64_t tail;  /* number of the next byte to read */
    uint64_t acked; /* the tail of the last ring_ack: before it the writer may write again */
    uint64_t mark;  /* no further than this, see ring_mark */
};

/* -ENOENT while the writer has not made it; -EPROTO when it is no ring of ours. `group` (-1: the
 * process's own) is the writer's: it must be able to read the ack. */
int ring_reader_open(struct ring_reader *reader, const char *path, const char *ack_path,
    gid_t group, struct mom_error *error);
void ring_reader_close(struct ring_reader *reader);

/* Notes what is there now: from then on ring_read stops there, until the next mark. Of two rings of
 * which one refers to the other, it is marked first: what it refers to is then within the other's
 * mark. 0 or as ring_read. */
int ring_mark(struct ring_reader *reader);

/* The next record into buffer[RING_PAYLOAD_MAX]: its length and type; -EAGAIN when there is none,
 * -EPROTO when the ring is damaged (the reader has then moved on to the head), -ESTALE when the
 * writer has made it anew: open it again. */
ssize_t ring_read(struct ring_reader *reader, uint32_t *ret_type, void *buffer);

/* All that was read is safe: the writer may use its room again. */
int ring_ack(struct ring_reader *reader);

/* What was read and is not acknowledged takes more than half of the ring. */
bool ring_presses(const struct ring_reader *reader);

/* How many records the writer has dropped. */
int ring_reader_dropped(struct ring_reader *reader, uint64_t *ret);

#endif
