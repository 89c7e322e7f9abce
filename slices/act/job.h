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
    uint64_t whole;     /* of the group with all that is nested in it */
    uint64_t children;  /* of all of its children */
    uint64_t largest;   /* of the largest child that holds a process; 0: none has anything */
    bool has_processes; /* of its own: else nothing but a child can give anything back */
};

/* Whether the largest child is to go, and not the group as a whole: the group's own processes,
 * which have what no child has, have no more. */
bool job_is_below(const struct job_level *level);

/* Goes down from the slice to its job, level by level, as long as job_is_below; open directories
 * and the stack are all that it needs. The work is bounded: a group right below which more than
 * JOB_CHILDREN_MAX hang is itself the job, since a large one must not hide behind many small ones
 * (and who may make groups there pays for it himself); so is the group JOB_LEVELS_MAX below the
 * slice, and the last whose path has room. A group without memory accounting counts into the one
 * above it.
 *
 * Returns the job's directory, to be closed by the caller, with its names appended to `path`; or
 * slice_fd itself where the slice is to go as a whole; or -errno. Names are their owners' choice,
 * and on v1 they may change: only what is open is the job. */
#define JOB_CHILDREN_MAX 1024 /* 14 us each */
#define JOB_LOOKS_MAX    8 /* at a level in which groups are renamed, or come and go, meanwhile */
#define JOB_LEVELS_MAX   8
int job_find(enum hierarchy_version version, int slice_fd, char path[static SLICE_PATH_MAX]);

#endif
