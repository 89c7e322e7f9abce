#include "mom/report/boot_end.h"

#include "mom/report/page.h"
#include "mom/report/text.h"
#include "slices/base/text.h"

#include <stdio.h>

#define DAY_USEC (24 * 3600 * 1000000ll)

static bool was_ordered(const struct boot_end_report *report)
{
    return report->ended->how == BOOT_END_ORDERED;
}

void boot_end_subject(const struct boot_end_report *report, char *buffer, size_t size)
{
    if (!was_ordered(report))
        (void)snprintf(buffer, size, "[mom] %s: went down, and not by mom's order", report->node);
    else
        (void)snprintf(buffer, size, "[mom] %s: was rebooted by mom: rule %s", report->node,
            report->ended->order.rule);
}

static void put_head(struct page *page, const struct boot_end_report *report)
{
    const struct boot_ended *ended = report->ended;
    char ordered[32], found[32];
    (void)page_time(ended->order.unix_usec, ordered);
    (void)page_time(ended->found.unix_usec, found);
    if (was_ordered(report))
        page_put(page,
            "At %s mom had %s boot anew (%s), because the node was short of memory: rule %s.\n",
            ordered, report->node, last_resort_names[ended->order.way], ended->order.rule);
    else if (ended->panic[0])
        page_put(page,
            "%s went down without a clean stop, and mom had not ordered that: the kernel "
            "panicked.\n",
            report->node);
    else
        page_put(page,
            "%s went down without a clean stop, and mom had not ordered that: a crash, the power,\n"
            "a watchdog, or somebody's button.\n",
            report->node);
    page_put(page, "mom governs again since %s.\n", found);
    if (ended->panic[0])
        page_put(page, "\npanic     %s\n", ended->panic);
}

/* "history   ends at ..., 12 s before the reboot; 3 min are missing" */
static void put_lost(struct page *page, const struct boot_end_report *report)
{
    const struct boot_ended *ended = report->ended;
    int64_t newest = report->newest_unix_usec;
    char when[32], before[32], missing[32];
    if (newest == 0) {
        page_put(page, "\nhistory   there is none of the time before\n");
        return;
    }
    page_put(page, "\nhistory   ends at %s", page_time(newest, when));
    if (was_ordered(report) && ended->order.unix_usec >= newest)
        page_put(page, ", %s before the order",
            report_span((double)(ended->order.unix_usec - newest) / 1e6, before));
    if (ended->found.unix_usec >= newest)
        page_put(page, "; %s are missing until mom was there again",
            report_span((double)(ended->found.unix_usec - newest) / 1e6, missing));
    page_put(page, "\n");
}

static void put_counts(struct page *page, const struct boot_end_report *report)
{
    const struct boot_past *past = report->past;
    uint32_t lately = boot_past_within(past, report->ended->found.unix_usec, DAY_USEC);
    uint32_t by_mom = 0;
    for (uint32_t i = past->count > lately ? past->count - lately : 0; i < past->count; i++)
        by_mom += past->end[i].how == BOOT_END_ORDERED;
    page_put(page, "ends      %u of the last 24 hours: %u by mom, %u otherwise\n", lately, by_mom,
        lately - by_mom);
}

static void put_active(struct page *page, const struct boot_end_report *report)
{
    page_put(page, "\nactive before it: %u%s\n", report->count,
        report->count == LAST_WORDS_ACTIVE ? " at least" : "");
    for (uint32_t i = 0; i < report->count; i++) {
        char key[2 * sizeof report->active[i].key], footprint[32], resident[32], growth[32];
        page_put(page, "  %-48s %12s %12s", text_show(key, sizeof key, report->active[i].key),
            report_bytes((double)report->active[i].footprint, footprint),
            report_bytes((double)report->active[i].resident, resident));
        if (report->decision)
            page_put(page, " %12s/h", report_bytes(report->active[i].growth * 3600, growth));
        page_put(page, "\n");
    }
}

void boot_end_body(const struct boot_end_report *report, char *buffer, size_t size)
{
    char last[PAGE_LAST_MAX];
    page_last_line(last, report->ended->found.unix_usec, report->node,
        was_ordered(report) ? "reboot" : "unclean", "", report->id);
    struct page page = page_before(buffer, size, last);
    put_head(&page, report);
    put_lost(&page, report);
    put_counts(&page, report);
    if (report->decision)
        page_put_evidence(&page, &report->decision->evidence);
    put_active(&page, report);
    page_end(&page);
}
