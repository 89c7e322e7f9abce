/* Many small groups with a sleeping process in each, below one group of our own in this machine's
 * memory tree: something to look at for the measurements. */
#ifndef TESTS_BENCH_CROWD_H
#define TESTS_BENCH_CROWD_H

#include "slices/base/error.h"
#include "slices/find/hierarchy.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct crowd {
    char path[64];          /* of the group above them: "/mom-test-crowd-PID" */
    char folder[PATH_MAX];  /* the same as a directory */
    uint32_t count, living; /* wanted; made so far */
    pid_t *process;
};

/* From here on SIGINT and SIGTERM only set what crowd_interrupted tells. Whatever the result,
 * crowd_close undoes it. Call it before the caller takes memory: each process is a fork. -EINTR
 * when interrupted. */
int crowd_open(struct crowd *crowd, const struct hierarchy *hierarchy, uint32_t count,
    struct mom_error *error);
void crowd_close(struct crowd *crowd);

bool crowd_interrupted(void);

/* Directory of the group `index`. */
void crowd_group(const struct crowd *crowd, uint32_t index, char path[PATH_MAX]);

#endif
