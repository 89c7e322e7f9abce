#include "mom/cli/replay_csv.h"
#include "policy/leak/leak.h"
#include "slices/base/text.h"
#include "slices/sample.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#define HASH_NONFATAL_OOM            1
#define uthash_nonfatal_oom(element) ((element)->unlisted = true)
/* uthash's own function falls through its cases without saying so. */
#define HASH_FUNCTION(key, length, hash) ((hash) = (unsigned)text_hash(TEXT_HASH_SEED, key, length))
#include <uthash.h>

#define ROW_MAX        65536
#define COMPLAINTS_MAX 5     /* bad rows told one by one; all are counted */
#define SLICES_MAX     65536 /* detectors of 4 KiB: 256 MiB */

enum column { COLUMN_SLICE, COLUMN_T, COLUMN_FOOTPRINT, COLUMN_LIMIT, COLUMNS };
static const char *const column_names[COLUMNS] = {"slice", "t", "footprint", "limit"};
#define COLUMN_INDEX_MAX 255 /* fields of a row that are looked at */

struct replay_slice {
    UT_hash_handle hh;
    struct leak_detector detector;
    bool unlisted; /* no memory to put it into the table */
    char name[];
};

struct replay {
    FILE *in, *out, *messages;
    const char *input_name;
    enum replay_format format;
    size_t begin, end; /* of what is read but not used yet */
    bool ended;
    uint64_t line, rows, bad_rows, changes;
    unsigned column_at[COLUMNS]; /* index of the field in a row */
    unsigned last_column;
    struct replay_slice *slices, *latest;
    char buffer[ROW_MAX];
};

/* ---- rows ---- */

/* Moves what is left to the front and reads on. */
static void refill(struct replay *replay)
{
    replay->end -= replay->begin;
    memmove(replay->buffer, replay->buffer + replay->begin, replay->end);
    replay->begin = 0;
    size_t room = sizeof replay->buffer - 1 - replay->end;
    size_t got = fread(replay->buffer + replay->end, 1, room, replay->in);
    replay->end += got;
    replay->ended = got == 0;
}

/* The next line without its end, cut at ROW_MAX - 1 bytes: the rest then comes as a row of its own,
 * which has too few fields. NULL at the end. */
static char *next_row(struct replay *replay, size_t *ret_length)
{
    char *row, *newline;
    for (;;) {
        row = replay->buffer + replay->begin;
        newline = memchr(row, '\n', replay->end - replay->begin);
        bool full = replay->end - replay->begin == sizeof replay->buffer - 1;
        if (newline || replay->ended || full)
            break;
        refill(replay);
    }
    size_t length = newline ? (size_t)(newline - row) : replay->end - replay->begin;
    if (!newline && length == 0)
        return NULL;
    replay->begin += length + (newline != NULL);
    replay->line += newline || replay->ended;
    if (length > 0 && row[length - 1] == '\r')
        length--;
    row[length] = '\0';
    *ret_length = length;
    return row;
}

/* Takes one field off the row, in place; quotes are removed. NULL: the row is at its end, or a
 * quote has none to match. */
static char *next_field(char **cursor)
{
    char *field = *cursor;
    if (!field)
        return NULL;
    if (*field != '"') {
        char *comma = strchr(field, ',');
        *cursor = comma ? comma + 1 : NULL;
        if (comma)
            *comma = '\0';
        return field;
    }
    char *to = field, *from = field + 1;
    while (*from && (*from != '"' || from[1] == '"')) {
        from += *from == '"';
        *to++ = *from++;
    }
    if (*from != '"' || (from[1] && from[1] != ','))
        return NULL;
    *cursor = from[1] ? from + 2 : NULL;
    *to = '\0';
    return field;
}

/* A number without sign and exponent, in units of 1/`scale` (a power of ten); further decimals are
 * cut. */
static int read_number(const char *text, uint64_t scale, uint64_t *ret)
{
    uint64_t whole, fraction = 0;
    if (text_u64(&text, &whole) < 0 || whole > (UINT64_MAX - scale) / scale)
        return -EINVAL;
    if (*text == '.')
        for (uint64_t unit = scale / 10; *++text >= '0' && *text <= '9'; unit /= 10)
            fraction += unit * (uint64_t)(*text - '0');
    if (*text)
        return -EINVAL;
    *ret = whole * scale + fraction;
    return 0;
}

static void complain(struct replay *replay, const char *why)
{
    replay->bad_rows++;
    if (replay->messages && replay->bad_rows <= COMPLAINTS_MAX)
        fprintf(replay->messages, "%s:%" PRIu64 ": %s; row passed over\n", replay->input_name,
            replay->line, why);
}

