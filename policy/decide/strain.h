/* Whether a slice stands at a limit of its own and is kept waiting for memory because of that. To
 * stand at a limit is nothing by itself: a page cache fills whatever there is. Pure. */
#ifndef POLICY_DECIDE_STRAIN_H
#define POLICY_DECIDE_STRAIN_H

#include "slices/sample.h"

#include <stdbool.h>
#include <stdint.h>

/* At the limit: less than a sixteenth of it is free. */
#define STRAIN_NEAR 16
static inline uint64_t strain_near(uint64_t limit)
{
    return limit - limit / STRAIN_NEAR;
}
/* Kept waiting: some of it for a tenth of the time (PSI some avg10); where the kernel doesn't tell
 * (v1), it brings back a hundredth of its limit in a second (major faults). */
#define STRAIN_PRESSURE_CENTI 1000
#define STRAIN_FAULTED        100
/* Or, as it grows now, it has no more within so long, swap counted: then the kernel's OOM killer
 * comes. Seconds. */
#define STRAIN_ENDS_WITHIN 600

struct strain {
    uint64_t limit;     /* its own nearest: memory.max or memory.high; SAMPLE_NO_LIMIT: none */
    uint64_t held;      /* in memory, and nothing that could be dropped; what it works with out of
                           the swap cache counts, too; bytes */
    int64_t since_usec; /* boot time; 0: it is not strained */
    int64_t waits_usec; /* since when it is kept waiting; 0: it is not */
    int64_t relieved_usec; /* since when `held` is below what it was told; 0: it is not */
};

/* What is known of a slice beside its sample. */
struct strain_facts {
    uint64_t limit;         /* its own nearest; bytes */
    uint64_t footprint;     /* bytes */
    uint64_t end;           /* the footprint at which its own limits let it have no more; bytes */
    double growth, faulted; /* bytes a second, lately */
    uint64_t enough;        /* the limit for which its relief is waited for; 0: none */
};

/* By the newest sample. */
void strain_update(
    struct strain *strain, const struct sample *sample, const struct strain_facts *facts);

#endif
