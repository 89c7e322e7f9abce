/* The undo journal: every temporary change is written down here before it is made, and struck out
 * after it is undone. A fixed table in a root-only file of the run dir; whoever finds entries left
 * over (the warden after the governor died, `momctl release --all`, the next start) undoes them.
 *
 * Undoing is idempotent: it may be interrupted and repeated. libc only.
 * Writers: threads of the one governor (the hands, the OOM handler, the watchdog's keeper, and its
 * own for the kernel's settings), under a lock; any other program only while no governor lives. */
#ifndef SLICES_ACT_JOURNAL_H
#define SLICES_ACT_JOURNAL_H

#include "slices/act/limit.h"
#include "slices/base/error.h"
#include "slices/base/file.h"
#include "slices/slice.h"

#include <limits.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

enum journal_kind {
    JOURNAL_FREE,         /* an empty row */
    JOURNAL_TEMP_FREEZER, /* v1 reset: a temporary freezer group; undo: thaw, move what is left in
                             it back to its parent, remove it */
    JOURNAL_HINTS,  /* the kernel was told of slices below this directory (kernel_hints.h); undo:
                       takes all of it back */
    JOURNAL_FROZEN, /* v2 reset before cgroup.kill (Linux 5.14): the slice's own group, frozen;
                       undo: thaw it, if it still is the same life */
    JOURNAL_FREEZE_CAGE, /* v1 freeze: as JOURNAL_TEMP_FREEZER; its parent is where they came from
                          */
    JOURNAL_FREEZE_OWN,  /* v2 freeze: as JOURNAL_FROZEN */
    JOURNAL_MOVED,    /* a temporary group, of another's; undo: move what is in it back to `home`,
                         if that still is the same life, and remove it */
    JOURNAL_LIMIT,    /* a limit of the slice was changed (limit.h); undo: as before, if it still is
                         what it was set to, and of the same life, and nobody is killed for it */
    JOURNAL_WATCHDOG, /* the watchdog (watchdog.h) whose path is `directory`, and number `disk`, was
                         armed; undo: it is disarmed */
    JOURNAL_SETTING, /* a setting of the kernel's, `directory` is its file (kernel_setting.h); undo:
                        as `before`, if it still is what it was `set` to */
    JOURNAL_OOM, /* the slice's OOM was taken over from the kernel (takeover.h); undo: its killer
                    is back, v1: in the group and in those below, v2: by memory.high as before */
    JOURNAL_KINDS
};
extern const char *const journal_kind_names[JOURNAL_KINDS]; /* "frozen", ... */

struct journal_entry {
    enum journal_kind kind;
    uint64_t decision; /* for which this is done */
    struct stamp made;
    struct slice_life life;   /* of the slice on whose behalf */
    enum limit_kind limit;    /* JOURNAL_LIMIT, JOURNAL_OOM on v2: which, */
    dev_t disk;               /* of which disk (limit_read_on); JOURNAL_WATCHDOG: its number, */
    bool drop_in;             /* also in a drop-in of the unit (drop_in.h), */
    uint64_t before, set;     /* and how much, SAMPLE_NO_LIMIT: none */
    struct slice_life place;  /* of the directory: v1's groups for processor time have their own */
    char directory[PATH_MAX]; /* absolute path of the group to undo */
    char home[PATH_MAX];      /* of a temporary one, or one of another tree: that of the slice */
};

/* Takeovers last for as long as the policy wants them, so there are rows for them beside the
 * others: with 8.5 KiB a row the file is of 1.6 MiB. */
#define JOURNAL_TAKEOVERS 128
#define JOURNAL_OTHERS    64
#define JOURNAL_ENTRIES   (JOURNAL_OTHERS + JOURNAL_TAKEOVERS)

struct journal {
    struct shared_file file;
    pthread_mutex_t lock; /* of the free rows */
    char reload_file[PATH_MAX];
    int next;             /* from here on one is looked for */
    bool patient;         /* undoing may take seconds: the hands' and people's, not the warden's */
    bool spares_watchdog; /* it stays armed: nobody could be started who would arm it anew */
};

int journal_open(struct journal *journal, const char *run_dir, struct mom_error *error);
void journal_close(struct journal *journal);

/* Notes a change before it is made. Returns the row's number, -ENOSPC when the journal is full, or,
 * of what lasts (limits, freezes), half full: the rest of it is for resets. Of the takeovers there
 * are JOURNAL_TAKEOVERS at most, which count for themselves. */
int journal_add(struct journal *journal, const struct journal_entry *entry);

/* Strikes what lasts of groups that are gone, or begun anew, with their drop-ins. */
void journal_sweep(struct journal *journal);
void journal_strike(struct journal *journal, int row);
/* If it is this entry still; false: somebody else has struck it meanwhile. */
bool journal_strike_if(struct journal *journal, int row, const struct journal_entry *entry);

/* NULL where row holds nothing valid. */
const struct journal_entry *journal_row(const struct journal *journal, int row);

/* The first row from `from` on that is of this limit of this life; -1: none. */
int journal_find_limit(const struct journal *journal, const struct slice_life *life,
    enum limit_kind limit, dev_t disk, int from);

/* The row of the takeover of this life; -1: none. */
int journal_find_oom(const struct journal *journal, const struct slice_life *life);

/* Undoes and strikes one row. 0; 1: somebody else has changed it since, so it was left alone
 * (*error says so); or -errno: the row stays (-EBUSY: a slice holds more than its raised limit was
 * before; somebody keeps the watchdog). A directory that is gone is undone already; one that is no
 * cgroup, or doesn't bear the
 * name of a temporary group of that decision, is not touched (-EPERM). Tries for about a second; on
 * v1 a raised limit for as long as the kernel finds something to reclaim. */
int journal_undo(struct journal *journal, int row, struct mom_error *error);

/* Undoes the takeovers of this life, as journal_undo. Does not wait. */
int journal_undo_oom(
    struct journal *journal, const struct slice_life *life, struct mom_error *error);

/* In which order all is undone: the row of each step from 0 to 2 * JOURNAL_ENTRIES - 1, -1: none.
 * Limits at last, since a raised one may take as long as the kernel reclaims, and who waits without
 * an OOM killer, or is frozen, can't wait for that. */
int journal_undo_next(const struct journal *journal, int step);

/* Undoes all (but the watchdog, if that is spared); returns how many could not be. What failed, or
 * was left alone, is told to `say`, which may be NULL. */
int journal_undo_all(struct journal *journal, void (*say)(const char *text));

#endif
