/* The past of one slice's footprint as floors: the minimum of each bin, on three scales. A leak
 * can't give memory back, so it lifts the floors; spikes and saw-teeth don't.
 *
 * Rings of bins aligned to time zero (1 min x 180, 5 min x 288, 30 min x 336: 3 h, 24 h, 7 d),
 * values in pages of 4 KiB, 3.2 KB in all. A bin without samples is a hole, never a guess. */
#ifndef POLICY_LEAK_WINDOW_H
#define POLICY_LEAK_WINDOW_H

#include <stdbool.h>
#include <stdint.h>

enum window_scale { WINDOW_MINUTE, WINDOW_FIVE_MINUTES, WINDOW_HALF_HOUR, WINDOW_SCALES };

#define WINDOW_MINUTES  180
#define WINDOW_FIVES    288
#define WINDOW_HALVES   336
#define WINDOW_NO_FLOOR UINT32_MAX

extern const int64_t window_bin_usec[WINDOW_SCALES];
extern const uint32_t window_bins[WINDOW_SCALES];

struct window {
    int64_t first_usec, last_usec; /* of the samples seen; 0: none yet */
    uint64_t last_footprint;
    uint64_t limit_bytes;              /* of the newest sample; SAMPLE_NO_LIMIT: none */
    int64_t newest_bin[WINDOW_SCALES]; /* number of the newest bin: t / bin length */
    uint32_t minute[WINDOW_MINUTES], five[WINDOW_FIVES], half[WINDOW_HALVES];
};

void window_init(struct window *window);
void window_add(struct window *window, int64_t t_usec, uint64_t footprint, uint64_t limit);
void window_preload(struct window *window, enum window_scale scale, int64_t first_bin_usec,
    const uint32_t *floor_pages, uint32_t count);

/* The floor `back` bins before the newest (0: the newest, which is still filling). */
uint32_t window_floor(const struct window *window, enum window_scale scale, uint32_t back);

#endif