static int read_header(struct replay *replay, struct mom_error *error)
{
    size_t length;
    char *cursor = next_row(replay, &length), *field;
    if (!cursor)
        return error_set(error, -EINVAL, "%s:1: empty, no header line", replay->input_name);
    if (text_starts_with(cursor, "\xef\xbb\xbf"))
        cursor += 3;
    unsigned found = 0;
    for (unsigned i = 0; i < COLUMN_INDEX_MAX && (field = next_field(&cursor)); i++)
        for (unsigned c = 0; c < COLUMNS; c++)
            if (strcmp(field, column_names[c]) == 0 && !(found >> c & 1)) {
                replay->column_at[c] = i;
                replay->last_column = i;
                found |= 1u << c;
            }
    for (unsigned c = 0; c < COLUMNS; c++)
        if (!(found >> c & 1))
            return error_set(error, -EINVAL, "%s:1: no column \"%s\" in the header",
                replay->input_name, column_names[c]);
    return 0;
}

/* ---- output ---- */

/* JSON knows only valid UTF-8: a name that is none is escaped as it would be in a log line. */
static json_t *json_name(const char *name)
{
    json_t *json = json_string(name);
    if (json)
        return json;
    size_t size = 4 * strlen(name) + 1;
    char *escaped = malloc(size);
    if (!escaped)
        return NULL;
    json = json_string(text_escape(escaped, size, name));
    free(escaped);
    return json;
}

static json_t *json_time(int64_t t_usec)
{
    return t_usec % 1000000 ? json_real((double)t_usec / 1e6) : json_integer(t_usec / 1000000);
}

static int write_json(struct replay *replay, const char *name, const struct leak_report *report)
{
    json_t *left = report->forecast
                       ? json_pack("{s:I,s:I,s:I}", "p10", (json_int_t)llround(report->left_p10),
                             "p50", (json_int_t)llround(report->left_p50), "p90",
                             (json_int_t)llround(report->left_p90))
                       : json_null();
    json_t *json = json_pack("{s:o,s:o,s:s,s:s,s:I,s:o}", "slice", json_name(name), "t",
        json_time(report->at_usec), "leak", leak_verdict_names[report->verdict], "shape",
        leak_shape_names[report->shape], "rate_bytes_per_hour",
        (json_int_t)llround(report->rate * 3600), "time_to_limit_s", left);
    if (!json)
        return -ENOMEM;
    if (replay->format == REPLAY_JSON)
        fputs(replay->changes > 1 ? ",\n" : "[", replay->out);
    int r = json_dumpf(json, replay->out, JSON_COMPACT);
    json_decref(json);
    if (replay->format == REPLAY_JSONL)
        putc('\n', replay->out);
    return r < 0 ? -EIO : 0;
}

static void write_time(FILE *out, int64_t t_usec)
{
    fprintf(out, "%" PRId64, t_usec / 1000000);
    if (t_usec % 1000000)
        fprintf(out, ".%06" PRId64, t_usec % 1000000);
}

static int write_csv(struct replay *replay, const char *name, const struct leak_report *report)
{
    FILE *out = replay->out;
    bool quoted = strpbrk(name, ",\"\r\n") != NULL;
    if (quoted)
        putc('"', out);
    for (const char *c = name; *c; c++) {
        if (*c == '"')
            putc('"', out);
        putc(*c, out);
    }
    fputs(quoted ? "\"," : ",", out);
    write_time(out, report->at_usec);
    fprintf(out, ",%s,%s,%lld,", leak_verdict_names[report->verdict],
        leak_shape_names[report->shape], llround(report->rate * 3600));
    if (report->forecast)
        fprintf(out, "%lld,%lld,%lld\n", llround(report->left_p10), llround(report->left_p50),
            llround(report->left_p90));
    else
        fputs(",,\n", out);
    return 0;
}

static int write_table(struct replay *replay, const char *name, const struct leak_report *report)
{
    char shown[160];
    fprintf(replay->out, "%-24s %12" PRId64 "  %-9s  %-10s  %10.2f MiB/h",
        text_escape(shown, sizeof shown, name), report->at_usec / 1000000,
        leak_verdict_names[report->verdict], leak_shape_names[report->shape],
        report->rate * 3600 / (1 << 20));
    if (report->forecast)
        fprintf(replay->out, "  limit in %.1f h (%.1f to %.1f)", report->left_p50 / 3600,
            report->left_p10 / 3600, report->left_p90 / 3600);
    putc('\n', replay->out);
    return 0;
}

static const struct output {
    const char *head, *head_if_empty, *tail;
    int (*write)(struct replay *replay, const char *name, const struct leak_report *report);
} outputs[] = {
    [REPLAY_TABLE] = {"SLICE                            TIME  LEAK       SHAPE             RATE\n",
        "", "", write_table},
    [REPLAY_JSON] = {"", "[", "]\n", write_json},
    [REPLAY_JSONL] = {"", "", "", write_json},
    [REPLAY_CSV] = {"slice,t,leak,shape,rate_bytes_per_hour,time_to_limit_s_p10,"
                    "time_to_limit_s_p50,time_to_limit_s_p90\n",
        "", "", write_csv},
};

