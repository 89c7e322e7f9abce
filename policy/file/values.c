#include "policy/file/values.h"

#include "policy/file/policy.h"
#include "policy/file/problems.h"
#include "slices/base/text.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <string.h>

const struct value_type_info value_types[VALUE_TYPES] = {
    [VALUE_BOOL] = {"truth value", "true, false"},
    [VALUE_FLAG] = {"condition", "true"},
    [VALUE_WORD] = {"known word", "warn"},
    [VALUE_INTEGER] = {"whole number", "100, -5"},
    [VALUE_NUMBER] = {"number", "1, 2.5"},
    [VALUE_DURATION] = {"duration", "10s, 1h30min"},
    [VALUE_SIZE] = {"size", "150M, 1.5GiB"},
    [VALUE_PERCENTAGE] = {"percentage", "10%"},
    [VALUE_SHARE] = {"share", "50%, 150%"},
    [VALUE_AMOUNT] = {"amount", "10%, 512M"},
    [VALUE_NAME] = {"name", "swap-full"},
    [VALUE_ADDRESS] = {"mail address", "alice@example.org"},
    [VALUE_ADDRESSES] = {"list of mail addresses", "root@localhost, ops@example.org"},
    [VALUE_DOMAIN] = {"domain", "example.org"},
    [VALUE_PATH] = {"absolute path", "/var/lib/mom/recorder/mail"},
    [VALUE_COMMAND] = {"program with arguments", "/usr/local/sbin/told, [/bin/echo, -n, x]"},
    [VALUE_RESTART] = {"way to restart", "auto, /usr/local/sbin/again"},
    [VALUE_GLOBS] = {"glob or list of globs", "docker:web-*"},
};

/* Units, largest first, ended by a row without a name; its factor is 1 where a number needs none.
 */
struct unit_info {
    const char *name;
    double factor;
};
static const struct unit_info no_units[] = {{NULL, 1}};
static const struct unit_info time_units[] = {
    {"w", 604800e6},
    {"d", 86400e6},
    {"h", 3600e6},
    {"min", 60e6},
    {"s", 1e6},
    {"ms", 1e3},
    {"us", 1},
    {NULL, 0},
};
static const struct unit_info amount_units[] = {
    {"%", 1},
    {"T", 0x1p40},
    {"TiB", 0x1p40},
    {"G", 0x1p30},
    {"GiB", 0x1p30},
    {"M", 0x1p20},
    {"MiB", 0x1p20},
    {"K", 0x1p10},
    {"KiB", 0x1p10},
    {"B", 1},
    {NULL, 0},
};
static const struct unit_info *const size_units = amount_units + 1; /* all but the first */
static const struct unit_info percent_units[] = {{"%", 1}, {NULL, 0}};

static const struct unit_info *units_of(enum value_type type)
{
    return type == VALUE_DURATION     ? time_units
           : type == VALUE_SIZE       ? size_units
           : type == VALUE_AMOUNT     ? amount_units
           : type == VALUE_PERCENTAGE ? percent_units
           : type == VALUE_SHARE      ? percent_units
                                      : no_units;
}

static int refuse(
    struct mom_error *error, enum value_type type, const char *text, const char *reason)
{
    char shown[96];
    return error_set(error, -EINVAL, "`%s` is no %s: %s", text_escape(shown, sizeof shown, text),
        value_types[type].name, reason);
}

/* Digits with at most one point. At most 15 of them: so many a double holds exactly. */
static const char *read_decimal(const char **cursor, double *ret)
{
    static const char digits[] = "0123456789";
    const char *c = *cursor;
    size_t whole = strspn(c, digits);
    bool point = c[whole] == '.';
    size_t fraction = point ? strspn(c + whole + 1, digits) : 0;
    if (whole == 0 || (point && fraction == 0))
        return "a number is expected";
    if (whole + fraction > 15)
        return "too many digits";
    double value = 0, divisor = 1;
    for (size_t i = 0; i < whole + point + fraction; i++) {
        if (c[i] == '.')
            continue;
        value = value * 10 + (c[i] - '0');
        divisor *= i > whole ? 10 : 1;
    }
    *cursor = c + whole + point + fraction;
    *ret = value / divisor;
    return NULL;
}

