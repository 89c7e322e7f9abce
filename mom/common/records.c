#include "mom/common/records.h"

#include "mom/common/paths.h"
#include "slices/base/text.h"

#define MIB (1024u * 1024u)

/* The samples of 1,000 slices take 96 KiB a tick: 4 MiB last seven minutes of a recorder that is
 * down; so do 512 KiB of looks. */
const struct ring_info ring_table[RINGS] = {
    [RING_SAMPLES] = {"samples.ring", RECORDER_FOLDER "/samples.ack", 4 * MIB},
    [RING_DECISIONS] = {"decisions.ring", RECORDER_FOLDER "/decisions.ack", 1 * MIB},
    [RING_GUARD] = {"guard.ring", RECORDER_FOLDER "/guard.ack", MIB / 4},
    [RING_LOOKS] = {"looks.ring", RECORDER_FOLDER "/looks.ack", MIB / 2},
    [RING_OUTCOMES] = {"outcomes.ring", RECORDER_FOLDER "/outcomes.ack", 1 * MIB},
    [RING_PAST] = {RECORDER_FOLDER "/past.ring", "past.ack", 1 * MIB},
};

struct ends {
    char file[PATH_MAX], ack[PATH_MAX];
};

static int find_ends(const char *run_dir, enum ring_name name, struct ends *ret)
{
    int r = paths_join(ret->file, sizeof ret->file, run_dir, ring_table[name].file);
    return r < 0 ? r : paths_join(ret->ack, sizeof ret->ack, run_dir, ring_table[name].ack);
}

int records_open_writer(const char *run_dir, enum ring_name name, gid_t group,
    struct ring_writer *ret, struct mom_error *error)
{
    struct ends ends;
    int r = find_ends(run_dir, name, &ends);
    if (r < 0)
        return error_errno(error, r, "%s", run_dir);
    return ring_writer_open(ret, ends.file, ends.ack, ring_table[name].size, 0640, group, error);
}

int records_open_reader(
    const char *run_dir, enum ring_name name, gid_t group, struct ring_reader *ret)
{
    struct ends ends;
    int r = find_ends(run_dir, name, &ends);
    return r < 0 ? r : ring_reader_open(ret, ends.file, ends.ack, group, NULL);
}

void decision_id(const uint8_t boot[16], uint64_t seq, char id[DECISION_ID_MAX])
{
    (void)text_format(id, DECISION_ID_MAX, "%02x%02x%02x%02x-%llu", boot[0], boot[1], boot[2],
        boot[3], (unsigned long long)seq);
}

_Static_assert(sizeof(struct decision) <= RING_PAYLOAD_MAX, "a decision fits into a record");
_Static_assert(sizeof(struct record_boot_end) <= RING_PAYLOAD_MAX, "so does an end of a boot");
_Static_assert(sizeof(struct record_outcome) <= RING_PAYLOAD_MAX, "an outcome fits into a record");
