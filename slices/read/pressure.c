#include "slices/read/pressure.h"

#include "slices/base/text.h"

#include <errno.h>
#include <string.h>

/* "0.07" as 7: the kernel always prints two places. */
static bool parse_centi(const char **cursor, uint64_t *ret)
{
    uint64_t whole, hundredths;
    if (text_u64(cursor, &whole) < 0 || whole > UINT64_MAX / 100 - 1 || !text_skip(cursor, "."))
        return false;
    const char *places = *cursor;
    if (text_u64(cursor, &hundredths) < 0 || *cursor - places != 2)
        return false;
    *ret = whole * 100 + hundredths;
    return true;
}

/* " avg10=0.00 avg60=0.00 avg300=0.00 total=0", up to the line's end. */
static bool parse_line(const char *c, uint64_t *ret_avg10, uint64_t *ret_total)
{
    uint64_t avg10, unused, total;
    if (!text_skip(&c, " avg10=") || !parse_centi(&c, &avg10) || !text_skip(&c, " avg60=") ||
        !parse_centi(&c, &unused) || !text_skip(&c, " avg300=") || !parse_centi(&c, &unused) ||
        !text_skip(&c, " total=") || text_u64(&c, &total) < 0 || (*c && *c != '\n'))
        return false;
    *ret_avg10 = avg10;
    *ret_total = total;
    return true;
}

int pressure_parse(const char *text, struct pressure *ret)
{
    struct pressure found = {0};
    while (*text) {
        if (text_skip(&text, "some"))
            found.some = parse_line(text, &found.some_avg10, &found.some_total);
        else if (text_skip(&text, "full"))
            found.full = parse_line(text, &found.full_avg10, &found.full_total);
        text = strchrnul(text, '\n');
        if (*text)
            text++;
    }
    if (!found.some && !found.full)
        return -EINVAL;
    *ret = found;
    return 0;
}