/* The unit at the cursor, which reaches to the next digit or the end; NULL if there is no such. */
static const struct unit_info *read_unit(const struct unit_info *units, const char **cursor)
{
    size_t length = strcspn(*cursor, "0123456789");
    for (; units->name; units++)
        if (strlen(units->name) == length && strncmp(units->name, *cursor, length) == 0)
            break;
    if (!units->name && (units->factor == 0 || length > 0))
        return NULL;
    *cursor += length;
    return units;
}

static const char *no_unit_reason(
    const struct unit_info *units, const char *at, char *buffer, size_t size)
{
    if (units == no_units)
        return "it has no unit";
    if (isspace((unsigned char)*at))
        return "no blank may stand before the unit";
    char known[64] = "";
    size_t used = 0;
    for (const struct unit_info *unit = units; unit->name; unit++) {
        (void)text_format(
            known + used, sizeof known - used, "%s%s", used > 0 ? ", " : "", unit->name);
        used = strlen(known);
    }
    (void)text_format(buffer, size, "%s (%s)", *at ? "unknown unit" : "its unit is missing", known);
    return buffer;
}

int value_quantity(enum value_type type, const char *text, double *ret, struct mom_error *error)
{
    const struct unit_info *units = units_of(type);
    const char *c = text;
    bool negative = *c == '-';
    if (negative && type != VALUE_INTEGER)
        return refuse(error, type, text, "it is negative");
    c += negative;
    double sum = 0, finest = INFINITY;
    do {
        double number;
        const char *reason = read_decimal(&c, &number);
        if (reason)
            return refuse(error, type, text, reason);
        char buffer[128];
        const struct unit_info *unit = read_unit(units, &c);
        if (!unit)
            return refuse(error, type, text, no_unit_reason(units, c, buffer, sizeof buffer));
        if (unit->factor >= finest)
            return refuse(error, type, text, "larger units come first, each once");
        finest = unit->factor;
        sum += number * unit->factor;
    } while (*c && type == VALUE_DURATION);
    if (*c)
        return refuse(error, type, text, "one number with one unit is expected");
    /* Beyond 2^53 a double, in which all of this is reckoned, skips numbers. */
    if (sum > 0x1p53)
        return refuse(error, type, text, "too large");
    if (text_ends_with(text, "%") && sum > 100 && type != VALUE_SHARE)
        return refuse(error, type, text, "more than 100%");
    if (type == VALUE_INTEGER && (sum > INT32_MAX || sum != floor(sum)))
        return refuse(error, type, text, sum > INT32_MAX ? "too large" : "it has a fraction");
    *ret = negative ? -sum : sum;
    return 0;
}

static int parse_quantity(
    enum value_type type, const char *text, void *dst, struct mom_error *error)
{
    double quantity = 0;
    int r = value_quantity(type, text, &quantity, error);
    if (r < 0)
        return r;
    bool relative = text_ends_with(text, "%");
    if (type == VALUE_INTEGER)
        *(int32_t *)dst = (int32_t)quantity;
    else if (type == VALUE_DURATION)
        *(int64_t *)dst = (int64_t)quantity;
    else if (type == VALUE_SIZE)
        *(uint64_t *)dst = (uint64_t)quantity;
    else if (type == VALUE_AMOUNT)
        *(struct amount *)dst = relative
                                    ? (struct amount){.relative = true, .ratio = quantity / 100}
                                    : (struct amount){.bytes = (uint64_t)quantity};
    else
        *(double *)dst = quantity;
    return 0;
}

static const char *const truths[] = {"false", "true"};
static const struct words truth_words = {truths, 2};

/* The index of a word, or -EINVAL with the words that there are. */
static int parse_word(
    enum value_type type, const struct words *words, const char *text, struct mom_error *error)
{
    struct nearest nearest = {.word = text};
    char known[96] = "", hint[64], reason[sizeof known + sizeof hint + 16];
    for (unsigned i = 0; i < words->count; i++) {
        if (strcmp(words->name[i], text) == 0)
            return (int)i;
        nearest_offer(&nearest, words->name[i]);
        size_t used = strlen(known);
        (void)text_format(
            known + used, sizeof known - used, "%s%s", i > 0 ? ", " : "", words->name[i]);
    }
    (void)text_format(reason, sizeof reason, "expected one of %s%s", known,
        nearest_hint(&nearest, hint, sizeof hint));
    return refuse(error, type, text, reason);
}

