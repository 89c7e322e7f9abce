/* What came of a program of somebody else's that was run about a slice: an open type that flows
 * from the warden, who runs it, over the governor to the record. */
#ifndef SLICES_PROGRAM_H
#define SLICES_PROGRAM_H

#include "slices/slice.h"

#include <stdint.h>

/* What it is run for. */
enum program_role {
    PROGRAM_NOTIFY,  /* something was decided about the slice */
    PROGRAM_BEFORE,  /* it is about to be reset */
    PROGRAM_AFTER,   /* its reset has come to an end */
    PROGRAM_RESTART, /* it was reset, and is to run again */
    PROGRAM_ROLES
};
extern const char *const program_role_names[PROGRAM_ROLES]; /* "notify", "hook-before", ... */

enum program_result {
    PROGRAM_DONE,        /* ended with status 0 */
    PROGRAM_FAILED,      /* ended with another, or by a signal */
    PROGRAM_LATE,        /* took too long, and was ended */
    PROGRAM_NOT_STARTED, /* see the words */
    PROGRAM_REFUSED,     /* what it is about is not what it was any more: not started */
    PROGRAM_DRY_RUN,     /* would have been started */
    PROGRAM_LOST,        /* nobody has said what came of it */
    PROGRAM_RESULTS
};
extern const char *const program_result_names[PROGRAM_RESULTS]; /* "done", "failed", ... */

/* Room for a program and its arguments, separated by single blanks; for a login name. */
#define PROGRAM_COMMAND_MAX 256
#define PROGRAM_USER_MAX    32

struct program_outcome {
    uint64_t decision; /* what it was about */
    enum program_role role;
    enum program_result result;
    struct stamp ended;
    int64_t took_usec; /* 0: it was not started */
    int32_t status;    /* FAILED: its exit status; negative: the signal that ended it */
    char command[PROGRAM_COMMAND_MAX];
    char words[160]; /* why it was not started, else the first line of its complaints; bytes as
                        found, escape before showing */
};

#endif
