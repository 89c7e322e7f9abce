/* One stretch of floors against the gates: which verdict would it bear out? Knows nothing of
 * earlier evaluations; leak.c asks this of each stretch and adds persistence.
 *
 *   floors --growth--noise--mann-kendall--ratchet--shift--rising--novelty--> suspected
 *                                                    --ceiling--horizon----> confirmed
 *
 * All constants of the detector stand here. "Prototype" is the survey's detector: 0.3 false
 * episodes a slice-year on 197 real machines over 91 days. What an idea bought, "without it: ...",
 * is what tests/leaks/evaluate says of the development half of `bitbrains` when it alone is taken
 * out; with all of them: 0.08 false episodes a slice-year, .961 of the leaks found, .705 by half of
 * their way, warm-ups confirmed .10 (6 h) and .10 (36 h), median error of ln(time to limit) .267.
 * (Measured before time was counted from what is held instead of the floor, which made the last one
 * .160, and the horizons were shortened by a tenth: .697 by half, warm-ups .11 and .11.) */
#ifndef POLICY_LEAK_GATES_H
#define POLICY_LEAK_GATES_H

#include "policy/leak/leak.h"

#define LEAK_MINUTE_USEC INT64_C(60000000)
#define LEAK_HOUR_USEC   (60 * LEAK_MINUTE_USEC)

/* Stretches from 1.5 hours to 26 days, each twice the one before; at most TREND_POINTS_MAX floors.
 * A slice that has been seen for less than a stretch is judged on what there is from
 * LEAK_SPAN_LEAST of it on, so that some stretch always covers all of a young slice's life. */
extern const struct window_span leak_spans[LEAK_SPANS];
#define LEAK_SPAN_LEAST   0.5
#define LEAK_POINTS_LEAST 15  /* fewer floors bear no Mann-Kendall test with corrected variance */
#define LEAK_FILLED_LEAST 0.6 /* of the floors; more holes than that are no series */
#define LEAK_BLOCKS       6   /* blocks of equal time, each with a minimum m1..m6 */

/* growth: m6 - m1. A leak that matters lifts the floor by 3 % (1 % for "suspected") and by 8 MiB,
 * or a 32nd of the limit where that is smaller (prototype; the latter for small slices). By 10 %
 * while the slice was seen for less than two days: hosts that are nearly full wander by 5 % in a
 * morning, and have hours to their limit all the time (alibaba set). */
#define LEAK_GROWTH_CONFIRMED 0.03
#define LEAK_GROWTH_SUSPECTED 0.01
#define LEAK_GROWTH_YOUNG     0.10
#define LEAK_YOUNG_USEC       (48 * LEAK_HOUR_USEC)
#define LEAK_GROWTH_BYTES     (8.0 * 1024 * 1024)
#define LEAK_GROWTH_LIMIT     (1.0 / 32)
/* noise: growth over sigma of the residuals; 5 costs 12 points of recall (prototype). */
#define LEAK_NOISE 3.0
/* mann-kendall: Z of the corrected test. */
#define LEAK_Z 3.0
/* ratchet, a slope: how many of the five increments are worth LEAK_STEP of the growth, less those
 * that fall by as much. Or stairs: how many floors lie above all before them by LEAK_STAIR of the
 * growth and are held until the next. (Without stairs: .952 found, .661 by half; 0.04 false.) */
#define LEAK_STEP   0.08
#define LEAK_STEPS  4
#define LEAK_STAIR  0.05
#define LEAK_STAIRS 7
/* shift: the largest increment's part of the growth; more is a level shift. Of stairs the largest.
 */
#define LEAK_SHIFT      0.6
#define LEAK_STAIR_MOST 0.28
/* rising: (m6 - m4) / growth; less has ended. */
#define LEAK_RISING 0.15
/* novelty: (m6 - record) / growth, where the record is the highest floor of the week before (of
 * four, for stretches of weeks) that was held as long as m6: daily and weekly cycles have been
 * there before. A cycle that peaks a little higher than yesterday's may be suspected. (Confirmed at
 * 0.1, too: .716 by half; 0.12 false.) */
