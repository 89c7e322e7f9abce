/* Commands from momctl to the governor: one fixed record each way over RUN_DIR/momd.sock
 * (SOCK_SEQPACKET). Slices are named by serial, which the caller looks up in the live table, or, by
 * whom that is not shown to, by their group's folder as stat() tells it. Who
 * may do what is decided by the peer's credentials as the kernel tells them (SO_PEERCRED,
 * SO_PEERGROUPS). */
#ifndef MOM_COMMON_CONTROL_H
#define MOM_COMMON_CONTROL_H

#include "slices/base/error.h"

#include <stdint.h>

#define CONTROL_SOCKET "momd.sock"
#define CONTROL_MAGIC  0x6d6f6d33u /* "mom3" */

enum control_verb {
    CONTROL_PING,
    CONTROL_RESET,    /* the slice, now, whatever its mode */
    CONTROL_RECLAIM,  /* `bytes` of its memory, now */
    CONTROL_THROTTLE, /* to `bytes`, for `duration_usec` */
    CONTROL_RAISE,    /* and so its limits */
    CONTROL_FREEZE,   /* for `duration_usec` */
    CONTROL_MOVE,     /* to the group `to`, for `duration_usec` */
    CONTROL_HOLD,     /* exempt the slice for `duration_usec` */
    CONTROL_RELEASE,  /* ends its hold and whatever is temporary about it; no slice: of all */
    CONTROL_DISMISS,  /* the leak that the slice is accused of is none; needs `why` */
    CONTROL_VERBS
};

struct control_request {
    uint32_t magic, verb;
    uint64_t serial;       /* 0: see below */
    uint64_t mount, inode; /* of the group's folder; inode 0: no slice is meant */
    int64_t duration_usec;
    uint64_t bytes;
    char why[128];
    char to[192]; /* a group's path */
};

struct control_reply {
    uint32_t magic;
    int32_t code;      /* 0 or negative errno: -EPERM, -ENOENT, -EBUSY, ... */
    uint64_t decision; /* seq of the decision made, 0: none */
    char text[256];
};
_Static_assert(sizeof(struct control_request) <= 512 && sizeof(struct control_reply) <= 512,
    "control records are at most 512 bytes");

/* Client: connects, sends, waits at most `timeout_usec`. Whoever is thrown out of a crowd before
 * the daemon has read what it wants (-EPIPE, -ECONNRESET) tries again: nothing was done for it yet.
 * -ECONNREFUSED/-ENOENT: no daemon; -ETIMEDOUT. */
int control_call(const char *run_dir, const struct control_request *request, int64_t timeout_usec,
    struct control_reply *ret, struct mom_error *error);

#endif
