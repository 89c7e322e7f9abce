#include "mom/cli/cell.h"

#include "mom/cli/moment.h"
#include "mom/report/text.h"
#include "slices/base/text.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>

struct cell cell_absent(void)
{
    return (struct cell){.kind = CELL_ABSENT};
}

struct cell cell_text(const char *text)
{
    return text && *text ? (struct cell){.kind = CELL_TEXT, .text = text} : cell_absent();
}

struct cell cell_count(uint64_t count)
{
    return (struct cell){.kind = CELL_COUNT, .count = count};
}

struct cell cell_integer(int64_t integer)
{
    return (struct cell){.kind = CELL_INTEGER, .integer = integer};
}

struct cell cell_flag(bool flag)
{
    return (struct cell){.kind = CELL_FLAG, .flag = flag};
}

struct cell cell_bytes(uint64_t bytes)
{
    return (struct cell){.kind = CELL_BYTES, .count = bytes};
}

struct cell cell_limit(uint64_t bytes)
{
    if (bytes == SAMPLE_NO_LIMIT)
        return (struct cell){.kind = CELL_UNLIMITED};
    return bytes ? cell_bytes(bytes) : cell_absent();
}

static struct cell finite_number(enum cell_kind kind, double number)
{
    return isfinite(number) ? (struct cell){.kind = kind, .number = number} : cell_absent();
}

struct cell cell_number(double number)
{
    return finite_number(CELL_NUMBER, number);
}

struct cell cell_rate(double bytes_per_sec)
{
    return finite_number(CELL_RATE, bytes_per_sec * 3600);
}

struct cell cell_percent(double percent)
{
    return finite_number(CELL_PERCENT, percent);
}

struct cell cell_duration(double seconds)
{
    return seconds >= 0 ? finite_number(CELL_DURATION, seconds) : cell_absent();
}

struct cell cell_time(int64_t unix_usec)
{
    return unix_usec > 0 ? (struct cell){.kind = CELL_TIME, .unix_usec = unix_usec} : cell_absent();
}

struct cell cell_of(enum unit unit, double number)
{
    switch (unit) {
    case UNIT_BYTES:
        if (number >= 0x1p64)
            return (struct cell){.kind = CELL_UNLIMITED};
        return number >= 0 ? cell_bytes((uint64_t)number) : cell_number(number);
    case UNIT_RATE:
        return cell_rate(number);
    case UNIT_USEC:
        return cell_duration(number / 1e6);
    case UNIT_CENTI:
        return cell_percent(number / 100);
    default:
        return cell_number(number);
    }
}

struct cell cell_field(const struct field_info *field, bool have, uint64_t value)
{
    if (!have)
        return cell_absent();
    switch (field->unit) {
    case UNIT_BYTES:
        return value == SAMPLE_NO_LIMIT ? cell_limit(value) : cell_bytes(value);
    case UNIT_COUNT:
    case UNIT_COUNTER:
        return cell_count(value);
    default:
        return cell_of(field->unit, (double)value);
    }
}

struct cell cell_toned(struct cell cell, enum tone tone)
{
    cell.tone = tone;
    return cell;
}

static void format_duration(double seconds, char *buffer, size_t size)
{
    char span[32];
    if (seconds < 10) /* what a tick costs, how old it is */
        (void)text_format(buffer, size, "%.2g s", seconds);
    else
        (void)text_copy(buffer, size, report_span(seconds, span));
}

char *cell_human(const struct cell *cell, bool exact, char *buffer, size_t size)
{
    char moment[MOMENT_TEXT_MAX], bytes[32];
    switch (cell->kind) {
    case CELL_ABSENT:
        (void)text_copy(buffer, size, "-");
        break;
    case CELL_UNLIMITED:
        (void)text_copy(buffer, size, "none");
        break;
    case CELL_FLAG:
        (void)text_copy(buffer, size, cell->flag ? "yes" : "no");
        break;
    case CELL_NUMBER:
        (void)text_format(buffer, size, "%.4g", cell->number);
        break;
    case CELL_PERCENT:
        (void)text_format(buffer, size, "%.2f %%", cell->number);
        break;
    case CELL_DURATION:
        format_duration(cell->number, buffer, size);
        break;
    case CELL_TIME:
        (void)text_copy(buffer, size, moment_format(moment, cell->unix_usec, false));
        break;
    case CELL_BYTES:
        if (exact)
            return cell_plain(cell, buffer, size);
        (void)text_copy(buffer, size, report_bytes((double)cell->count, bytes));
        break;
    case CELL_RATE:
        if (exact)
            (void)text_format(buffer, size, "%.0f", cell->number);
        else
            (void)text_format(buffer, size, "%s/h", report_bytes(cell->number, bytes));
        break;
    default:
        return cell_plain(cell, buffer, size);
    }
    return buffer;
}

char *cell_plain(const struct cell *cell, char *buffer, size_t size)
{
    char moment[MOMENT_TEXT_MAX];
    switch (cell->kind) {
    case CELL_TEXT:
        return text_show(buffer, size, cell->text);
    case CELL_COUNT:
    case CELL_BYTES:
        (void)text_format(buffer, size, "%" PRIu64, cell->count);
        break;
    case CELL_INTEGER:
        (void)text_format(buffer, size, "%" PRId64, cell->integer);
        break;
    case CELL_NUMBER:
    case CELL_RATE:
    case CELL_PERCENT:
    case CELL_DURATION:
        (void)text_format(buffer, size, "%.12g", cell->number);
        break;
    case CELL_FLAG:
        (void)text_copy(buffer, size, cell->flag ? "true" : "false");
        break;
    case CELL_TIME:
        (void)text_copy(buffer, size, moment_format(moment, cell->unix_usec, true));
        break;
    default:
        (void)text_copy(buffer, size, "");
    }
    return buffer;
}
