/* The ledger: how boots ended, and the last words before a reboot that mom ordered, in one file of
 * the state dir that outlives them. Its room is taken when it is made, so that a full disk keeps no
 * last words back; two copies of its first part take turns, so that one is whole whenever the power
 * goes. Root's alone: what somebody else put there is done away with.
 *
 * Each call may wait for the disk for as long as that takes: one thread, and not the guard's. libc
 * only; allocates nothing. */
#ifndef SLICES_ACT_LEDGER_H
#define SLICES_ACT_LEDGER_H

#include "slices/base/error.h"
#include "slices/last_resort.h"
#include "slices/slice.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define LEDGER_FILE      "last-resort"
#define LEDGER_WORDS_MAX 61440 /* bytes; the file is of a little more than 64 KiB */

struct ledger_page {
    uint64_t magic, generation, sum; /* sum: text_hash of all that follows */
    uint8_t boot[16];                /* the one in which it was written last */
    bool governing;                  /* mom has begun in it, and was not stopped since */
    bool ordered;                    /* and has ordered it to end: */
    struct boot_order order;
    int64_t begun_unix_usec; /* when mom began in it */
    struct boot_past past;
    /* The end of the boot before, until it has been told. */
    bool untold;
    struct boot_ended ended;
};

struct ledger {
    int fd; /* -1: closed */
    struct ledger_page page;
};

/* Opens or makes the file. A file that is none, or damaged, is begun anew: *ret_fresh. -errno. */
int ledger_open(struct ledger *ledger, const char *state_dir, gid_t group, bool *ret_fresh,
    struct mom_error *error);
void ledger_close(struct ledger *ledger);

/* mom governs in this boot from now on. Whether another boot ended without her being stopped stands
 * in page.untold then. 0 or -errno. */
int ledger_begin(struct ledger *ledger, const uint8_t boot[16], struct stamp now);

/* What else is known of the end that is untold: an order that never got to the disk, or NULL; what
 * the kernel said of its panic, or "". */
int ledger_amend(struct ledger *ledger, const struct boot_order *order, const char *panic);

/* The end that this boot has found bears the time of its beginning, when the clock of a machine
 * without one had not been set yet: as it is set now, when was that? Within the boot of
 * ledger_begin. 1: that has changed, by a minute or more; 0; -errno: so it has, but on the disk. */
int ledger_redate(struct ledger *ledger, struct stamp now);

/* Of the end that is untold: it has been told. */
int ledger_told(struct ledger *ledger);

/* mom was stopped. */
int ledger_end(struct ledger *ledger);

/* The boot is about to be ended by mom; `words` are for the one after it. */
int ledger_order(
    struct ledger *ledger, const struct boot_order *order, const void *words, size_t length);
/* It was not, since nothing worked. */
int ledger_withdraw(struct ledger *ledger);

/* The words that were said in the boot that is untold, if they are whole and just so long. */
bool ledger_words(const struct ledger *ledger, void *ret, size_t length);

#endif
