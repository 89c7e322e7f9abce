#include "slices/base/text.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

int text_copy(char *dst, size_t size, const char *src)
{
    size_t length = strnlen(src, size);
    bool fits = length < size;
    if (!fits)
        length = size - 1;
    memcpy(dst, src, length);
    dst[length] = '\0';
    return fits ? 0 : -ENAMETOOLONG;
}

int text_format(char *dst, size_t size, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(dst, size, format, arguments);
    va_end(arguments);
    return length >= 0 && (size_t)length < size ? 0 : -ENAMETOOLONG;
}

int text_u64(const char **cursor, uint64_t *ret)
{
    const char *c = *cursor;
    if (*c < '0' || *c > '9')
        return -EINVAL;
    uint64_t value = 0;
    for (; *c >= '0' && *c <= '9'; c++) {
        uint64_t digit = (uint64_t)(*c - '0');
        if (value > (UINT64_MAX - digit) / 10)
            return -ERANGE;
        value = value * 10 + digit;
    }
    *cursor = c;
    *ret = value;
    return 0;
}

int text_whole_u64(const char *text, uint64_t *ret)
{
    uint64_t value;
    int r = text_u64(&text, &value);
    if (r < 0)
        return r;
    if (*text == '\n')
        text++;
    if (*text)
        return -EINVAL;
    *ret = value;
    return 0;
}

/* Length in bytes of the valid UTF-8 sequence at s (1 to 4), 0 where there is none. */
static size_t utf8_length(const char *s)
{
    const unsigned char *b = (const unsigned char *)s;
    if (b[0] < 0x80)
        return b[0] ? 1 : 0;
    size_t length = b[0] >= 0xc2 && b[0] < 0xe0   ? 2
                    : b[0] >= 0xe0 && b[0] < 0xf0 ? 3
                    : b[0] >= 0xf0 && b[0] < 0xf5 ? 4
                                                  : 0;
    for (size_t i = 1; i < length; i++)
        if ((b[i] & 0xc0) != 0x80)
            return 0;
    bool overlong = (b[0] == 0xe0 && b[1] < 0xa0) || (b[0] == 0xf0 && b[1] < 0x90);
    bool surrogate = b[0] == 0xed && b[1] >= 0xa0;
    bool beyond_unicode = b[0] == 0xf4 && b[1] >= 0x90;
    return overlong || surrogate || beyond_unicode ? 0 : length;
}

/* Valid UTF-8 that is no harmless character: C1 controls, line and paragraph separators, and what
 * turns the direction of the text that follows (U+061C, 200E, 200F, 202A-202E, 2066-2069). */
static bool misleads(const char *s, size_t length)
{
    const unsigned char *b = (const unsigned char *)s;
    if (length == 2)
        return (b[0] == 0xc2 && b[1] < 0xa0) || (b[0] == 0xd8 && b[1] == 0x9c);
    if (length != 3 || b[0] != 0xe2)
        return false;
    return (b[1] == 0x80 && ((b[2] >= 0x8e && b[2] <= 0x8f) || (b[2] >= 0xa8 && b[2] <= 0xae))) ||
           (b[1] == 0x81 && b[2] >= 0xa6 && b[2] <= 0xa9);
}

/* Bytes of the harmless character at `s`; 0: it isn't one. */
static size_t harmless(const char *s)
{
    size_t length = utf8_length(s);
    bool control = (unsigned char)*s < 0x20 || *s == 0x7f;
    return control || misleads(s, length) ? 0 : length;
}

static char *escape(char *dst, size_t size, const char *src, bool backslash_too)
{
    size_t used = 0;
    while (*src) {
        unsigned char byte = (unsigned char)*src;
        size_t length = harmless(src);
        bool plain = length > 0 && !(backslash_too && byte == '\\');
        size_t needed = plain ? length : 4;
        if (used + needed >= size)
            break;
        if (plain) {
            memcpy(dst + used, src, length);
            src += length;
        } else {
            static const char digits[] = "0123456789abcdef";
            const char escaped[4] = {'\\', 'x', digits[byte >> 4], digits[byte & 15]};
            memcpy(dst + used, escaped, sizeof escaped);
            src++;
        }
        used += needed;
    }
    dst[used] = '\0';
    return dst;
}

char *text_escape(char *dst, size_t size, const char *src)
{
    return escape(dst, size, src, true);
}

char *text_show(char *dst, size_t size, const char *src)
{
    const char *c = src;
    for (size_t length; (length = harmless(c)) > 0;)
        c += length;
    return escape(dst, size, src, *c != '\0');
}

bool text_starts_with(const char *text, const char *prefix)
{
    return strncmp(text, prefix, strlen(prefix)) == 0;
}

bool text_skip(const char **cursor, const char *expected)
{
    if (!text_starts_with(*cursor, expected))
        return false;
    *cursor += strlen(expected);
    return true;
}

bool text_ends_with(const char *text, const char *suffix)
{
    size_t length = strlen(text), tail = strlen(suffix);
    return length >= tail && strcmp(text + length - tail, suffix) == 0;
}

unsigned text_distance(const char *a, const char *b)
{
    enum { LONGEST = 63 };
    size_t rows = strnlen(a, LONGEST + 1), columns = strnlen(b, LONGEST + 1);
    if (rows > LONGEST || columns > LONGEST)
        return LONGEST + 1;
    unsigned cost[LONGEST + 1];
    for (size_t j = 0; j <= columns; j++)
        cost[j] = (unsigned)j;
    for (size_t i = 1; i <= rows; i++) {
        unsigned diagonal = cost[0];
        cost[0] = (unsigned)i;
        for (size_t j = 1; j <= columns; j++) {
            unsigned replaced = diagonal + (a[i - 1] != b[j - 1]);
            unsigned removed = cost[j] + 1, inserted = cost[j - 1] + 1;
            diagonal = cost[j];
            cost[j] = replaced < removed ? replaced : removed;
            if (inserted < cost[j])
                cost[j] = inserted;
        }
    }
    return cost[columns];
}

uint64_t text_hash(uint64_t seed, const void *bytes, size_t length)
{
    const unsigned char *b = bytes;
    for (size_t i = 0; i < length; i++)
        seed = (seed ^ b[i]) * 0x100000001b3ull;
    return seed;
}
