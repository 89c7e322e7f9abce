/* A slice brought to a standstill for a time, by way of the journal. v2: its own cgroup.freeze. v1:
 * where its processes are in the freezer's tree says nothing of the slice, so each is moved to a
 * temporary group right below the one that it was found in, and back from there. Released by
 * undoing, as limits are. Thread: the actuator's. */
#ifndef SLICES_ACT_FREEZE_H
#define SLICES_ACT_FREEZE_H

#include "slices/act/backend.h"

/* RESULT_DONE: all of it stands still. RESULT_INCOMPLETE: some don't yet (they wait for a disk),
 * but will. Who is frozen already is left as it is. */
enum action_result freeze_begin(struct attempt *attempt);

/* Whatever was frozen for this life goes on. */
enum action_result freeze_end(struct attempt *attempt);

/* v2: whether the group itself is told to stand still, whoever told it. */
bool freeze_is_on(int group_fd);

#endif
