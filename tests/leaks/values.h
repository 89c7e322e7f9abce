/* Growing arrays, and medians. Whoever runs out of memory ends the program. */
#ifndef TESTS_LEAKS_VALUES_H
#define TESTS_LEAKS_VALUES_H

#include <stddef.h>

struct values {
    size_t count, room;
    double *value;
};

void values_add(struct values *values, double value);
void values_free(struct values *values);

/* Both put the values into ascending order. The median of none is NAN. */
void values_sort(double *value, size_t count);
double values_median(struct values *values);

/* `memory` with twice the room; items of `size` bytes. */
void *values_grow(void *memory, size_t *room, size_t size);

#endif
