/* Can a process still be started on this node? Tried every few seconds while the governor wants to
 * know it (the watchdog is petted by it), by a child of the warden's own, since a fork may have to
 * wait for memory, and the warden must not. When it last worked stands in a page of the run dir, as
 * HEART_FORK. libc only. */
#ifndef MOM_WARDEN_FORKS_H
#define MOM_WARDEN_FORKS_H

#include "mom/common/heartbeat.h"

#include <stdbool.h>
#include <sys/types.h>

struct forks {
    struct heartbeat heartbeat;
    pid_t pid;          /* of who tries; 0: nobody */
    int64_t start_usec; /* boot time; not before */
    bool wanted;
};

#define FORKS_TRY_SEC 5

int forks_open(struct forks *forks, const char *run_dir, struct mom_error *error);

/* Starts who tries, or ends it. Often. */
void forks_round(struct forks *forks, bool wanted, int64_t now_usec);

/* It was wanted, and has not worked for FORKS_FAILED_USEC. */
#define FORKS_FAILED_USEC (4 * FORKS_TRY_SEC * 1000000ll)
bool forks_failed(const struct forks *forks, int64_t now_usec);

/* False: the process that has ended was another. */
bool forks_reap(struct forks *forks, pid_t pid, int64_t now_usec);

/* Ends it without waiting for it. */
void forks_close(struct forks *forks);

#endif