static const char *const letters_and_digits =
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";

static bool consists_of(const char *text, const char *others)
{
    size_t length = 0;
    while (
        text[length] && (strchr(letters_and_digits, text[length]) || strchr(others, text[length])))
        length++;
    return !text[length];
}

static const char *name_reason(const char *text)
{
    return *text && consists_of(text, "-_") ? NULL : "letters, digits, - and _ only";
}

static const char *domain_reason(const char *text)
{
    return consists_of(text, "-.") && *text != '-' && *text != '.' ? NULL : "not a host name";
}

static const char *path_reason(const char *text)
{
    for (const char *c = text; *c; c++)
        if (iscntrl((unsigned char)*c))
            return "it holds a control character";
    return !*text || *text == '/' ? NULL : "it does not begin with /";
}

/* What looks as if a shell were to read it is refused: none does. */
static const char *command_reason(const char *text)
{
    size_t length = strlen(text);
    for (const char *c = text; *c; c++)
        if (iscntrl((unsigned char)*c))
            return "it holds a control character";
    if (strpbrk(text, "\"'`$|&;<>"))
        return "no shell reads it: none of \"'`$|&;<> may stand in it; a script may hold what is "
               "needed";
    if (length > 0 && *text != '/')
        return "it does not begin with /";
    if (length > 0 && (strstr(text, "  ") || text[length - 1] == ' '))
        return "one blank stands between two words, and none at the end";
    return length < PROGRAM_COMMAND_MAX ? NULL : "longer than 255 bytes";
}

static const char *restart_reason(const char *text)
{
    if (strcmp(text, RESTART_NONE) == 0 || strcmp(text, RESTART_AUTO) == 0)
        return NULL;
    return *text == '/' ? command_reason(text)
                        : "expected " RESTART_NONE ", " RESTART_AUTO
                          ", or a program by its absolute path";
}

static int parse_command(
    enum value_type type, const char *text, const char **dst, struct mom_error *error)
{
    const char *reason = type == VALUE_RESTART ? restart_reason(text) : command_reason(text);
    if (reason)
        return refuse(error, type, text, reason);
    *dst = text;
    return 0;
}

/* Narrower than RFC 5322: nothing that a header, a shell or an option parser could misread. */
static const char *address_reason(const char *text)
{
    if (!*text)
        return NULL;
    const char *at = strchr(text, '@');
    if (*text == '-' || at == text || !consists_of(text, "@.+-_=/~"))
        return "letters, digits and @.+-_=/~ only, no - or @ first";
    if (at && (!at[1] || strchr(at + 1, '@') || domain_reason(at + 1)))
        return "no host name after the @";
    return NULL;
}

/* Checks each address and writes them joined by single commas. */
static const char *join_addresses(const char *text, char *joined, size_t size)
{
    size_t used = 0;
    for (const char *c = text; *c;) {
        c += strspn(c, ", ");
        size_t length = strcspn(c, ", ");
        if (length == 0)
            break;
        if (used + length + 2 > size)
            return "too long";
        char *address = joined + used + (used > 0);
        memcpy(address, c, length);
        address[length] = '\0';
        const char *reason = address_reason(address);
        if (reason)
            return reason;
        if (used > 0)
            joined[used] = ',';
        used = (size_t)(address - joined) + length;
        c += length;
    }
    joined[used] = '\0';
    return NULL;
}

static int parse_text(
    enum value_type type, const char *text, char *dst, size_t size, struct mom_error *error)
{
    char joined[512] = "";
    const char *reason = type == VALUE_NAME      ? name_reason(text)
                         : type == VALUE_ADDRESS ? address_reason(text)
                         : type == VALUE_DOMAIN  ? domain_reason(text)
                         : type == VALUE_PATH    ? path_reason(text)
                                                 : join_addresses(text, joined, sizeof joined);
    const char *value = type == VALUE_ADDRESSES ? joined : text;
    char too_long[64];
    if (!reason && strlen(value) >= size) {
        (void)text_format(too_long, sizeof too_long, "longer than %zu bytes", size - 1);
        reason = too_long;
    }
    return reason ? refuse(error, type, text, reason) : text_copy(dst, size, value);
}

