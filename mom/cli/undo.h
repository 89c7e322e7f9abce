/* Undoing without a daemon what a dead one left behind. */
#ifndef MOM_CLI_UNDO_H
#define MOM_CLI_UNDO_H

#include "mom/cli/cli.h"

/* Undoes every temporary change that stands in the journal, and shows each. CLI_OK also where there
 * is nothing to undo; CLI_FAILED where one was left, or while a momd or a governor lives, as the
 * journal is theirs. The reason was then told. */
int undo_by_hand(struct cli *cli);

#endif
