/* A cage holds processes of a slice frozen: while they are killed, so that they can't fork away, or
 * until they are released (freeze.h). On v1, where memory and freezer are trees of their own, it is
 * a temporary group; on v2 it is the slice's own. Shut only after it stands in the journal. */
#ifndef SLICES_ACT_CAGE_H
#define SLICES_ACT_CAGE_H

#include "slices/act/journal.h"

#include <stdbool.h>

struct cage_kind {
    const char *file;        /* in the group's directory; NULL: it stays open */
    const char *shut, *open; /* what is written there; "FROZEN" is read back once all are frozen */
    const char *made_for;    /* the group was made for this, which is in its name: to be emptied
                                and removed; NULL: it is the slice's own */
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

/* Makes a temporary group below this directory (of the freezer's tree, but for a move), and shuts
 * it. -errno: nothing is left of it. */
int cage_make(
    struct attempt *attempt, enum journal_kind kind, const char *parent, struct cage *ret);

/* Takes the slice's own group as the cage; it is not shut yet. */
int cage_take_own(struct attempt *attempt, enum journal_kind kind, struct cage *ret);

int cage_shut(const struct cage *cage);

/* Waits a little until all in it are frozen; false: they are not. */
bool cage_wait(const struct cage *cage);

/* Moves the process into it, if it is one of the slice that may be touched. 1: it was moved. */
int cage_move_in(struct attempt *attempt, const struct cage *cage, int32_t pid);

/* One round of a reset in attempt->cage: everybody in, shut, SIGKILL, and open where nobody dies
 * before that. */
int cage_kill(struct attempt *attempt);

/* Undoes what was made or shut for a reset. */
void cage_leave(struct attempt *attempt);

#endif
