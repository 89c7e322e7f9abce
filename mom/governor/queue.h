/* A queue of fixed-size messages from one thread to one other, without locks: the sender never
 * waits. Storage is the caller's; sizes are fixed at queue_init. */
#ifndef MOM_GOVERNOR_QUEUE_H
#define MOM_GOVERNOR_QUEUE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct queue {
    char *slots;
    size_t slot_size;
    uint32_t count;              /* a power of two */
    _Atomic uint32_t head, tail; /* written by the sender, by the receiver */
};

void queue_init(struct queue *queue, void *storage, size_t slot_size, uint32_t count);

/* False when it is full: the message is not taken. */
bool queue_put(struct queue *queue, const void *message);

/* False when it is empty. */
bool queue_take(struct queue *queue, void *message);

#endif
