#include "mom/common/records.h"

#include "mom/common/ring.h"

#define MIB (1024u * 1024u)

/* The samples of 1,000 slices take 64 KiB a tick: 4 MiB last ten minutes of a recorder that is
 * down. */
const struct ring_info ring_table[RINGS] = {
    [RING_SAMPLES] = {"samples.ring", "recorder/samples.ack", 4 * MIB},
    [RING_DECISIONS] = {"decisions.ring", "recorder/decisions.ack", 1 * MIB},
    [RING_GUARD] = {"guard.ring", "recorder/guard.ack", MIB / 4},
    [RING_OUTCOMES] = {"outcomes.ring", "recorder/outcomes.ack", 1 * MIB},
    [RING_PAST] = {"recorder/past.ring", "past.ack", 1 * MIB},
};

_Static_assert(sizeof(struct decision) <= RING_PAYLOAD_MAX, "a decision fits into a record");
_Static_assert(sizeof(struct record_outcome) <= RING_PAYLOAD_MAX, "an outcome fits into a record");
