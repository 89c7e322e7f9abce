/* What an outside scorer says of the slices, in a file of the run dir: written whole by mom-scorer,
 * an unprivileged program, read by the governor, to whom it is data that may be anything. */
#ifndef MOM_COMMON_SCORES_H
#define MOM_COMMON_SCORES_H

#include <stdbool.h>
#include <stdint.h>

#define SCORES_FILE  "scorer/scores"       /* in the run dir */
#define SCORES_MAGIC 0x6d6f6d73636f7231ull /* "momscor1" */
#define SCORES_MAX   4096

struct scores_row {
    uint64_t serial, score;
};

struct scores {
    uint64_t magic;
    int64_t ticked_usec; /* boot time of the tick that they are for */
    uint64_t count;
    struct scores_row row[SCORES_MAX]; /* serials ascending */
};

/* Replaces the file. 0 or -errno. */
int scores_write(const char *path, const struct scores *scores);

/* -ENOENT and others; -EBADMSG for what is no such file. */
int scores_read(const char *path, struct scores *ret);

/* False: nothing is said of that slice. */
bool scores_find(const struct scores *scores, uint64_t serial, uint64_t *ret);

#endif
