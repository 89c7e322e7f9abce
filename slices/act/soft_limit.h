/* How much memory a group may have without being slowed down: memory.high; on v1 its soft limit, to
 * which it is pushed back when the node is short. libc only. Thread: any. */
#ifndef SLICES_ACT_SOFT_LIMIT_H
#define SLICES_ACT_SOFT_LIMIT_H

#include <stdint.h>

/* Bytes; SAMPLE_NO_LIMIT: none (what v1 says then, LONG_MAX in whole pages, stays as it is). 0 or
 * -errno. */
int soft_limit_read(int group_fd, uint64_t *ret);
int soft_limit_write(int group_fd, uint64_t bytes);

#endif
