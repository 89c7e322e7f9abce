/* Does this slice leak, in which shape, since when, how fast, and when does it hurt?
 *
 *   footprint samples > window (floors: minima of bins) > trend (slope with a band) > gates >
 * verdict
 *
 * Pure: time comes in with each sample, nothing is allocated, no file is read, so a replay of the
 * same samples gives the same verdicts. Times here are the detector's own: the caller multiplies by
 * the policy's time_scale before, and leak_report_unscale brings the report back.
 *
 * Thread: whoever owns the struct. */
#ifndef POLICY_LEAK_LEAK_H
#define POLICY_LEAK_LEAK_H

#include "policy/leak/channel.h"
#include "policy/leak/window.h"

#include <stdbool.h>
#include <stdint.h>

enum leak_verdict { LEAK_NONE, LEAK_SUSPECTED, LEAK_CONFIRMED, LEAK_VERDICTS };
extern const char *const leak_verdict_names[LEAK_VERDICTS]; /* "none", "suspected", "confirmed" */

enum leak_shape {
    SHAPE_UNKNOWN,    /* too little seen */
    SHAPE_GROWING,    /* no end in sight */
    SHAPE_BOUNDED,    /* flat, or coming back to where it was */
    SHAPE_SATURATING, /* growing ever more slowly towards a ceiling */
    LEAK_SHAPES
};
extern const char *const leak_shape_names[LEAK_SHAPES];

/* One gate of the verdict: passed where value >= threshold, or value <= threshold for "shift"
 * and "horizon". `strength` is value/threshold turned so that more is stronger, 1 is
 * just passed: the weakest gate is the evidence's score. gates.h says what each means.
 *
 *   growth       of the floors, bytes              novelty  over the record floor, part of growth
 *   noise        growth in sigmas                  ceiling  where it slows to, bytes
 *   mann-kendall Z                                 age      of the ramp, seconds
 *   ratchet      increments that rise, of 5        horizon  time to limit, seconds
 *   shift        largest increment, of growth      persistence  seconds without a break
 *   rising       newest third, of growth */
struct leak_gate {
    char name[16];
    double value, threshold, strength;
    bool passed;
};
#define LEAK_GATES_MAX 11

struct leak_report {
    enum leak_verdict verdict;
    enum leak_shape shape;
    double rate;                /* bytes a second, slope of the floors; 0 while unknown */
    double rate_low, rate_high; /* p10 and p90 of the slope */
    int64_t at_usec;            /* when this was evaluated */
    int64_t since_usec;         /* when the growth began; 0: not growing */
    int64_t window_usec;        /* length of the window that decided */
    uint64_t floor_bytes;       /* newest floor */
    uint64_t grown_bytes;       /* newest floor less the one where the growth began */
    uint64_t limit_bytes;       /* the nearest limit that binds; SAMPLE_NO_LIMIT: none known */
    bool forecast;              /* the three below are known */
    enum leak_channel channel;  /* told by who knows more of the slice than its footprint */
    double left_p10, left_p50, left_p90; /* seconds until the limit */
    uint32_t gates;
    struct leak_gate gate[LEAK_GATES_MAX];
    uint32_t weakest; /* index of the gate with the least strength */
};

#define LEAK_SPANS 10 /* stretches of the window that are judged, 1.5 h to 26 days */

/* What one stretch said when it was last judged: each when it has a new floor. */
struct leak_standing {
    int64_t judged_step; /* number of its newest floor; -1: never */
    int64_t judged_usec;
    uint16_t held_minutes[LEAK_VERDICTS]; /* how long it has borne each verdict out */
    uint8_t verdict;                      /* enum leak_verdict, persistence counted */
};

/* What earlier lives of the slice, which grew and fell at once (a restart, a reset), tell of it,
 * and what people have said. */
struct leak_lives {
    int64_t record_from_usec; /* floors before are of such a life, and no record */
    float rate;               /* bytes a second, of the newest */
    uint32_t age_minutes;     /* for how long those have grown that grew alike */
    uint32_t dismissed_pages; /* a person knows of growth up to here: a record to be beaten */
    uint8_t recovered;        /* confirmed growths that came to an end by themselves */
    uint8_t dismissed;        /* verdicts that a person called wrong */
};

/* One slice's detector: 4 KiB, nothing behind it. */
struct leak_detector {
    struct window window;
    struct leak_report report; /* the newest */
    struct leak_standing standing[LEAK_SPANS];
    uint32_t report_span;   /* index of the stretch that `report` is of */
    bool warm;              /* earlier history was given, or there is none to be given */
    bool preloaded;         /* floors were given: more may come */
    bool warm_start_due;    /* they are all there, and were not judged yet */
    int64_t supported_usec; /* when the verdict was last borne out */
    struct leak_lives lives;
};

/* Makes it empty. `warm` false: floors of the past may still come (leak_preload); until they do,
 * or the slice has been seen for a day, verdicts are at most suspected. */
void leak_init(struct leak_detector *detector, bool warm);

/* Adds a sample; times must not go back (a sample that does is passed over). `limit`
 * SAMPLE_NO_LIMIT or 0: none. Evaluates when it is due. True when verdict or shape has changed. */
bool leak_add(struct leak_detector *detector, int64_t t_usec, uint64_t footprint, uint64_t limit);

/* Floors of the past, oldest first, before what the window holds, WINDOW_NO_FLOOR for a bin without
 * samples. After those of all scales leak_preload_end, after the next sample leak_warm_start. */
void leak_preload(struct leak_detector *detector, enum window_scale scale, int64_t first_bin_usec,
    const uint32_t *floor_pages, uint32_t count);
void leak_preload_end(struct leak_detector *detector);
void leak_set_warm(struct leak_detector *detector); /* there is no past, or nobody tells of it */

/* Where it is due: judges the last week by the floors that were given as if it had seen it, so that
 * verdict and persistence are what they were before a restart, and lives that grew alike are known
 * again; by the floors alone, under the limit of the newest sample. Costs half a millisecond for a
 * steady slice, twenty for one that leaks. True when verdict or shape has changed. */
bool leak_warm_start(struct leak_detector *detector);

/* Whoever made the floors is gone: all is forgotten but what people have said. */
void leak_reset(struct leak_detector *detector);

/* A person says that the growth of now is none to be told of. The verdict is none at once; the next
 * one needs growth beyond what was dismissed: as much again, or half of what was left to the limit
 * where that is less; and twice the persistence and half the horizon of before. Returns the bytes
 * that it must grow beyond. leak_set_dismissed brings back what was dismissed before a restart: how
 * often, and the newest of these bytes. */
uint64_t leak_dismiss(struct leak_detector *detector);
void leak_set_dismissed(
    struct leak_detector *detector, uint32_t dismissed, uint64_t dismissed_bytes);

/* Divides times and multiplies rates by time_scale. */
void leak_report_unscale(struct leak_report *report, double time_scale);

#endif
