#include "policy/file/pool.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

struct pool_block {
    struct pool_block *next;
    max_align_t data[];
};

void *pool_take(struct pool *pool, size_t size)
{
    struct pool_block *block =
        size < SIZE_MAX - sizeof *block ? calloc(1, sizeof *block + size) : NULL;
    if (!block) {
        pool->exhausted = true;
        return NULL;
    }
    block->next = pool->blocks;
    pool->blocks = block;
    return block->data;
}

char *pool_text(struct pool *pool, const char *text, size_t length)
{
    char *copy = pool_take(pool, length + 1);
    if (copy)
        memcpy(copy, text, length);
    return copy;
}

void pool_free(struct pool *pool)
{
    while (pool->blocks) {
        struct pool_block *next = pool->blocks->next;
        free(pool->blocks);
        pool->blocks = next;
    }
}