int value_parse(enum value_type type, const struct words *words, const char *text, void *dst,
    size_t size, struct mom_error *error)
{
    int word;
    switch (type) {
    case VALUE_BOOL:
        if ((word = parse_word(type, &truth_words, text, error)) >= 0)
            *(bool *)dst = word == 1;
        return word < 0 ? word : 0;
    case VALUE_FLAG:
        return strcmp(text, "true") == 0
                   ? 0
                   : refuse(error, type, text, "only `true` can be said; else leave it out");
    case VALUE_WORD:
        if ((word = parse_word(type, words, text, error)) >= 0)
            *(unsigned *)dst = (unsigned)word;
        return word < 0 ? word : 0;
    case VALUE_INTEGER:
    case VALUE_NUMBER:
    case VALUE_DURATION:
    case VALUE_SIZE:
    case VALUE_PERCENTAGE:
    case VALUE_SHARE:
    case VALUE_AMOUNT:
        return parse_quantity(type, text, dst, error);
    case VALUE_COMMAND:
    case VALUE_RESTART:
        return parse_command(type, text, dst, error);
    default:
        return parse_text(type, text, dst, size, error);
    }
}

/* Takes as many of each unit as fit, largest first; `combined` false: the largest that divides. */
static int format_units(
    const struct unit_info *units, uint64_t value, bool combined, char *buffer, size_t size)
{
    size_t used = 0;
    for (; units->name && value > 0; units++) {
        uint64_t factor = (uint64_t)units->factor;
        if (combined ? value < factor : value % factor != 0)
            continue;
        int r = text_format(buffer + used, size - used, "%llu%s",
            (unsigned long long)(value / factor), units->name);
        if (r < 0)
            return r;
        value %= factor;
        used = strlen(buffer);
    }
    return 0;
}

static int format_duration(int64_t usec, char *buffer, size_t size)
{
    const struct unit_info *days = time_units + 1; /* 90d reads better than 12w6d */
    return usec > 0 ? format_units(days, (uint64_t)usec, true, buffer, size)
                    : text_copy(buffer, size, "0s");
}

static int format_size(uint64_t bytes, char *buffer, size_t size)
{
    return bytes > 0 ? format_units(size_units, bytes, false, buffer, size)
                     : text_copy(buffer, size, "0B");
}

static int format_globs(const struct globs *globs, char *buffer, size_t size)
{
    int r = text_copy(buffer, size, "");
    for (unsigned i = 0; r == 0 && i < globs->count; i++) {
        size_t used = strlen(buffer);
        r = text_format(buffer + used, size - used, "%s%s", i > 0 ? ", " : "", globs->pattern[i]);
    }
    return r;
}

int value_format(
    enum value_type type, const struct words *words, const void *src, char *buffer, size_t size)
{
    const struct amount *amount = src;
    switch (type) {
    case VALUE_BOOL:
        return text_copy(buffer, size, truths[*(const bool *)src]);
    case VALUE_FLAG:
        return text_copy(buffer, size, "true");
    case VALUE_WORD:
        return text_copy(buffer, size, words->name[*(const unsigned *)src]);
    case VALUE_INTEGER:
        return text_format(buffer, size, "%d", *(const int32_t *)src);
    case VALUE_NUMBER:
        return text_format(buffer, size, "%.15g", *(const double *)src);
    case VALUE_PERCENTAGE:
    case VALUE_SHARE:
        return text_format(buffer, size, "%.10g%%", *(const double *)src);
    case VALUE_DURATION:
        return format_duration(*(const int64_t *)src, buffer, size);
    case VALUE_SIZE:
        return format_size(*(const uint64_t *)src, buffer, size);
    case VALUE_AMOUNT:
        return amount->relative ? text_format(buffer, size, "%.10g%%", amount->ratio * 100)
                                : format_size(amount->bytes, buffer, size);
    case VALUE_COMMAND:
    case VALUE_RESTART:
        return text_copy(buffer, size, *(const char *const *)src);
    case VALUE_GLOBS:
        return format_globs(src, buffer, size);
    default:
        return text_copy(buffer, size, src);
    }
}
