/* A cage holds a slice's processes frozen while they are killed, so that they can't fork away. On
 * v1, where memory and freezer are trees of their own, it is a temporary group; on v2 it is the
 * slice's own. Shut only after it stands in the journal. */
#ifndef SLICES_ACT_CAGE_H
#define SLICES_ACT_CAGE_H

#include "slices/act/journal.h"

#include <stdbool.h>

struct cage_kind {
    const char *file;        /* in the group's directory */
    const char *shut, *open; /* what is written there; "FROZEN" is read back once all are frozen */
    bool temporary;          /* the group was made for this: to be emptied and removed */
    bool dies_open;          /* SIGKILL works only once it is open again */
};

/* By enum journal_kind; in journal.c, since undoing needs it. */
extern const struct cage_kind cage_kinds[JOURNAL_KINDS];

struct cage {
    const struct cage_kind *kind;
    int row; /* in the journal */
    int fd;  /* its directory */
};

struct attempt;

/* Makes a temporary group in the freezer's tree, and shuts it. -errno: nothing is left of it. */
int cage_make(struct attempt *attempt);

/* Takes the slice's own group as the cage. */
int cage_take_own(struct attempt *attempt);

/* One round: everybody in, shut, SIGKILL, and open where nobody dies before that. */
int cage_kill(struct attempt *attempt);

/* Undoes what was made or shut. */
void cage_leave(struct attempt *attempt);

#endif
