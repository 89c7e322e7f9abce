/* Makes minutes of raw rows, ten minutes of minutes, hours of ten minutes; deletes what is older
 * than its tier's retention, and more, oldest first, when the database is larger than its cap. Each
 * call does a bounded piece of work and says whether there is more. */
#ifndef DB_ROLLUP_H
#define DB_ROLLUP_H

#include "db/db.h"

#include <stdint.h>

struct rollup_limits {
    int64_t raw_sec, minute_sec, ten_minutes_sec, hour_sec; /* retention of each tier */
    int64_t mail_sec;                                       /* and of mails that wait no more */
    uint64_t cap_bytes;
};

/* Inside its own transaction. Returns 1 when more is waiting, 0 when up to date, -errno. Bins are
 * aligned to Unix time, and rolled up once they are complete at `now_unix_usec`. */
int rollup_run(struct db *db, int64_t now_unix_usec, const struct rollup_limits *limits,
    struct mom_error *error);

#endif
