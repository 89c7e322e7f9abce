#include "policy/leak/window.h"
#include "slices/sample.h"

#include <string.h>

#define MINUTE_USEC INT64_C(60000000)

const int64_t window_bin_usec[WINDOW_SCALES] = {
    [WINDOW_MINUTE] = MINUTE_USEC,
    [WINDOW_FIVE_MINUTES] = 5 * MINUTE_USEC,
    [WINDOW_HALF_HOUR] = 30 * MINUTE_USEC,
    [WINDOW_HALF_DAY] = 720 * MINUTE_USEC,
};
const uint32_t window_bins[WINDOW_SCALES] = {
    [WINDOW_MINUTE] = WINDOW_MINUTES,
    [WINDOW_FIVE_MINUTES] = WINDOW_FIVES,
    [WINDOW_HALF_HOUR] = WINDOW_HALVES,
    [WINDOW_HALF_DAY] = WINDOW_DAYS,
};

static uint32_t *ring_of(struct window *window, enum window_scale scale)
{
    uint32_t *const rings[WINDOW_SCALES] = {
        window->minute, window->five, window->half, window->day};
    return rings[scale];
}

static const uint32_t *ring_in(const struct window *window, enum window_scale scale)
{
    const uint32_t *const rings[WINDOW_SCALES] = {
        window->minute, window->five, window->half, window->day};
    return rings[scale];
}

static uint32_t *bin_at(struct window *window, enum window_scale scale, int64_t bin)
{
    return &ring_of(window, scale)[bin % window_bins[scale]];
}

void window_init(struct window *window)
{
    *window = (struct window){.limit_bytes = SAMPLE_NO_LIMIT};
    for (enum window_scale scale = 0; scale < WINDOW_SCALES; scale++) {
        window->newest_bin[scale] = -1;
        memset(ring_of(window, scale), 0xff, window_bins[scale] * sizeof(uint32_t));
    }
}

/* Makes `bin` the newest: what lies between becomes holes. */
static void advance(struct window *window, enum window_scale scale, int64_t bin)
{
    int64_t oldest = bin - window_bins[scale];
    int64_t from = window->newest_bin[scale] > oldest ? window->newest_bin[scale] : oldest;
    for (int64_t b = from + 1; b <= bin; b++)
        if (b >= 0)
            *bin_at(window, scale, b) = WINDOW_NO_FLOOR;
    window->newest_bin[scale] = bin;
}

bool window_add(struct window *window, int64_t t_usec, uint64_t footprint, uint64_t limit)
{
    bool empty = window->newest_bin[0] < 0;
    if (t_usec < 0 || (!empty && t_usec < window->last_usec))
        return false;
    uint64_t pages = footprint / WINDOW_PAGE;
    uint32_t floor = pages < WINDOW_NO_FLOOR ? (uint32_t)pages : WINDOW_NO_FLOOR - 1;
    for (enum window_scale scale = 0; scale < WINDOW_SCALES; scale++) {
        int64_t bin = t_usec / window_bin_usec[scale];
        if (bin > window->newest_bin[scale])
            advance(window, scale, bin);
        uint32_t *at = bin_at(window, scale, bin);
        if (floor < *at)
            *at = floor;
    }
    if (empty)
        window->first_usec = t_usec;
    window->last_usec = t_usec;
    window->last_footprint = footprint;
    window->limit_bytes = limit ? limit : SAMPLE_NO_LIMIT;
    return true;
}

void window_preload(struct window *window, enum window_scale scale, int64_t first_bin_usec,
    const uint32_t *floor_pages, uint32_t count)
{
    if (count == 0 || first_bin_usec < 0)
        return;
    int64_t length = window_bin_usec[scale];
    int64_t first = (first_bin_usec + length / 2) / length, last = first + count - 1;
    bool empty = window->newest_bin[0] < 0;
    if (empty) {
        /* All scales move together, so that a later scale finds the same newest time. */
        window->first_usec = window->last_usec = last * length;
        for (enum window_scale s = 0; s < WINDOW_SCALES; s++)
            advance(window, s, window->last_usec / window_bin_usec[s]);
    }
    for (uint32_t i = 0; i < count; i++) {
        int64_t bin = first + i, age = window->newest_bin[scale] - bin;
        if (floor_pages[i] == WINDOW_NO_FLOOR || age < 0 || age >= window_bins[scale])
            continue;
        uint32_t *at = bin_at(window, scale, bin);
        if (*at == WINDOW_NO_FLOOR || (age == 0 && floor_pages[i] < *at))
            *at = floor_pages[i];
        if (bin * length < window->first_usec)
            window->first_usec = bin * length;
    }
}

