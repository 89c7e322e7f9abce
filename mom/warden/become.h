/* A child of the warden that has just been forked becomes the program that is asked for. libc only.
 */
#ifndef MOM_WARDEN_BECOME_H
#define MOM_WARDEN_BECOME_H

#include "mom/common/programs.h"

#include <sys/types.h>

/* Why it could not: written as a whole into the pipe that is closed when the program runs. */
struct become_failure {
    enum program_result result;
    char words[sizeof((struct program_outcome *)0)->words];
};

struct become {
    const struct program_ask *ask;
    uid_t mom_uid; /* of PROGRAM_USER_MOM */
    gid_t mom_gid;
    pid_t warden;
    int complaints_fd; /* its standard error */
    int failure_fd;    /* close-on-exec */
};

/* Never returns: executes the program, or says why not and ends. Where the user database has to be
 * asked for, that may take its time, and counts into the program's. */
_Noreturn void become_program(const struct become *become);

#endif
