/* The past of one slice's footprint as floors: the minimum of each bin, on three scales. A leak
 * can't give memory back, so it lifts the floors; spikes and saw-teeth don't.
 *
 * Rings of bins aligned to time zero (1 min x 96, 5 min x 288, 30 min x 336, 12 h x 54: 1.6 h, 24
 * h, 7 d, 27 d), values in pages of 4 KiB, 3.1 KB in all. A bin without samples is a hole, never a
 * guess.
 *
 *   minute  |....|....|....|....|....|    newest_bin[WINDOW_MINUTE] = last_usec / 1 min
 *   five    |.........................|   bin b lies at five[b % 288]
 *   half    |............ . .  .          the newest bin of each is still filling
 *
 * Pure: no clock, no allocation. Thread: whoever owns the struct. */
#ifndef POLICY_LEAK_WINDOW_H
#define POLICY_LEAK_WINDOW_H

#include <stdbool.h>
#include <stdint.h>

enum window_scale {
    WINDOW_MINUTE,
    WINDOW_FIVE_MINUTES,
    WINDOW_HALF_HOUR,
    WINDOW_HALF_DAY,
    WINDOW_SCALES
};

#define WINDOW_MINUTES  96
#define WINDOW_FIVES    288
#define WINDOW_HALVES   336
#define WINDOW_DAYS     54 /* halves of days */
#define WINDOW_NO_FLOOR UINT32_MAX
#define WINDOW_PAGE     4096

extern const int64_t window_bin_usec[WINDOW_SCALES];
extern const uint32_t window_bins[WINDOW_SCALES];

struct window {
    int64_t first_usec, last_usec; /* of what was seen; meaningless while newest_bin[0] < 0 */
    uint64_t last_footprint;
    uint64_t limit_bytes;              /* of the newest sample; SAMPLE_NO_LIMIT: none */
    int64_t newest_bin[WINDOW_SCALES]; /* number of the newest bin: t / bin length; -1: none yet */
    uint32_t minute[WINDOW_MINUTES], five[WINDOW_FIVES], half[WINDOW_HALVES], day[WINDOW_DAYS];
};

void window_init(struct window *window);

/* False when the sample was passed over: its time is negative or before the newest. Footprints
 * above 16 TiB count as that; limit 0 is none. */
bool window_add(struct window *window, int64_t t_usec, uint64_t footprint, uint64_t limit);

/* Floors of the past, oldest first: they fill holes, and may lower what was seen of the newest bin.
 * Bins that are negative or too old are passed over; so are bins after the newest, unless the
 * window is empty. The first one's time is taken to the nearest bin. */
void window_preload(struct window *window, enum window_scale scale, int64_t first_bin_usec,
    const uint32_t *floor_pages, uint32_t count);

/* Makes `past`, which is empty or went on before, hold what `window` knows of up to `t_usec`, as if
 * it were then: fine bins that the window holds no more have the floors of the coarse ones. False
 * when nothing was seen at that time. */
bool window_replay(struct window *past, const struct window *window, int64_t t_usec);

/* The floor `back` bins before the newest (0: the newest, which is still filling). */
uint32_t window_floor(const struct window *window, enum window_scale scale, uint32_t back);

/* A stretch that ends with the newest complete bin: `floors` floors of `merge` bins each. */
struct window_span {
    enum window_scale scale;
    uint32_t merge, floors;
};
static inline int64_t window_span_step_usec(const struct window_span *span)
{
    return window_bin_usec[span->scale] * span->merge;
}

/* The stretch's floors, oldest first, holes as WINDOW_NO_FLOOR, into floor[span->floors]. Returns
 * the end of the newest one. */
int64_t window_floors(const struct window *window, const struct window_span *span, uint32_t *floor);

/* The highest floor that the slice held for `length_usec` (rounded down to half-hours, one at
 * least) before `before_usec` and no sooner than `from_usec`, 0 where there is none;
 * *ret_known_usec: how much of that time is known. */
uint32_t window_record(const struct window *window, int64_t from_usec, int64_t before_usec,
    int64_t length_usec, int64_t *ret_known_usec);

#endif
