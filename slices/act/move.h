/* A slice's processes moved to another group for a time, by way of the journal: into a temporary
 * one right below it. What they have stays charged to the slice; what they take from now on is the
 * other's. Undone, they go back to where they were. Thread: the actuator's. */
#ifndef SLICES_ACT_MOVE_H
#define SLICES_ACT_MOVE_H

#include "slices/act/backend.h"

/* To action->to. RESULT_REFUSED, with words: a unit of systemd's, which it would take for ended
 * (v2); a slice with groups of its own that hold processes, who would not find back; a place within
 * the slice, or outside the scope. RESULT_INCOMPLETE: some could not be moved. */
enum action_result move_begin(struct attempt *attempt);

/* Who was moved for this life is back. Whose own group is gone stays where he is (said in
 * outcome->error). */
enum action_result move_end(struct attempt *attempt);

#endif
