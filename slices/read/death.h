/* A process that died by SIGKILL, as one of the kernel's sources told it (kernel_log.h,
 * taskstats.h, proc_connector.h; put together by deaths.h). */
#ifndef SLICES_READ_DEATH_H
#define SLICES_READ_DEATH_H

#include "slices/slice.h"

#include <stdint.h>

#define DEATH_NAME_MAX 32 /* TS_COMM_LEN; the kernel's own names are half as long */

struct death {
    struct stamp at;            /* when it was heard of; the reader's */
    int32_t pid;                /* of the process (thread group) */
    char name[DEATH_NAME_MAX];  /* comm: bytes as found, chosen by the process; "": unknown */
    uint64_t peak_rss;          /* bytes that were in memory at once; 0: unknown */
    char group[SLICE_PATH_MAX]; /* where it hung in the memory tree; "": unknown */
};

#endif