#define LEAK_NOVELTY_CONFIRMED 0.3
#define LEAK_NOVELTY_SUSPECTED 0.1
/* ceiling: growth of the ramp's newer half over that of the older, and the ceiling that follows,
 * as a part of the limit. (Without it: .746 by half; 0.20 false, warm-ups .23 and .30.) */
#define LEAK_SLOWING 0.8
#define LEAK_CEILING 0.95
/* A ramp whose newer half grows by so much faster, by so many sigmas, gathers pace: its time to
 * limit is that of the parabola. (Without it: .616 by half, error .301.) */
#define LEAK_FASTER       0.5
#define LEAK_FASTER_SIGMA 3.0
/* horizon: time to limit over the ramp's age, without a limit that to doubling. A steady leak
 * passes 2.7 at 27 % of its way, 2 at a third, 1.6 at 38 %, 1 at half of it. What
 * lasts for hours is more often a warm-up or the day's rise than what lasts for days, so that more
 * may be asked of it while there is time:
 *
 * - a slice known for less than a day before, a ramp younger than LEAK_RISE_DAY: YOUNG, or URGENT
 *   where no more than LEAK_URGENT is left;
 * - else a ramp younger than LEAK_RISE: YOUNG, or DAY where no more than LEAK_URGENT is left;
 * - a slice known for three days before, a ramp older than LEAK_LONG: LEAK_HORIZON;
 * - else DAY.
 *
 * (3 instead of YOUNG, URGENT and DAY: .797 by half; warm-ups .29 and .23.) */
#define LEAK_HORIZON        2.7
#define LEAK_HORIZON_DAY    2.0
#define LEAK_HORIZON_YOUNG  1.0
#define LEAK_HORIZON_URGENT 1.6
#define LEAK_URGENT_USEC    (10 * LEAK_HOUR_USEC)
#define LEAK_KNOWN_USEC     (72 * LEAK_HOUR_USEC)
#define LEAK_KNOWN_DAY_USEC (24 * LEAK_HOUR_USEC)
#define LEAK_RISE_DAY_USEC  (20 * LEAK_HOUR_USEC)
#define LEAK_RISE_USEC      (14 * LEAK_HOUR_USEC)
#define LEAK_LONG_USEC      (72 * LEAK_HOUR_USEC)
/* Lives whose rates differ by no more than this factor grow alike: their ages add up, and
 * LEAK_HORIZON holds. (Without it: .896 found, .670 by half.) */
#define LEAK_ALIKE         2.0
#define LEAK_NEVER_SECONDS 3.2e9 /* a hundred years: in place of infinity */
/* A ramp starts where it leaves the lowest part of the growth; its age is that of the line through
 * there, down to m1. */
#define LEAK_RAMP_FOOT 0.12
/* age of the ramp below which nothing is confirmed: start-ups fill caches for an hour or two. */
#define LEAK_AGE_LEAST_USEC (2 * LEAK_HOUR_USEC)

/* Judges one stretch. False when it holds too little. Else *ret is filled but for persistence;
 * ret->verdict is what it bears out by itself. */
bool gates_judge(const struct window *window, const struct window_span *span,
    const struct leak_lives *lives, struct leak_report *ret);

/* What persistence is multiplied, and the horizon divided, by: each confirmed growth that came to
 * an end by itself adds one, each that a person dismissed doubles it; at most LEAK_BAR_MOST, so
 * that two days of persistence don't become more than the window. (Without the former: twice the
 * false episodes.) */
#define LEAK_BAR_MOST 12
uint32_t gates_bar(const struct leak_lives *lives);

/* Two rates of growth, bytes a second, that are one habit. */
bool gates_alike(double rate, double other);

/* Adds a gate to the report and keeps `weakest`. `above`: passed when value >= threshold, else
 * when value <= threshold. Returns whether it passed. */
bool gates_record(
    struct leak_report *report, const char *name, double value, bool above, double threshold);

#endif
