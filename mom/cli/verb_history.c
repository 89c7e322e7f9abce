/* history: how one slice grew. The points are gathered first, since the sparkline stands before
 * them; there are few hundred, as the tier is chosen so. */
#include "mom/cli/facts.h"
#include "mom/cli/gaps.h"
#include "mom/cli/sparkline.h"
#include "mom/cli/verbs.h"
#include "mom/report/text.h"
#include "slices/base/text.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

enum { SPARKLINE_WIDTH = 60 };
enum { ENOUGH_POINTS = 60 }; /* a bar each */

/* Coarsest first. */
static const struct {
    const char *name;
    enum query_tier tier;
} tiers[] = {
    {"1h", TIER_HOUR}, {"10min", TIER_TEN_MINUTES}, {"1min", TIER_MINUTE}, {"raw", TIER_RAW}};

struct points {
    struct query_point *point;
    size_t count, room;
};

static int gather(void *context, const struct query_point *point)
{
    struct points *points = context;
    if (points->count == points->room) {
        size_t room = points->room ? 2 * points->room : 256;
        struct query_point *more = reallocarray(points->point, room, sizeof *more);
        if (!more)
            return -ENOMEM;
        points->point = more;
        points->room = room;
    }
    points->point[points->count++] = *point;
    return 0;
}

/* Reads the tier asked for, or else the coarsest that has enough points. Returns its row in
 * `tiers`, or -errno. */
static int read_points(struct cli *cli, struct db *db, int64_t id, const int64_t period[2],
    struct points *points, struct mom_error *error)
{
    const char *wanted = cli->option[OPTION_TIER];
    int last = (int)COUNT(tiers) - 1;
    for (int i = 0; i <= last; i++) {
        if (wanted && strcmp(wanted, tiers[i].name) != 0)
            continue;
        points->count = 0;
        int r = query_history(db, id, tiers[i].tier, period[0], period[1], gather, points, error);
        if (r < 0)
            return r == -ENOMEM ? error_errno(error, r, "reading the history") : r;
        if (wanted || points->count >= ENOUGH_POINTS || i == last)
            return i;
    }
    return error_set(error, -EINVAL, "no tier: '%s'; there are raw, 1min, 10min and 1h", wanted);
}

/* A row that says nothing stands where history is missing. */
static bool is_gap(const struct query_point *point)
{
    return point->have == 0;
}

static int64_t usual_step(const struct points *points)
{
    int64_t *time = calloc(2 * points->count + 1, sizeof *time);
    int64_t step = 0;
    for (size_t i = 0; time && i < points->count; i++)
        time[i] = points->point[i].unix_usec;
    if (time)
        step = gaps_usual_step(time, points->count, time + points->count);
    free(time);
    return step;
}

static int mark_gaps(struct points *points)
{
    int64_t step = usual_step(points);
    struct points marked = {0};
    int r = 0;
    for (size_t i = 0; i < points->count && r == 0; i++) {
        const struct query_point *p = &points->point[i];
        int64_t before = i > 0 ? p[-1].unix_usec : p->unix_usec;
        const struct query_point gap = {.unix_usec = before + step, .limit = SAMPLE_NO_LIMIT};
        if (step > 0 && p->unix_usec - before > GAP_STEPS * step)
            r = gather(&marked, &gap);
        if (r == 0)
            r = gather(&marked, p);
    }
    free(points->point);
    *points = marked;
    return r;
}

static void show_sparkline(struct output *output, const struct points *points)
{
    char bars[SPARKLINE_SIZE(SPARKLINE_WIDTH)], low[32], high[32], text[sizeof bars + 96];
    double *value = calloc(points->count + 1, sizeof *value);
    double least = NAN, most = NAN;
    for (size_t i = 0; value && i < points->count; i++) {
        const struct query_point *p = &points->point[i];
        value[i] = p->have & BRIEF_FOOTPRINT ? (double)p->footprint : NAN;
        least = fmin(least, value[i]);
        most = fmax(most, value[i]);
    }
    if (!isnan(most)) {
        (void)sparkline(bars, sizeof bars, value, points->count, SPARKLINE_WIDTH,
            output_settings(output)->utf8);
        (void)text_format(text, sizeof text, "%s  %s to %s", bars, report_bytes(least, low),
            report_bytes(most, high));
        output_note(output, text);
    }
    free(value);
}

