/* Signs of life in the run dir: each program's threads say when they last went round, the warden
 * reads. A mapped file of a few words that its owner writes; readers pread it, so that nobody's
 * truncation can hurt them. libc only. */
#ifndef MOM_COMMON_HEARTBEAT_H
#define MOM_COMMON_HEARTBEAT_H

#include "slices/base/file.h"

#include <stdatomic.h>
#include <stdint.h>

enum heart {
    HEART_GOVERNOR,
    HEART_GUARD,
    HEART_HANDS,
    HEART_OOM_HANDLER,
    HEART_RECORDER,
    HEART_COMMIT, /* the recorder: its database took something, for good */
    HEART_FORK,   /* the warden: a process was started, and ended well */
    HEARTS
};

#define HEARTBEAT_GOVERNOR_FILE "heartbeat"
#define HEARTBEAT_RECORDER_FILE "recorder/heartbeat"
#define HEARTBEAT_WARDEN_FILE   "warden-heartbeat"

struct heartbeat_page {
    _Atomic int64_t beat_usec[HEARTS]; /* boot time of the last beat; 0: never */
    _Atomic uint32_t mail_due;         /* the recorder: mails wait for a courier */
    _Atomic uint32_t scorer_wanted;    /* the governor: policy asks for an outside scorer */
    _Atomic uint32_t forks_wanted;     /* the governor: whether processes can be started */
    _Atomic uint32_t ready;            /* the governor: started, sampling, may be told to systemd */
    _Atomic uint32_t kept;           /* the OOM handler: of so many slices the OOM was taken over */
    _Atomic int64_t kept_until_usec; /* the tasks of one wait for mom until then, boot time; 0 */
};

struct heartbeat {
    struct shared_file file;
};

int heartbeat_create(
    struct heartbeat *heartbeat, const char *path, gid_t group, struct mom_error *error);
struct heartbeat_page *heartbeat_page(const struct heartbeat *heartbeat);

/* Reads the page of another program. -ENOENT and others: no sign of life. */
int heartbeat_read(const char *path, struct heartbeat_page *ret);

#endif
