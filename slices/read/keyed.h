/* Text of lines "key number", as memory.stat, memory.events, /proc/vmstat, /proc/meminfo and
 * /proc/PID/status have it, matched against a table. Inner header of slices/read and slices/act. */
#ifndef SLICES_READ_KEYED_H
#define SLICES_READ_KEYED_H

#include <stddef.h>
#include <stdint.h>

struct keyed_row {
    const char *key;
    size_t length;
    int field; /* handed to the visitor: the caller's enum */
};
#define KEYED_ROW(key, field)                                                                      \
    {                                                                                              \
        key, sizeof key - 1, field                                                                 \
    }

typedef void keyed_visitor(void *context, int field, uint64_t value);

/* Calls `visit` for every line whose key stands in the table; ':' and blanks may follow a key. A
 * number may be followed by a blank and more; " kB" multiplies it by 1024. Lines with no number,
 * with one that 64 bits don't hold, or with junk right behind it are passed over. Quickest when the
 * rows stand in the order of the text. */
void keyed_parse(const char *text, const struct keyed_row *rows, size_t count, keyed_visitor *visit,
    void *context);

#endif
