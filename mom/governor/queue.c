#include "mom/governor/queue.h"

#include <string.h>

void queue_init(struct queue *queue, void *storage, size_t slot_size, uint32_t count)
{
    queue->slots = storage;
    queue->slot_size = slot_size;
    queue->count = count;
    atomic_init(&queue->head, 0);
    atomic_init(&queue->tail, 0);
}

bool queue_put(struct queue *queue, const void *message)
{
    uint32_t head = atomic_load_explicit(&queue->head, memory_order_relaxed);
    if (head - atomic_load_explicit(&queue->tail, memory_order_acquire) == queue->count)
        return false;
    memcpy(queue->slots + (head % queue->count) * queue->slot_size, message, queue->slot_size);
    atomic_store_explicit(&queue->head, head + 1, memory_order_release);
    return true;
}

bool queue_take(struct queue *queue, void *message)
{
    uint32_t tail = atomic_load_explicit(&queue->tail, memory_order_relaxed);
    if (tail == atomic_load_explicit(&queue->head, memory_order_acquire))
        return false;
    memcpy(message, queue->slots + (tail % queue->count) * queue->slot_size, queue->slot_size);
    atomic_store_explicit(&queue->tail, tail + 1, memory_order_release);
    return true;
}
