/* Who was it? The kernel counts its OOM kills by slice, and tells by netlink which processes died
 * by SIGKILL; here the two are put together. A slice is told at most as many names as the kernel
 * counts kills in it, of processes that hung in it and died when the count rose; the largest first,
 * as the kernel chooses. Pure: no clock, no I/O. */
#ifndef MOM_GOVERNOR_VICTIMS_H
#define MOM_GOVERNOR_VICTIMS_H

#include "slices/read/death.h"
#include "slices/slice.h"

#include <stdbool.h>
#include <stdint.h>

enum { VICTIMS_HEARD = 64, VICTIMS_SLICES = 16, VICTIMS_NAMED = 4 };

/* The same death is told by several sources; and a process takes its time to die. */
#define VICTIMS_PATIENCE_USEC 10000000

struct victims {
    struct heard {
        struct death death;
        bool named;
    } heard[VICTIMS_HEARD]; /* the oldest makes room */
    uint32_t next_heard;
    struct expected {
        char path[SLICE_PATH_MAX], key[SLICE_KEY_MAX];
        uint64_t count;     /* of names still to come; 0: free */
        uint64_t most;      /* memory that one of its processes can have had; 0: not known */
        int64_t since_usec; /* boot time when the kernel's count was last known to be lower */
        int64_t until_usec;
    } expected[VICTIMS_SLICES];
};

struct victim {
    struct death death;
    char key[SLICE_KEY_MAX]; /* "": it can't be told where the process hung */
};

void victims_hear(struct victims *victims, const struct death *death);

/* The kernel's count rose by `count` between the two moments. Of one rise VICTIMS_NAMED are named,
 * and of more than VICTIMS_SLICES slices at once none: who makes the kernel kill must not flood
 * history. `limit_bytes` is the slice's own limit, 0 or SAMPLE_NO_LIMIT where there is none:
 * whoever had much more in memory did not hang there. */
void victims_expect(struct victims *victims, const struct slice *slice, uint64_t count,
    uint64_t limit_bytes, int64_t since_usec, int64_t now_usec);

/* The next name; false: no more at present. One whose peak is not told yet is waited for. When the
 * patience with a slice is over, those whose slice can't be told (v1 without the kernel's log;
 * their parents were quick) come in its place. */
bool victims_next(struct victims *victims, int64_t now_usec, struct victim *ret);

#endif
