/* The job that goes, where those of a slice are independent of each other: of the groups nested in
 * it the one that would give back most now. Inner header of slices/act. */
#ifndef SLICES_ACT_JOB_H
#define SLICES_ACT_JOB_H

#include "slices/find/hierarchy.h"
#include "slices/slice.h"

#include <stdbool.h>
#include <stdint.h>

/* A group and its children, in bytes as sample_gives_back has them. */
struct job_level {
    uint64_t whole;    /* of the group with all that is nested in it */
    uint64_t children; /* of all of its children */
    uint64_t largest;  /* of the largest child that holds a process; 0: none has anything */
};

/* Whether the largest child is to go, and not the group as a whole: the group's own processes, who
 * have what none of the children has, have no more than it. */
bool job_is_below(const struct job_level *level);

/* Goes down from the slice to its job, level by level, as long as job_is_below. Bounded work: a
 * group of which more than JOB_CHILDREN_MAX hang is itself the job, for among so many nobody shall
 * hide the largest (who may make groups there harms no one but himself); so is the one
 * JOB_LEVELS_MAX below the slice, and the last one whose path has room. A group without memory
 * accounting counts into the one above it.
 *
 * Returns the job's directory (O_PATH or readable; to be closed), its names appended to `path`;
 * `slice_fd` itself where the slice is to go as a whole; or -errno. The names are their owners'
 * choice, and may be others by now: only what is open is the job. */
#define JOB_CHILDREN_MAX 256
#define JOB_LEVELS_MAX   8
int job_find(enum hierarchy_version version, int slice_fd, char path[static SLICE_PATH_MAX]);

#endif
