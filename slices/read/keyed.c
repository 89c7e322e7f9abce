#include "slices/read/keyed.h"

#include "slices/base/text.h"

#include <stdbool.h>
#include <string.h>

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

static size_t key_length(const char *line)
{
    size_t length = 0;
    while (line[length] > ' ' && line[length] != ':')
        length++;
    return length;
}

/* The row of a key, looked for from *next on: the kernel prints keys in the same order every time,
 * so that a known key is mostly found at once and an unknown one costs a round of length
 * comparisons (2 us for all 59 lines of a v2 memory.stat). */
static const struct keyed_row *find_row(
    const char *key, size_t length, const struct keyed_row *rows, size_t count, size_t *next)
{
    for (size_t tried = 0, i = *next; tried < count; tried++, i++) {
        if (i == count)
            i = 0;
        if (rows[i].length == length && memcmp(rows[i].key, key, length) == 0) {
            *next = i + 1 < count ? i + 1 : 0;
            return &rows[i];
        }
    }
    return NULL;
}

static bool parse_number(const char *text, uint64_t *ret)
{
    if (*text == ':')
        text++;
    while (is_blank(*text))
        text++;
    uint64_t value;
    if (text_u64(&text, &value) < 0 || (*text && *text != '\n' && !is_blank(*text)))
        return false;
    if (text_starts_with(text, " kB") && __builtin_mul_overflow(value, 1024, &value))
        return false;
    *ret = value;
    return true;
}

void keyed_parse(const char *text, const struct keyed_row *rows, size_t count, keyed_visitor *visit,
    void *context)
{
    size_t next = 0;
    while (*text) {
        size_t length = key_length(text);
        const struct keyed_row *row = find_row(text, length, rows, count, &next);
        uint64_t value;
        if (row && parse_number(text + length, &value))
            visit(context, row->field, value);
        text = strchrnul(text + length, '\n');
        if (*text)
            text++;
    }
}
