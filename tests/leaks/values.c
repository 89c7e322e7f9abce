#include "tests/leaks/values.h"

#include <err.h>
#include <math.h>
#include <stdlib.h>

void *values_grow(void *memory, size_t *room, size_t size)
{
    *room = *room ? 2 * *room : 64;
    void *grown = reallocarray(memory, *room, size);
    if (!grown)
        err(1, "%zu items", *room);
    return grown;
}

void values_add(struct values *values, double value)
{
    if (values->count == values->room)
        values->value = values_grow(values->value, &values->room, sizeof value);
    values->value[values->count++] = value;
}

void values_free(struct values *values)
{
    free(values->value);
    *values = (struct values){0};
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

void values_sort(double *value, size_t count)
{
    if (count > 0)
        qsort(value, count, sizeof *value, compare);
}

double values_median(struct values *values)
{
    values_sort(values->value, values->count);
    return values->count > 0 ? values->value[values->count / 2] : NAN;
}