/* ---- the replay ---- */

/* The slice of that name, made when it is new. NULL: out of memory, or too many. */
static struct replay_slice *slice_of(struct replay *replay, const char *name)
{
    struct replay_slice *slice = replay->latest;
    size_t length = strlen(name);
    if (slice && strcmp(slice->name, name) == 0)
        return slice;
    HASH_FIND(hh, replay->slices, name, length, slice);
    if (!slice) {
        if (HASH_COUNT(replay->slices) >= SLICES_MAX)
            return NULL;
        slice = calloc(1, sizeof *slice + length + 1);
        if (!slice)
            return NULL;
        memcpy(slice->name, name, length + 1);
        /* A file holds all the history there is. */
        leak_init(&slice->detector, true);
        HASH_ADD_KEYPTR(hh, replay->slices, slice->name, length, slice);
        if (slice->unlisted) {
            free(slice);
            return NULL;
        }
    }
    replay->latest = slice;
    return slice;
}

/* One row: 0, or -ENOMEM or -EIO. */
static int replay_row(struct replay *replay, char *row, size_t length)
{
    char *field[COLUMNS] = {NULL}, *cursor = row, *one;
    if (memchr(row, '\0', length))
        return complain(replay, "a NUL byte"), 0;
    for (unsigned i = 0; i <= replay->last_column && (one = next_field(&cursor)); i++)
        for (unsigned c = 0; c < COLUMNS; c++)
            if (replay->column_at[c] == i)
                field[c] = one;
    for (unsigned c = 0; c < COLUMNS; c++)
        if (!field[c])
            return complain(replay, "too few fields, or a quote without its match"), 0;

    uint64_t t_usec, footprint, limit = 0;
    if (!*field[COLUMN_SLICE])
        return complain(replay, "no slice"), 0;
    if (read_number(field[COLUMN_T], 1000000, &t_usec) < 0 || t_usec > INT64_MAX)
        return complain(replay, "t is no time in Unix seconds"), 0;
    if (read_number(field[COLUMN_FOOTPRINT], 1, &footprint) < 0)
        return complain(replay, "footprint is no number of bytes"), 0;
    if (*field[COLUMN_LIMIT] && read_number(field[COLUMN_LIMIT], 1, &limit) < 0)
        return complain(replay, "limit is no number of bytes"), 0;

    struct replay_slice *slice = slice_of(replay, field[COLUMN_SLICE]);
    if (!slice)
        return -ENOMEM;
    const struct window *window = &slice->detector.window;
    if (window->newest_bin[0] >= 0 && (int64_t)t_usec < window->last_usec)
        return complain(replay, "t goes back"), 0;
    if (!leak_add(&slice->detector, (int64_t)t_usec, footprint, limit))
        return 0;
    replay->changes++;
    struct leak_report report = slice->detector.report;
    report.at_usec = (int64_t)t_usec;
    return outputs[replay->format].write(replay, slice->name, &report);
}

static int replay_rows(struct replay *replay, struct mom_error *error)
{
    size_t length;
    char *row;
    while ((row = next_row(replay, &length))) {
        if (length == 0)
            continue;
        replay->rows++;
        int r = replay_row(replay, row, length);
        if (r < 0)
            return error_errno(
                error, r, "%s:%" PRIu64 ": cannot go on", replay->input_name, replay->line);
    }
    if (ferror(replay->in))
        return error_set(error, -EIO, "%s: cannot be read to its end", replay->input_name);
    return 0;
}

static void free_slices(struct replay *replay)
{
    struct replay_slice *slice, *next;
    HASH_ITER(hh, replay->slices, slice, next)
    {
        HASH_DEL(replay->slices, slice); /* NOLINT: uthash */
        free(slice);
    }
}

int replay_csv(FILE *in, const char *input_name, enum replay_format format, FILE *out,
    FILE *messages, struct mom_error *error)
{
    struct replay *replay = calloc(1, sizeof *replay);
    if (!replay)
        return error_errno(error, -ENOMEM, "%s", input_name);
    replay->in = in;
    replay->out = out;
    replay->messages = messages;
    replay->input_name = input_name;
    replay->format = format;

    int r = read_header(replay, error);
    if (r == 0) {
        fputs(outputs[format].head, out);
        r = replay_rows(replay, error);
        if (replay->changes == 0)
            fputs(outputs[format].head_if_empty, out);
        fputs(outputs[format].tail, out);
        if (r == 0 && (fflush(out) != 0 || ferror(out)))
            r = error_set(error, -EIO, "%s: the output cannot be written", input_name);
    }
    if (messages && replay->bad_rows > 0)
        fprintf(messages, "%s: %" PRIu64 " of %" PRIu64 " rows passed over\n", input_name,
            replay->bad_rows, replay->rows);
    free_slices(replay);
    free(replay);
    return r;
}
