/* What the governor asks of the warden, and what it is told: programs of somebody else's are run
 * (mom/warden/programs.h), as the governor never forks and never waits for them. Two rings in the
 * run dir, which root alone may read: asks one way, each outcome (struct program_outcome) the
 * other. A ring that is full is the bound of the queue. */
#ifndef MOM_COMMON_PROGRAMS_H
#define MOM_COMMON_PROGRAMS_H

#include "slices/program.h"

#include <stdint.h>

#define PROGRAM_ASKS_FILE "programs.ring"
#define PROGRAM_ASKS_ACK  "programs.ack"
#define PROGRAM_ASKS_SIZE (128u * 1024)
#define PROGRAM_ENDS_FILE "program-ends.ring"
#define PROGRAM_ENDS_ACK  "program-ends.ack"
#define PROGRAM_ENDS_SIZE (64u * 1024)

enum program_record { PROGRAM_ASK = 1, PROGRAM_END };

#define PROGRAM_FACTS_MAX 4096
#define PROGRAM_GROUP_MAX 1024

/* The user that stands for mom's own account, or for nobody where there is none. */
#define PROGRAM_USER_MOM "mom"

struct program_ask {
    uint64_t decision;
    enum program_role role;
    struct stamp at;
    int64_t timeout_usec; /* for waiting in the queue, and again for running */
    char user[PROGRAM_USER_MAX];
    /* By its absolute path, or a name that is looked for in the usual folders; then its arguments.
     * A single blank stands between two. */
    char command[PROGRAM_COMMAND_MAX];
    char facts[PROGRAM_FACTS_MAX]; /* its environment: lines of NAME=VALUE */
    /* A restart: the group that was reset. Where another one stands there now, or somebody has
     * started processes in it again, nothing is run. "": not looked at. */
    char group[PROGRAM_GROUP_MAX];
    struct slice_life life;
};

#endif
