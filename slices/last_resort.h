/* The node's last resort: by which way it goes down, and how earlier boots came to their end. Open
 * types that flow: from the ledger (act/ledger.h) to policy and to the record. */
#ifndef SLICES_LAST_RESORT_H
#define SLICES_LAST_RESORT_H

#include "slices/slice.h"

#include <stdbool.h>
#include <stdint.h>

enum last_resort {
    LAST_RESORT_ANNOUNCE, /* none: people are told that it is time */
    LAST_RESORT_PANIC,  /* the kernel panics, and boots anew (kernel.panic): crash dumps, pstore */
    LAST_RESORT_REBOOT, /* reboot(2): devices are shut down */
    LAST_RESORT_SYSRQ,  /* sysrq b: at once, and nothing else */
    LAST_RESORTS
};
extern const char *const last_resort_names[LAST_RESORTS]; /* "announce", "panic", ... */

/* How a boot ended in which mom was not stopped before. */
enum boot_end {
    BOOT_END_ORDERED, /* by mom */
    BOOT_END_UNCLEAN, /* by a crash, the power, a watchdog, a button */
    BOOT_ENDS
};
extern const char *const boot_end_names[BOOT_ENDS]; /* "ordered", "unclean" */

#define BOOT_ENDS_KEPT 32

/* The newest of them, oldest first. */
struct boot_past {
    bool known; /* the ledger has been read */
    uint32_t count;
    struct {
        int64_t unix_usec; /* ordered: then; unclean: when the boot after it found that */
        enum boot_end how;
    } end[BOOT_ENDS_KEPT];
};

/* Mom's order that a boot end. */
struct boot_order {
    enum last_resort way;
    int64_t unix_usec;
    uint64_t decision; /* its number in that boot */
    char rule[32];
};

/* Of one of them. */
struct boot_ended {
    uint8_t boot[16];
    enum boot_end how;
    int64_t begun_unix_usec; /* when mom began in it */
    struct stamp found;      /* by the boot after it */
    struct boot_order order; /* BOOT_END_ORDERED */
    char panic[128];         /* what the kernel said of it, where pstore kept that, else "" */
};

/* So many of the newest ends lie within the `usec` before `unix_usec`, or, by a clock that is
 * behind now, after it. */
uint32_t boot_past_within(const struct boot_past *past, int64_t unix_usec, int64_t usec);

#endif
