#include "tests/leaks/series.h"
#include "tests/leaks/values.h"

#include <err.h>
#include <glob.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LABELS "labels.csv"

void series_add(struct series *series, struct point point)
{
    if (series->count == series->room)
        series->points = values_grow(series->points, &series->room, sizeof point);
    series->points[series->count++] = point;
}

void series_free(struct series *series)
{
    free(series->points);
    *series = (struct series){0};
}

size_t series_find(const struct series *series, int64_t t)
{
    size_t low = 0, high = series->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (series->points[middle].t < t)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

struct series *corpus_add(struct corpus *corpus)
{
    if (corpus->count == corpus->room)
        corpus->series = values_grow(corpus->series, &corpus->room, sizeof *corpus->series);
    struct series *series = &corpus->series[corpus->count++];
    *series = (struct series){0};
    return series;
}

void corpus_free(struct corpus *corpus)
{
    for (size_t i = 0; i < corpus->count; i++)
        series_free(&corpus->series[i]);
    free(corpus->series);
    *corpus = (struct corpus){0};
}

static bool read_file(struct series *series, const char *path, const char *set, int64_t least_step)
{
    char line[256], slice[40] = "";
    FILE *file = fopen(path, "r");
    if (!file) {
        warn("%s", path);
        return false;
    }
    while (fgets(line, sizeof line, file)) {
        struct point point = {0};
        int fields = sscanf(line, "%39[^,],%" SCNd64 ",%lf,%lf,%lf", slice, &point.t,
            &point.footprint, &point.limit, &point.rss);
        if (fields < 4)
            continue; /* the header */
        if (fields < 5)
            point.rss = point.footprint;
        struct point *last = series->count ? &series->points[series->count - 1] : NULL;
        if (!last || point.t - last->t >= least_step)
            series_add(series, point);
        else if (point.t >= last->t && point.footprint < last->footprint)
            *last = (struct point){last->t, point.footprint, point.rss, last->limit};
    }
    fclose(file);
    snprintf(series->name, sizeof series->name, "%.16s/%s", set, slice);
    return true;
}

static void read_labels(struct corpus *corpus, const char *path, const char *set)
{
    char line[256], slice[40], leaks[8], name[64];
    FILE *file = fopen(path, "r");
    if (!file)
        return;
    while (fgets(line, sizeof line, file)) {
        if (sscanf(line, "%39[^,],%*[^,],%7[^,]", slice, leaks) != 2)
            continue;
        snprintf(name, sizeof name, "%.16s/%s", set, slice);
        for (size_t i = 0; i < corpus->count; i++)
            if (strcmp(corpus->series[i].name, name) == 0)
                corpus->series[i].leaks = strcmp(leaks, "yes") == 0;
    }
    fclose(file);
}

bool corpus_read(struct corpus *corpus, const char *folder, const char *set, int64_t least_step)
{
    char pattern[PATH_MAX];
    glob_t found;
    snprintf(pattern, sizeof pattern, "%s/*.csv", folder);
    if (glob(pattern, GLOB_ERR, NULL, &found) != 0) {
        warnx("%s: no traces", pattern);
        return false;
    }
    bool all = true;
    for (size_t i = 0; i < found.gl_pathc; i++)
        if (!strstr(found.gl_pathv[i], "/" LABELS))
            all = read_file(corpus_add(corpus), found.gl_pathv[i], set, least_step) && all;
    globfree(&found);
    snprintf(pattern, sizeof pattern, "%s/" LABELS, folder);
    read_labels(corpus, pattern, set);
    return all;
}
