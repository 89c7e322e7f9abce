/* The programs that the warden starts: who runs as whom, and how soon one that died is started
 * again. libc only. */
#ifndef MOM_WARDEN_CHILDREN_H
#define MOM_WARDEN_CHILDREN_H

#include "slices/base/error.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

enum child_name { CHILD_GOVERNOR, CHILD_RECORDER, CHILD_COURIER, CHILD_SCORER, CHILDREN };

struct child {
    pid_t pid;            /* 0: not running */
    int64_t started_usec; /* boot time */
    int64_t start_usec;   /* not to be started before then */
    int64_t delay_usec;   /* grows while it dies young */
    int status;           /* as of waitpid, of the last one that ended */
};

struct children {
    struct child child[CHILDREN];
    char **arguments;  /* handed on; [0] is replaced */
    char folder[4096]; /* where the programs are */
    uid_t uid;         /* of those that run unprivileged */
    gid_t gid;
    bool setgid_sendmail; /* the courier may run what is setgid or setuid */
};

extern const char *const child_programs[CHILDREN]; /* "mom-governor", ... */

/* Finds the folder: beside the running program (a build tree), else where they are installed. */
int children_find(struct children *children, struct mom_error *error);

/* Replaces this process by a child's program (--once, --check-config). Returns only on failure. */
int children_become(struct children *children, enum child_name name);

int children_start(
    struct children *children, enum child_name name, int64_t now_usec, struct mom_error *error);

/* The child with this pid has ended: sets when it may start again. Returns its name, or CHILDREN.
 */
enum child_name children_reap(struct children *children, pid_t pid, int status, int64_t now_usec);

/* Sends the signal to one child, if it runs. */
void children_signal(struct children *children, enum child_name name, int signal_number);

#endif