/* The floor of that time by the finest scale that reaches back to it, from `scale` on. */
static uint32_t floor_at(const struct window *window, enum window_scale scale, int64_t t_usec)
{
    for (; scale < WINDOW_SCALES; scale++) {
        int64_t bin = t_usec / window_bin_usec[scale], age = window->newest_bin[scale] - bin;
        if (age < window_bins[scale])
            return age < 0 ? WINDOW_NO_FLOOR : ring_in(window, scale)[bin % window_bins[scale]];
    }
    return WINDOW_NO_FLOOR;
}

bool window_replay(struct window *past, const struct window *window, int64_t t_usec)
{
    uint32_t floor = floor_at(window, WINDOW_MINUTE, t_usec);
    if (past->newest_bin[0] < 0)
        past->first_usec = window->first_usec;
    for (enum window_scale scale = 0; scale < WINDOW_SCALES; scale++) {
        int64_t bin = t_usec / window_bin_usec[scale], from = past->newest_bin[scale] + 1;
        int64_t oldest = bin - window_bins[scale] + 1;
        advance(past, scale, bin);
        for (int64_t b = from > oldest ? from : oldest; b <= bin; b++)
            if (b >= 0)
                *bin_at(past, scale, b) = floor_at(window, scale, b * window_bin_usec[scale]);
    }
    past->last_usec = t_usec;
    past->limit_bytes = window->limit_bytes;
    if (floor != WINDOW_NO_FLOOR)
        past->last_footprint = (uint64_t)floor * WINDOW_PAGE;
    return floor != WINDOW_NO_FLOOR;
}

uint32_t window_floor(const struct window *window, enum window_scale scale, uint32_t back)
{
    int64_t bin = window->newest_bin[scale] - back;
    if (bin < 0 || back >= window_bins[scale])
        return WINDOW_NO_FLOOR;
    return ring_in(window, scale)[bin % window_bins[scale]];
}

int64_t window_floors(const struct window *window, const struct window_span *span, uint32_t *floor)
{
    const uint32_t *ring = ring_in(window, span->scale);
    uint32_t bins = window_bins[span->scale], length = span->floors * span->merge;
    int64_t oldest = window->newest_bin[span->scale] - length;
    /* Before time zero, and in what has not been seen, the ring holds holes. */
    uint32_t at = (uint32_t)((oldest % bins + bins) % bins);
    for (uint32_t i = 0; i < span->floors; i++) {
        floor[i] = WINDOW_NO_FLOOR;
        for (uint32_t k = 0; k < span->merge; k++) {
            if (ring[at] < floor[i])
                floor[i] = ring[at];
            at = at + 1 < bins ? at + 1 : 0;
        }
    }
    return window->newest_bin[span->scale] * window_bin_usec[span->scale];
}

/* The lowest of `count` bins from `bin` on; WINDOW_NO_FLOOR where half of them are holes. */
static uint32_t lowest(const uint32_t *ring, uint32_t bins, int64_t bin, int64_t count)
{
    uint32_t floor = WINDOW_NO_FLOOR;
    int64_t holes = 0;
    for (int64_t b = bin; b < bin + count; b++) {
        uint32_t one = ring[b % bins];
        holes += one == WINDOW_NO_FLOOR;
        floor = one < floor ? one : floor;
    }
    return 2 * holes >= count ? WINDOW_NO_FLOOR : floor;
}

uint32_t window_record(const struct window *window, int64_t from_usec, int64_t before_usec,
    int64_t length_usec, int64_t *ret_known_usec)
{
    bool days = length_usec >= 2 * window_bin_usec[WINDOW_HALF_DAY];
    enum window_scale scale = days ? WINDOW_HALF_DAY : WINDOW_HALF_HOUR;
    const uint32_t *ring = ring_in(window, scale);
    const int64_t bin_usec = window_bin_usec[scale], bins = window_bins[scale];
    int64_t newest = window->newest_bin[scale], oldest = newest - bins + 1;
    int64_t from = (from_usec + bin_usec - 1) / bin_usec, before = before_usec / bin_usec;
    int64_t count = length_usec < 2 * bin_usec ? 1 : length_usec / bin_usec;
    uint32_t record = 0;
    *ret_known_usec = 0;
    from = from > oldest ? from : oldest > 0 ? oldest : 0;
    before = before < newest + 1 ? before : newest + 1;
    for (int64_t bin = from; bin < before; bin++)
        *ret_known_usec += ring[bin % bins] != WINDOW_NO_FLOOR ? bin_usec : 0;
    for (int64_t bin = from; bin + count <= before; bin += (count + 1) / 2) {
        uint32_t floor = lowest(ring, (uint32_t)bins, bin, count);
        if (floor != WINDOW_NO_FLOOR && floor > record)
            record = floor;
    }
    return record;
}
