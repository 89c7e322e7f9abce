#include "mom/report/digest.h"

#include "mom/report/page.h"

#include <stdio.h>

void digest_subject(const struct digest *digest, char *buffer, size_t size)
{
    (void)snprintf(buffer, size, "[mom] %s: %u more events (digest)", digest->node, digest->count);
}

void digest_body(const struct digest *digest, char *buffer, size_t size)
{
    char last[PAGE_LAST_MAX], when[32];
    uint32_t lines = digest->count < DIGEST_LINES ? digest->count : DIGEST_LINES;
    page_last_line(last, digest->made_unix_usec, digest->node, "digest", "*", digest->id);
    struct page page = page_before(buffer, size, last);
    page_put(&page, "More happened on %s than is mailed one by one:\n\n", digest->node);
    for (uint32_t i = 0; i < lines; i++)
        page_put(
            &page, "%s  %s\n", page_time(digest->line[i].unix_usec, when), digest->line[i].subject);
    if (digest->count > lines)
        page_put(&page, "and %u more\n", digest->count - lines);
    if (digest->count > 0)
        page_put(&page, "\nAll of it: momctl events --utc --since \"%s\"\n",
            page_time(digest->line[0].unix_usec, when));
    page_end(&page);
}
