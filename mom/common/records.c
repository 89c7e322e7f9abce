#include "mom/common/records.h"

#include "mom/common/ring.h"
#include "slices/base/text.h"

#define MIB (1024u * 1024u)

/* The samples of 1,000 slices take 96 KiB a tick: 4 MiB last seven minutes of a recorder that is
 * down; so do 512 KiB of looks. */
const struct ring_info ring_table[RINGS] = {
    [RING_SAMPLES] = {"samples.ring", "recorder/samples.ack", 4 * MIB},
    [RING_DECISIONS] = {"decisions.ring", "recorder/decisions.ack", 1 * MIB},
    [RING_GUARD] = {"guard.ring", "recorder/guard.ack", MIB / 4},
    [RING_LOOKS] = {"looks.ring", "recorder/looks.ack", MIB / 2},
    [RING_OUTCOMES] = {"outcomes.ring", "recorder/outcomes.ack", 1 * MIB},
    [RING_PAST] = {"recorder/past.ring", "past.ack", 1 * MIB},
};

void decision_id(const uint8_t boot[16], uint64_t seq, char id[DECISION_ID_MAX])
{
    (void)text_format(id, DECISION_ID_MAX, "%02x%02x%02x%02x-%llu", boot[0], boot[1], boot[2],
        boot[3], (unsigned long long)seq);
}

_Static_assert(sizeof(struct decision) <= RING_PAYLOAD_MAX, "a decision fits into a record");
_Static_assert(sizeof(struct record_boot_end) <= RING_PAYLOAD_MAX, "so does an end of a boot");
_Static_assert(sizeof(struct record_outcome) <= RING_PAYLOAD_MAX, "an outcome fits into a record");
