/* The node's last resort, carried out: the last words go to the ledger and to the kernel's log,
 * what the file systems hold back goes to the disks, then the node goes down by the policy's way,
 * or by the others where that does not work.
 *
 * Each step may hang (a disk, a driver), so each has a thread of its own and a time; the guard goes
 * through them and waits for none any longer than that. The thread of the first step keeps the
 * ledger, too: nobody else waits for its disk. */
#ifndef MOM_GOVERNOR_LAST_RESORT_H
#define MOM_GOVERNOR_LAST_RESORT_H

#include "mom/common/heartbeat.h"
#include "mom/common/records.h"
#include "mom/common/ring.h"
#include "policy/decide/standing.h"
#include "slices/base/error.h"
#include "slices/last_resort.h"

#include <stdbool.h>
#include <stdint.h>

/* How long the guard waits: for the last words to be on the disk; for a line in the kernel's log;
 * for the recorder to take what it was told; for the file systems; for each way to take effect. */
#define LAST_RESORT_WORDS_USEC  (5 * 1000000ll)
#define LAST_RESORT_SAY_USEC    (2 * 1000000ll)
#define LAST_RESORT_RECORD_USEC (2 * 1000000ll)
#define LAST_RESORT_SYNC_USEC   (10 * 1000000ll)
#define LAST_RESORT_WAY_USEC    (10 * 1000000ll)

struct last_resort_steps;

struct last_resort_options {
    const char *state_dir, *proc_root;
    const char *const *pstore; /* folders, then NULL: slices/read/pstore.h */
    gid_t group;               /* may read the ledger */
    const uint8_t *boot;
    bool dry_run;
    struct ring_writer *told;         /* the guard's: the recorder takes the decision from there */
    struct heartbeat_page *heartbeat; /* the guard's heart beats on while it waits */
};

/* Starts the threads; the ledger is read by one of them, in its time. */
int last_resort_open(const struct last_resort_options *options, struct last_resort_steps **ret,
    struct mom_error *error);

/* A clean stop, which the ledger is told of; waits for that, a few seconds at most. */
void last_resort_close(struct last_resort_steps *steps);

/* How earlier boots ended; not known before the ledger was read. Any thread; waits for nobody. To be
 * read at once: it may be another one after five minutes. */
const struct boot_past *last_resort_past(const struct last_resort_steps *steps);

/* The end of the boot before, if that has not been told; once. Governor's thread, which says
 * afterwards that it has told it. */
bool last_resort_boot_end(struct last_resort_steps *steps, struct record_boot_end *ret);
void last_resort_told(struct last_resort_steps *steps);

/* Carries the decision out; the standing list tells who was active. Returns where it is a dry run,
 * or nothing worked: the outcome says what was tried. Guard's thread. */
void last_resort_go(struct last_resort_steps *steps, enum last_resort way,
    const struct decision *decision, const struct standing *standing, struct outcome *ret);

#endif
