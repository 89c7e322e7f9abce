/* Memory that is given back all at once: a policy and a document each own one pool.
 * Unlike an arena it grows as needed, since only the file tells how much a policy is. */
#ifndef POLICY_FILE_POOL_H
#define POLICY_FILE_POOL_H

#include <stdbool.h>
#include <stddef.h>

struct pool {
    struct pool_block *blocks;
    bool exhausted; /* a request failed: whoever looks last returns -ENOMEM */
};

/* Zeroed memory, NULL (and `exhausted`) when there is none. */
void *pool_take(struct pool *pool, size_t size);

/* A terminated copy of text[length]. */
char *pool_text(struct pool *pool, const char *text, size_t length);

void pool_free(struct pool *pool);

#endif
