/* Recorded or simulated samples through the leak detector: what it would have said, and when.
 *
 * Input: CSV with a header line that names at least slice, t, footprint and limit, in any order
 * (further columns are passed over). t in Unix seconds, decimals allowed; footprint and limit in
 * bytes; limit empty or 0: none. Rows ascend in time within each slice; slices may interleave.
 * Output: one record for each change of a slice's verdict or shape.
 *
 * It streams: memory is one detector per slice. Thread: any, one call at a time per FILE. */
#ifndef MOM_CLI_REPLAY_CSV_H
#define MOM_CLI_REPLAY_CSV_H

#include "slices/base/error.h"

#include <stdio.h>

enum replay_format {
    REPLAY_TABLE, /* for people: columns, numbers with units */
    REPLAY_JSON,  /* one array of the objects below */
    REPLAY_JSONL, /* {"slice","t","leak","shape","rate_bytes_per_hour","time_to_limit_s":{"p10",..}}
                   */
    REPLAY_CSV    /* the same fields as columns; empty where unknown */
};

/* Replays all of `in`. `input_name` is for messages ("FILE:LINE: ..."). Rows that can't be used (a
 * field missing, text for a number, a time that goes back) are passed over: the first few and their
 * count are written to `messages` (NULL: dropped). 0; -EINVAL: no header or a column missing in it;
 * -EIO: reading or writing failed; -ENOMEM. */
int replay_csv(FILE *in, const char *input_name, enum replay_format format, FILE *out,
    FILE *messages, struct mom_error *error);

#endif
