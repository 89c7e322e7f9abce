/* Inner header of mom/report: plain text of whole lines in a caller's buffer. */
#ifndef MOM_REPORT_PAGE_H
#define MOM_REPORT_PAGE_H

#include <stddef.h>
#include <stdint.h>

struct page {
    char *buffer;
    size_t size, used; /* without the room that is kept for `last` */
    const char *last;
};

/* A page whose last text has its room for sure; `last` must live as long. */
struct page page_before(char *buffer, size_t size, const char *last);

/* Puts the text whole or not at all. */
void page_put(struct page *page, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Ends the page with its last text. */
void page_end(struct page *page);

/* "\nmom TIME NODE ACTION KEY ID\n": what a program reads. */
enum { PAGE_LAST_MAX = 4096 };
void page_last_line(char last[PAGE_LAST_MAX], int64_t unix_usec, const char *node,
    const char *action, const char *key, const char *id);

/* RFC 3339, UTC. Returns buffer. */
char *page_time(int64_t unix_usec, char buffer[32]);

#endif
