#include "mom/recorder/recorder.h"

#include "db/query.h"
#include "db/store.h"
#include "mom/common/clock.h"
#include "policy/leak/window.h"

#include <errno.h>
#include <string.h>

int past_open(struct recorder *recorder, gid_t group, struct mom_error *error)
{
    return records_open_writer(
        recorder->options->paths.run_dir, RING_PAST, group, &recorder->past, error);
}

static int tell_scale(struct recorder *recorder, const struct slice *slice, uint32_t scale,
    struct stamp now, struct mom_error *error)
{
    struct record_floors floors = {.serial = slice->serial, .scale = scale};
    int64_t first_sec = 0;
    int count = query_floors(recorder->db, slice->key, window_bin_usec[scale] / USEC_PER_SEC, now,
        window_bins[scale], floors.floor, &first_sec, error);
    if (count <= 0)
        return count;
    floors.count = (uint32_t)count;
    floors.first_unix_usec = first_sec * USEC_PER_SEC;
    /* A full ring only means that the slice starts cold. */
    (void)ring_write(&recorder->past, RECORD_FLOORS, &floors, sizeof floors);
    return 0;
}

int past_tell(struct recorder *recorder, const struct slice *slice, struct mom_error *error)
{
    struct stamp now = clock_now();
    struct query_past known = {0};
    int r = store_flush_life(recorder->db, slice->serial, error); /* what waits is past, too */
    for (uint32_t scale = 0; r == 0 && scale < WINDOW_SCALES; scale++)
        r = tell_scale(recorder, slice, scale, now, error);
    if (r == 0)
        r = query_past(
            recorder->db, slice->key, now.unix_usec, DISMISSED_WITHIN_SEC, &known, error);
    if (r < 0)
        return r;
    const struct record_past past = {.serial = slice->serial,
        .past = known.past,
        .hold_until_unix_usec = known.hold_until_unix_usec,
        .dismissed = known.dismissed,
        .dismissed_bytes = known.dismissed_bytes};
    (void)ring_write(&recorder->past, RECORD_PAST, &past, sizeof past);
    return 0;
}

void past_ask(struct recorder *recorder)
{
    (void)ring_write(&recorder->past, RECORD_TELL_AGAIN, NULL, 0);
}
