#include "mom/cli/moment.h"

#include "slices/base/text.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>
#include <time.h>

enum { LONGEST_TEXT = 100 };
static const int64_t usec_per_sec = 1000000;
static const int64_t last_moment_usec = 253402300799ll * 1000000; /* the end of 9999 */

static const struct {
    const char *names[5];
    int64_t usec;
} units[] = {
    {{"us", "usec"}, 1},
    {{"ms", "msec"}, 1000},
    {{"s", "sec", "second", "seconds"}, 1000000},
    {{"m", "min", "minute", "minutes"}, 60000000ll},
    {{"h", "hr", "hour", "hours"}, 3600000000ll},
    {{"d", "day", "days"}, 86400000000ll},
    {{"w", "week", "weeks"}, 604800000000ll},
    {{"M", "month", "months"}, 2629800000000ll},
    {{"y", "year", "years"}, 31557600000000ll},
};

static const struct {
    const char *word;
    int days; /* from today's midnight */
} days[] = {{"yesterday", -1}, {"today", 0}, {"tomorrow", 1}};

static void skip_blanks(const char **cursor)
{
    while (**cursor == ' ')
        (*cursor)++;
}

static bool take_char(const char **cursor, char wanted)
{
    if (**cursor != wanted)
        return false;
    (*cursor)++;
    return true;
}

/* The unit at the cursor, as a whole word; seconds where there is none. 0: a word that is none. */
static int64_t take_unit(const char **cursor)
{
    size_t length = 0;
    while (isalpha((unsigned char)(*cursor)[length]))
        length++;
    if (length == 0)
        return usec_per_sec;
    for (size_t i = 0; i < sizeof units / sizeof *units; i++)
        for (const char *const *name = units[i].names; *name; name++)
            if (strlen(*name) == length && strncmp(*name, *cursor, length) == 0) {
                *cursor += length;
                return units[i].usec;
            }
    return 0;
}

/* Digits after a decimal point, as parts of `unit_usec`; what is finer than that is dropped. */
static int64_t take_fraction(const char **cursor, int64_t unit_usec)
{
    double part = 0, digit = 1;
    for (; isdigit((unsigned char)**cursor); (*cursor)++)
        part += (**cursor - '0') * (digit /= 10);
    return (int64_t)(part * (double)unit_usec + 0.5);
}

/* One term: "90min", "1.5 h". */
static int take_term(const char **cursor, int64_t *ret_usec)
{
    uint64_t whole;
    int r = text_u64(cursor, &whole);
    if (r < 0)
        return r;
    const char *fraction = take_char(cursor, '.') ? *cursor : NULL;
    while (fraction && isdigit((unsigned char)**cursor))
        (*cursor)++;
    skip_blanks(cursor);
    const char *word = *cursor;
    int64_t unit = strcmp(word, "ago") == 0 ? usec_per_sec : take_unit(cursor);
    if (unit == 0)
        return -EINVAL;
    if (whole > (uint64_t)(last_moment_usec / unit))
        return -ERANGE;
    *ret_usec = (int64_t)whole * unit + (fraction ? take_fraction(&fraction, unit) : 0);
    return 0;
}

/* Terms up to the end of the text or the word "ago". */
static int take_terms(const char **cursor, int64_t *ret_usec)
{
    int64_t sum = 0, term;
    do {
        int r = take_term(cursor, &term);
        if (r < 0)
            return r;
        sum += term;
        if (sum > last_moment_usec)
            return -ERANGE;
        skip_blanks(cursor);
    } while (**cursor && strcmp(*cursor, "ago") != 0);
    *ret_usec = sum;
    return 0;
}

static int parse_relative(const char *c, int64_t now, int64_t *ret)
{
    bool before = *c == '-', after = *c == '+';
    if (before || after)
        c++;
    skip_blanks(&c);
    int64_t distance;
    int r = take_terms(&c, &distance);
    if (r < 0)
        return r;
    bool ago = strcmp(c, "ago") == 0;
    if (before + after + ago != 1) /* "2 hours" alone could be meant either way */
        return -EINVAL;
    *ret = after ? now + distance : now - distance;
    return 0;
}

static int parse_epoch(const char *c, int64_t *ret)
{
    uint64_t seconds;
    int r = text_u64(&c, &seconds);
    if (r < 0)
        return r;
    if (seconds > (uint64_t)(last_moment_usec / usec_per_sec))
        return -ERANGE;
    *ret = (int64_t)seconds * usec_per_sec;
    if (take_char(&c, '.'))
        *ret += take_fraction(&c, usec_per_sec);
    return *c ? -EINVAL : 0;
}

/* Exactly `digits` digits, at most `most`. */
static bool take_number(const char **cursor, int digits, int most, int *ret)
{
    const char *begin = *cursor;
    uint64_t value;
    if (text_u64(cursor, &value) < 0 || *cursor - begin != digits || value > (uint64_t)most)
        return false;
    *ret = (int)value;
    return true;
}

