/* The rules that stand beside mom, each over means of five minutes of the resident memory, which is
 * what such rules are given in practice. */
#ifndef TESTS_LEAKS_RULES_H
#define TESTS_LEAKS_RULES_H

#include "tests/leaks/judge.h"

#define RULE_BIN_SEC 300
#define RULE_BINS    (7 * DAY_SEC / RULE_BIN_SEC)

struct rule_state {
    int64_t bin; /* number of the one that fills; meaningless while kept is 0 */
    double sum;  /* of what is in it */
    int samples;
    double limit;              /* bytes, newest */
    int kept;                  /* complete bins, at most RULE_BINS */
    int64_t number[RULE_BINS]; /* of each kept bin, at kept order modulo RULE_BINS */
    double mean[RULE_BINS];
    int64_t first;         /* count of all bins that were ever completed */
    double longest_sec;    /* Precog: the longest trend of the training days */
    int64_t trained_until; /* bin */
};

void rule_begin(void *state);

/* Prometheus: predict_linear(resident[6h], 24h) > limit, and [1h], 4h. */
void rule_predict_6h(void *state, const struct point *point, struct opinion *opinion);
void rule_predict_1h(void *state, const struct point *point, struct opinion *opinion);

/* Ordinary least squares over a day: rising with R squared > 0.8. */
void rule_least_squares(void *state, const struct point *point, struct opinion *opinion);

/* Mann-Kendall, one-sided p < 0.05: of 32 means of a day with the plain variance (Kendall 1975),
 * and of 32 means of a week with that of Hamed & Rao (1998). */
void rule_mann_kendall(void *state, const struct point *point, struct opinion *opinion);
void rule_hamed_rao(void *state, const struct point *point, struct opinion *opinion);

/* After Precog (Jindal et al. 2021): the longest stretch back from now whose line fits with
 * R squared >= 0.75 reaches the limit within a week, and is longer than any of the first two days.
 */
void rule_precog(void *state, const struct point *point, struct opinion *opinion);

#endif
