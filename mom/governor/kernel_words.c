#include "mom/governor/kernel_words.h"

#include "mom/common/records.h"
#include "slices/base/text.h"

#include <inttypes.h>
#include <string.h>

#define GOES_DOWN "the node goes down by "
#define STAYS_UP  "the node did not go down"
#define PANIC     "Kernel panic - not syncing: " /* kernel/panic.c */

void kernel_words_format_order(
    char line[KERNEL_WORDS_LINE_MAX], const uint8_t boot[16], const struct boot_order *order)
{
    char id[DECISION_ID_MAX];
    decision_id(boot, order->decision, id);
    (void)text_format(line, KERNEL_WORDS_LINE_MAX,
        "decision %s: " GOES_DOWN "%s at %" PRId64 ".%06" PRId64 ": rule %s", id,
        last_resort_names[order->way], order->unix_usec / 1000000, order->unix_usec % 1000000,
        order->rule);
}

void kernel_words_format_withdrawal(
    char line[KERNEL_WORDS_LINE_MAX], const uint8_t boot[16], uint64_t decision)
{
    char id[DECISION_ID_MAX];
    decision_id(boot, decision, id);
    (void)text_format(line, KERNEL_WORDS_LINE_MAX, "decision %s: " STAYS_UP, id);
}

void kernel_words_begin(struct kernel_words *words, const uint8_t boot[16])
{
    char id[DECISION_ID_MAX];
    *words = (struct kernel_words){0};
    decision_id(boot, 0, id);
    *strrchr(id, '0') = '\0'; /* "3f2a91c0-" */
    (void)text_format(words->begin, sizeof words->begin, "mom: decision %s", id);
}

static bool read_way(const char **cursor, enum last_resort *ret)
{
    for (int way = LAST_RESORT_PANIC; way < LAST_RESORTS; way++)
        if (text_skip(cursor, last_resort_names[way])) {
            *ret = (enum last_resort)way;
            return true;
        }
    return false;
}

/* "panic at 1795939984.123456: rule out" */
static bool read_order(const char *text, struct boot_order *ret)
{
    uint64_t sec, usec;
    if (!read_way(&text, &ret->way) || !text_skip(&text, " at ") || text_u64(&text, &sec) < 0 ||
        !text_skip(&text, ".") || text_u64(&text, &usec) < 0 || !text_skip(&text, ": rule ") ||
        sec > INT64_MAX / 1000000 - 1 || usec >= 1000000)
        return false;
    ret->unix_usec = (int64_t)(sec * 1000000 + usec);
    (void)text_escape(ret->rule, sizeof ret->rule, text);
    return true;
}

void kernel_words_take(void *context, const char *line)
{
    struct kernel_words *words = context;
    struct boot_order order = {0};
    if (text_starts_with(line, PANIC))
        (void)text_escape(words->panic, sizeof words->panic, line + strlen(PANIC));
    if (!text_skip(&line, words->begin) || text_u64(&line, &order.decision) < 0 ||
        !text_skip(&line, ": "))
        return;
    if (text_skip(&line, GOES_DOWN)) {
        if (order.decision > words->order.decision && read_order(line, &order))
            words->order = order;
    } else if (text_starts_with(line, STAYS_UP) && order.decision > words->withdrawn) {
        words->withdrawn = order.decision;
    }
}

const struct boot_order *kernel_words_order(const struct kernel_words *words)
{
    return words->order.decision > words->withdrawn ? &words->order : NULL;
}
