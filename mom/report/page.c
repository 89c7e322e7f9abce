#include "mom/report/page.h"

#include "slices/base/text.h"
#include "slices/slice.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

struct page page_before(char *buffer, size_t size, const char *last)
{
    size_t kept = strlen(last);
    buffer[0] = '\0';
    return (struct page){
        .buffer = buffer, .size = size > kept ? size - kept : 1, .last = size > kept ? last : ""};
}

void page_put(struct page *page, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    int n = vsnprintf(page->buffer + page->used, page->size - page->used, format, arguments);
    va_end(arguments);
    if (n > 0 && (size_t)n < page->size - page->used)
        page->used += (size_t)n;
    page->buffer[page->used] = '\0';
}

void page_end(struct page *page)
{
    (void)text_copy(page->buffer + page->used, strlen(page->last) + 1, page->last);
}

char *page_time(int64_t unix_usec, char buffer[32])
{
    time_t seconds = (time_t)(unix_usec / 1000000);
    struct tm parts;
    (void)gmtime_r(&seconds, &parts);
    (void)strftime(buffer, 32, "%Y-%m-%dT%H:%M:%SZ", &parts);
    return buffer;
}

/* A field of the machine-readable line: no blanks, nothing empty. */
static char *word(char *dst, size_t size, const char *src)
{
    char escaped[SLICE_KEY_MAX * 4];
    text_escape(escaped, sizeof escaped, src);
    size_t used = 0;
    for (const char *c = escaped; *c && used + 5 < size; c++) {
        if (*c != ' ') {
            dst[used++] = *c;
            continue;
        }
        memcpy(dst + used, "\\x20", 4);
        used += 4;
    }
    if (used == 0)
        dst[used++] = '-';
    dst[used] = '\0';
    return dst;
}

void page_last_line(char last[PAGE_LAST_MAX], int64_t unix_usec, const char *node,
    const char *action, const char *key, const char *id)
{
    char when[32], node_word[256], key_word[SLICE_KEY_MAX * 4];
    (void)snprintf(last, PAGE_LAST_MAX, "\nmom %s %s %s %s %s\n", page_time(unix_usec, when),
        word(node_word, sizeof node_word, node), action, word(key_word, sizeof key_word, key), id);
}
