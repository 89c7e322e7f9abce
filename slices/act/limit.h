/* The limits of a group that are changed for a time: of memory, of processor time, and of
 * what it reads and writes. libc only. Thread: any. */
#ifndef SLICES_ACT_LIMIT_H
#define SLICES_ACT_LIMIT_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

enum limit_kind {
    LIMIT_SOFT,  /* above it the group is slowed down: memory.high; v1: memory.soft_limit_in_bytes,
                    to which it is pushed back when the node is short */
    LIMIT_HARD,  /* above it the kernel kills: memory.max; v1: memory.limit_in_bytes */
    LIMIT_BOTH,  /* v1: memory and swap together, never below the hard one */
    LIMIT_CPU,   /* so many microseconds of processor time in each period, which stays as it is:
                    cpu.max; v1: cpu.cfs_quota_us, of a group of another tree */
    LIMIT_READ,  /* bytes a second from one disk: io.max, rbps; v1: none */
    LIMIT_WRITE, /* and to it: wbps */
    LIMIT_KINDS
};
#define LIMITS_OF_MEMORY (LIMIT_BOTH + 1) /* the first of them */

/* The file's name in this group; NULL: this kernel, or this group, has none. */
const char *limit_file(int group_fd, enum limit_kind kind);

/* Bytes; SAMPLE_NO_LIMIT: none (what v1 says then, LONG_MAX in whole pages, stays as it is). 0, or
 * -errno; -ENOTSUP: there is no such limit. A write may wait until as much is reclaimed. */
int limit_read(int group_fd, enum limit_kind kind, uint64_t *ret);
int limit_write(int group_fd, enum limit_kind kind, uint64_t bytes);

/* The same of one disk (LIMIT_READ, LIMIT_WRITE; st_rdev of the whole device); of the other kinds
 * with disk 0. A disk that is gone: -ENODEV. */
int limit_read_on(int group_fd, enum limit_kind kind, dev_t disk, uint64_t *ret);
int limit_write_on(int group_fd, enum limit_kind kind, dev_t disk, uint64_t value);

/* The period of LIMIT_CPU, in microseconds. 0 or -errno. */
int limit_period(int group_fd, uint64_t *ret);

/* As limit_write, and nobody is killed for it: what the group has above a hard limit is pushed out
 * first, and where it can't be, nothing is changed (-EBUSY). A kernel without memory.reclaim
 * (before Linux 5.19) waits until the group needs less by itself. */
int limit_write_gently(int group_fd, enum limit_kind kind, uint64_t bytes);

/* Pushes out what the group has above `most` bytes, piece by piece, as far as that goes in a
 * second. Returns how much it has then. v2, Linux 5.19. */
bool limit_can_push_out(int group_fd);
uint64_t limit_push_out(int group_fd, uint64_t most);

/* So much must the group have at most for a hard limit of `bytes` to be written gently. */
uint64_t limit_gentle(uint64_t bytes);

/* Whether the soft limit holds off at once who is above it (v2). */
bool limit_is_throttling(int group_fd);

#endif
