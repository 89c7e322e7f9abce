#include "slices/base/arena.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>

#ifndef MADV_DONTNEED_LOCKED
#define MADV_DONTNEED_LOCKED 24
#endif

int arena_open(struct arena *arena, size_t size, struct mom_error *error)
{
    void *base = mmap(
        NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (base == MAP_FAILED)
        return error_errno(error, -errno, "an arena of %zu bytes", size);
    *arena = (struct arena){.base = base, .size = size};
    return 0;
}

void *arena_take(struct arena *arena, size_t count, size_t size)
{
    enum { ALIGNMENT = 64 };
    size_t total;
    if (__builtin_mul_overflow(count, size, &total) || total > SIZE_MAX - ALIGNMENT)
        return NULL;
    total = (total + ALIGNMENT - 1) & ~(size_t)(ALIGNMENT - 1);
    if (total > arena->size - arena->used)
        return NULL;
    void *taken = arena->base + arena->used;
    arena->used += total;
    return taken;
}

void arena_reset(struct arena *arena)
{
    /* Locked pages (mlockall) refuse plain MADV_DONTNEED, and _LOCKED needs Linux 5.18. */
    if (arena->used > 0 && madvise(arena->base, arena->size, MADV_DONTNEED_LOCKED) < 0)
        memset(arena->base, 0, arena->used);
    arena->used = 0;
}

void arena_close(struct arena *arena)
{
    if (arena->base)
        (void)munmap(arena->base, arena->size);
    *arena = (struct arena){0};
}
