/* Runs the operators' programs for the governor: notify, hooks, restarts. Few at a time, each
 * within its time, as the user that the policy names, in a session of its own, with nothing of ours
 * open. It is told facts by its environment; what it says to standard output is thrown away, of its
 * complaints the first line is kept. What it leaves behind in its process group is ended with it.
 *
 * What is asked stands in a ring (mom/common/programs.h) and is taken only when there is a place: a
 * program is started once or never, whoever dies meanwhile. Never waits. libc only. */
#ifndef MOM_WARDEN_PROGRAMS_H
#define MOM_WARDEN_PROGRAMS_H

#include "mom/common/programs.h"
#include "mom/common/ring.h"
#include "slices/base/error.h"

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

enum { PROGRAMS_AT_ONCE = 4 };

struct program {
    pid_t pid; /* 0: a free place; else that of its process group, too */
    struct program_outcome outcome;
    int64_t started_usec; /* boot time */
    int64_t until_usec;   /* then it is ended, and then again */
    bool warned;          /* it was asked to end */
    bool own;             /* the warden's: what comes of it goes into the log */
    bool told;            /* the governor, or the log, knows what came of it */
    int complaints_fd;    /* the reading end of its standard error; -1: closed */
    int failure_fd;       /* of a pipe that says why it could not be started */
};

struct programs {
    uid_t uid; /* mom's own account */
    gid_t gid;
    char asks_path[PATH_MAX], asks_ack[PATH_MAX];
    struct ring_reader asks; /* fd -1: not there yet */
    struct ring_writer ends;
    struct program program[PROGRAMS_AT_ONCE];
    struct program_ask ask;                           /* the newest */
    _Alignas(uint64_t) char buffer[RING_PAYLOAD_MAX]; /* one record */
};

/* -errno: the run dir can't hold the ring. Then no program may be run. */
int programs_open(
    struct programs *programs, const char *run_dir, uid_t uid, gid_t gid, struct mom_error *error);

/* Often: ends what has taken too long, starts what is asked for. */
void programs_round(struct programs *programs, int64_t now_usec);

/* Runs a program of the warden's own, as root. False: there is no place for it now. */
bool programs_run(
    struct programs *programs, const char *command, int64_t timeout_usec, int64_t now_usec);

/* The child `pid` has ended and is about to be waited for: what is left of its group is killed
 * while its number can be nobody else's. Does nothing for a pid that is no program's. */
void programs_bury(struct programs *programs, pid_t pid);

/* It has been waited for. False: it was no program. */
bool programs_reap(struct programs *programs, pid_t pid, int status, int64_t now_usec);

/* Kills all that run. They have yet to be reaped. */
void programs_end(struct programs *programs);

#endif