static bool take_date(const char **cursor, struct tm *tm)
{
    const char *c = *cursor;
    if (!take_number(&c, 4, 9999, &tm->tm_year) || !take_char(&c, '-') ||
        !take_number(&c, 2, 12, &tm->tm_mon) || !take_char(&c, '-') ||
        !take_number(&c, 2, 31, &tm->tm_mday) || tm->tm_mon == 0 || tm->tm_mday == 0)
        return false;
    tm->tm_year -= 1900;
    tm->tm_mon--;
    *cursor = c;
    return true;
}

static bool take_clock(const char **cursor, struct tm *tm, int64_t *ret_fraction)
{
    if (!take_number(cursor, 2, 23, &tm->tm_hour) || !take_char(cursor, ':') ||
        !take_number(cursor, 2, 59, &tm->tm_min))
        return false;
    if (take_char(cursor, ':')) {
        if (!take_number(cursor, 2, 59, &tm->tm_sec))
            return false;
        if (take_char(cursor, '.'))
            *ret_fraction = take_fraction(cursor, usec_per_sec);
    }
    return true;
}

static bool take_utc(const char **cursor)
{
    if (take_char(cursor, 'Z'))
        return true;
    if (!text_starts_with(*cursor, " UTC"))
        return false;
    *cursor += 4;
    return true;
}

/* Midnight of the day `offset` days from now, in TZ's zone. */
static struct tm midnight(int64_t now, int offset)
{
    struct tm tm = {0};
    time_t seconds = (time_t)(now / usec_per_sec);
    (void)localtime_r(&seconds, &tm);
    return (struct tm){
        .tm_year = tm.tm_year, .tm_mon = tm.tm_mon, .tm_mday = tm.tm_mday + offset, .tm_isdst = -1};
}

static int parse_absolute(const char *c, int64_t now, int64_t *ret)
{
    struct tm tm = midnight(now, 0);
    int64_t fraction = 0;
    bool dated = take_date(&c, &tm);
    bool clocked = !dated || take_char(&c, ' ') || take_char(&c, 'T');
    if (clocked && !take_clock(&c, &tm, &fraction))
        return -EINVAL;
    bool utc = clocked && take_utc(&c);
    if (*c)
        return -EINVAL;
    int day = tm.tm_mday;
    time_t seconds = utc ? timegm(&tm) : mktime(&tm);
    if (tm.tm_mday != day) /* 30 February was moved into March */
        return -EINVAL;
    *ret = (int64_t)seconds * usec_per_sec + fraction;
    return 0;
}

static bool parse_word(const char *text, int64_t now, int64_t *ret)
{
    if (strcmp(text, "now") == 0) {
        *ret = now;
        return true;
    }
    for (size_t i = 0; i < sizeof days / sizeof *days; i++)
        if (strcmp(text, days[i].word) == 0) {
            struct tm tm = midnight(now, days[i].days);
            *ret = (int64_t)mktime(&tm) * usec_per_sec;
            return true;
        }
    return false;
}

static int parse_moment(const char *text, int64_t now, int64_t *ret)
{
    if (parse_word(text, now, ret))
        return 0;
    if (*text == '@')
        return parse_epoch(text + 1, ret);
    int r = parse_absolute(text, now, ret);
    return r < 0 ? parse_relative(text, now, ret) : r;
}

static int complain(struct mom_error *error, int code, const char *what, const char *text)
{
    return error_set(error, code, "%s '%.*s'%s", code == -ERANGE ? "out of range:" : what,
        LONGEST_TEXT, text, code == -ERANGE ? "" : "; see TIMES in momctl(1)");
}

int moment_parse(
    const char *text, int64_t now_unix_usec, int64_t *ret_unix_usec, struct mom_error *error)
{
    int64_t moment = 0;
    int r = strnlen(text, LONGEST_TEXT + 1) > LONGEST_TEXT
                ? -EINVAL
                : parse_moment(text, now_unix_usec, &moment);
    if (r == 0 && (moment < 0 || moment > last_moment_usec))
        r = -ERANGE;
    if (r < 0)
        return complain(error, r, "no time:", text);
    *ret_unix_usec = moment;
    return 0;
}

int duration_parse(const char *text, int64_t *ret_usec, struct mom_error *error)
{
    const char *c = text;
    int64_t usec;
    int r = strnlen(text, LONGEST_TEXT + 1) > LONGEST_TEXT ? -EINVAL : take_terms(&c, &usec);
    if (r == 0 && *c)
        r = -EINVAL;
    if (r < 0)
        return complain(error, r, "no length of time:", text);
    *ret_usec = usec;
    return 0;
}

char *moment_format(char buffer[MOMENT_TEXT_MAX], int64_t unix_usec, bool iso)
{
    struct tm tm = {0};
    time_t seconds = (time_t)(unix_usec / usec_per_sec);
    (void)(iso ? gmtime_r(&seconds, &tm) : localtime_r(&seconds, &tm));
    size_t used =
        strftime(buffer, MOMENT_TEXT_MAX, iso ? "%Y-%m-%dT%H:%M:%S" : "%Y-%m-%d %H:%M:%S", &tm);
    if (iso)
        (void)text_format(buffer + used, MOMENT_TEXT_MAX - used, ".%03dZ",
            (int)(unix_usec % usec_per_sec / 1000));
    return buffer;
}
