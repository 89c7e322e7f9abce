/* Whoever says of a slice that it leaks: mom's detector, and the rules that people use today. */
#ifndef TESTS_LEAKS_JUDGE_H
#define TESTS_LEAKS_JUDGE_H

#include "tests/leaks/series.h"

#include <stdbool.h>
#include <stddef.h>

struct opinion {
    bool alarm;     /* for mom: confirmed */
    bool suspected; /* mom's lower verdict; others have none */
    bool forecast;  /* left[] is known */
    double left[3]; /* p10, p50, p90 of the seconds until the limit */
};

struct judge {
    const char *name;
    size_t size; /* of its state, bytes */
    void (*begin)(void *state);
    /* Takes the next sample; *opinion stands as it was before where nothing was judged. */
    void (*add)(void *state, const struct point *point, struct opinion *opinion);
};

#define JUDGES     8
#define MOM_JUDGES 2 /* of these are mom: as she is, and restarted every day and a half */
extern const struct judge judges[JUDGES]; /* mom first */

#endif
