/* One block of memory that is taken from the kernel at the start and handed out piece by piece;
 * nothing is ever given back but the whole. What is not touched costs nothing. */
#ifndef SLICES_BASE_ARENA_H
#define SLICES_BASE_ARENA_H

#include "slices/base/error.h"

#include <stddef.h>

struct arena {
    char *base; /* NULL while closed */
    size_t size, used;
};

/* -ENOMEM with words when the kernel refuses. */
int arena_open(struct arena *arena, size_t size, struct mom_error *error);

/* `count` zeroed objects of `size` bytes, 64-byte aligned; NULL when the arena is used up or the
 * product overflows. */
void *arena_take(struct arena *arena, size_t count, size_t size);

/* Forgets everything that was taken and gives the pages back to the kernel; the arena stays open.
 */
void arena_reset(struct arena *arena);

void arena_close(struct arena *arena);

#endif
