/* A slice's life as samples, in ascending time. */
#ifndef TESTS_LEAKS_SERIES_H
#define TESTS_LEAKS_SERIES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HOUR_SEC INT64_C(3600)
#define DAY_SEC  (24 * HOUR_SEC)

struct point {
    int64_t t;        /* Unix seconds */
    double footprint; /* bytes */
    double rss;       /* bytes of it that are resident */
    double limit;     /* bytes; 0: none */
};

struct series {
    char name[64]; /* SET/SLICE */
    bool leaks;    /* by itself, as those who recorded it know */
    size_t count, room;
    struct point *points;
};

/* Ends the program when memory is short. */
void series_add(struct series *series, struct point point);
void series_free(struct series *series);

/* Index of the first point at t or later; count where there is none. */
size_t series_find(const struct series *series, int64_t t);

struct corpus {
    size_t count, room;
    struct series *series;
};

/* An empty series at the corpus's end; it moves when others are added. */
struct series *corpus_add(struct corpus *corpus);

/* Every *.csv of the folder: slice,t,footprint,limit as of `momctl replay --csv`, and rss where it
 * is known; at least `least_step` seconds between two points (the lowest footprint between them
 * counts). Series in the order of their names. Where there is a labels.csv, its third column says
 * who leaks. False: the folder can't be read, which was said on stderr. */
bool corpus_read(struct corpus *corpus, const char *folder, const char *set, int64_t least_step);
void corpus_free(struct corpus *corpus);

#endif