static const struct column columns[] = {
    {"time", "Time", ALIGN_LEFT},
    {"footprint_bytes", "Footprint", ALIGN_RIGHT},
    {"footprint_min_bytes", "Least", ALIGN_RIGHT},
    {"footprint_max_bytes", "Most", ALIGN_RIGHT},
    {"rss_bytes", "RSS", ALIGN_RIGHT},
    {"swap_bytes", "Swap", ALIGN_RIGHT},
    {"current_bytes", "Current", ALIGN_RIGHT},
    {"limit_bytes", "Limit", ALIGN_RIGHT},
    {"pressure_percent", "Pressure", ALIGN_RIGHT},
    {"major_faults", "Faults", ALIGN_RIGHT},
};
static const struct section section = {"points", columns, COUNT(columns)};

static struct cell bytes_if(const struct query_point *point, unsigned bit, uint64_t bytes)
{
    return point->have & bit ? cell_bytes(bytes) : cell_absent();
}

static void show_points(struct output *output, const struct points *points)
{
    output_section(output, &section);
    for (size_t i = 0; i < points->count; i++) {
        const struct query_point *p = &points->point[i];
        const struct cell cells[] = {
            cell_time(p->unix_usec),
            bytes_if(p, BRIEF_FOOTPRINT, p->footprint),
            bytes_if(p, BRIEF_FOOTPRINT, p->footprint_min),
            bytes_if(p, BRIEF_FOOTPRINT, p->footprint_max),
            bytes_if(p, BRIEF_RSS, p->rss),
            bytes_if(p, BRIEF_SWAP, p->swap),
            bytes_if(p, BRIEF_CURRENT, p->current),
            is_gap(p) ? cell_absent() : cell_limit(p->limit),
            p->have & BRIEF_PRESSURE ? cell_of(UNIT_CENTI, p->pressure) : cell_absent(),
            is_gap(p) ? cell_absent() : cell_count(p->faults),
        };
        _Static_assert(COUNT(cells) == COUNT(columns), "a cell for each column");
        output_row(output, cells);
    }
}

static int show_history(
    struct cli *cli, struct db *db, const struct query_slice *slice, const int64_t period[2])
{
    struct mom_error error = {0};
    struct points points = {0};
    int code = CLI_OK;
    int tier = read_points(cli, db, slice->id, period, &points, &error);
    int r = tier >= 0 ? mark_gaps(&points) : 0;
    if (r < 0)
        tier = error_errno(&error, r, "the history");
    if (tier >= 0) {
        const struct field fields[] = {
            {"slice", "Slice", cell_text(slice->key)},
            {"name", "Name", cell_text(slice->name)},
            {"since", "Since", cell_time(period[0])},
            {"until", "Until", cell_time(period[1])},
            {"tier", "Tier", cell_text(tiers[tier].name)},
        };
        show_sparkline(cli->output, &points);
        output_record(cli->output, "history", fields, COUNT(fields));
        show_points(cli->output, &points);
    } else {
        code = error.code == -EINVAL ? cli_say(CLI_USAGE, "%s", error.text) : cli_failed(&error);
    }
    free(points.point);
    return code;
}

int verb_history(struct cli *cli)
{
    int64_t period[2];
    struct db *db;
    struct subject subject;
    struct mom_error error = {0};
    int code = cli_period(cli, &period[0], &period[1]);
    if (code != CLI_OK)
        return code;
    if (database_open(&cli->paths, &db, &error) < 0)
        return cli_failed(&error);
    code = subject_find(NULL, db, cli->operand[0], &subject);
    if (code == CLI_OK)
        code = show_history(cli, db, &subject.past, period);
    db_close(db);
    return code;
}
