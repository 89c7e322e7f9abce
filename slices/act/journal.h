/* The undo journal: every temporary change is written down here before it is made, and struck out
 * after it is undone. A fixed table in a root-only file of the run dir; whoever finds entries left
 * over (the warden after the governor died, `momctl release --all`, the next start) undoes them.
 *
 * Undoing is idempotent: it may be interrupted and repeated. libc only.
 * Writer: the actuator's thread of the one governor; any other program only while no governor
 * lives. */
#ifndef SLICES_ACT_JOURNAL_H
#define SLICES_ACT_JOURNAL_H

#include "slices/base/error.h"
#include "slices/base/file.h"
#include "slices/slice.h"

#include <limits.h>
#include <stdint.h>

enum journal_kind {
    JOURNAL_FREE,         /* an empty row */
    JOURNAL_TEMP_FREEZER, /* v1 reset: a temporary freezer group; undo: thaw, move what is left in
                             it back to its parent, remove it */
    JOURNAL_HINTS,     /* the kernel was told of slices below this directory (kernel_hints.h); undo:
                          takes all of it back */
    JOURNAL_FROZEN,    /* v2 reset before cgroup.kill (Linux 5.14): the slice's own group, frozen;
                          undo: thaw it, if it still is the same life */
    JOURNAL_THROTTLED, /* the slice's memory.high (v1: its soft limit) was lowered; undo: as before,
                          if it still is what it was set to, and of the same life */
    JOURNAL_KINDS
};
extern const char *const journal_kind_names[JOURNAL_KINDS]; /* "frozen", ... */

struct journal_entry {
    enum journal_kind kind;
    uint64_t decision; /* for which this is done */
    struct stamp made;
    struct slice_life life;   /* of the slice on whose behalf */
    uint64_t before, set;     /* JOURNAL_THROTTLED: bytes, SAMPLE_NO_LIMIT: none */
    char directory[PATH_MAX]; /* absolute path of the group to undo */
};

#define JOURNAL_ENTRIES 64

struct journal {
    struct shared_file file;
};

int journal_open(struct journal *journal, const char *run_dir, struct mom_error *error);
void journal_close(struct journal *journal);

/* Notes a change before it is made. Returns the row's number, -ENOSPC when the journal is full. */
int journal_add(struct journal *journal, const struct journal_entry *entry);
void journal_strike(struct journal *journal, int row);

/* NULL where row holds nothing valid. */
const struct journal_entry *journal_row(const struct journal *journal, int row);

/* Undoes and strikes one row. 0, or -errno: the row stays. A directory that is gone is undone
 * already; one that is no cgroup, or doesn't bear the name of a temporary group of that decision,
 * is not touched (-EPERM). Tries for up to a second. */
int journal_undo(struct journal *journal, int row, struct mom_error *error);

/* Undoes all; returns how many are left (each failure is told to `say`, which may be NULL). */
int journal_undo_all(struct journal *journal, void (*say)(const char *text));

#endif
