/* The locks by which mom's programs know of one another: files of the run dir, and one of the state
 * dir, held by flock(2) for as long as their holder lives, however it ends. libc only. */
#ifndef MOM_COMMON_LOCK_H
#define MOM_COMMON_LOCK_H

#include "slices/base/error.h"

#include <stdint.h>

#define WARDEN_LOCK_FILE "momd.pid"  /* of the one momd; holds its pid, for people */
#define STATE_LOCK_FILE  "momd.lock" /* in the state dir, of the momd whose it is */
#define GOVERNOR_LOCK_FILE                                                                         \
    "governor.lock" /* of the one governor: the journal and the rings are its */

/* Takes the lock `name` in the folder, and makes the file where there is none. Returns a descriptor
 * that holds it until it is closed, here and in every process that inherits it; -EBUSY: somebody
 * else has it. Never waits. */
int lock_take(const char *folder, const char *name, struct mom_error *error);

/* The same; whoever has it gets so long to end. */
int lock_await(
    const char *folder, const char *name, int64_t patience_usec, struct mom_error *error);

#endif
