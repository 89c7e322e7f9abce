/* Holds: a person's exemptions, by key, each with an end. They stand in a root-only file of the run
 * dir, so that they survive a governor that dies; the database remembers them over reboots. */
#ifndef MOM_GOVERNOR_HOLDS_H
#define MOM_GOVERNOR_HOLDS_H

#include "slices/base/file.h"
#include "slices/slice.h"

#include <stdbool.h>
#include <stdint.h>

#define HOLDS_MAX 256

struct holds {
    struct shared_file file;
    int used; /* rows 0 .. used-1 may hold something */
};

int holds_open(struct holds *holds, const char *run_dir, struct mom_error *error);
void holds_close(struct holds *holds);

/* Until when the key is held, in Unix microseconds; 0: it isn't. */
int64_t holds_until(const struct holds *holds, const char *key, int64_t now_unix_usec);

/* Holds a key, or ends its hold (until 0). -ENOSPC when HOLDS_MAX are in force. */
int holds_set(struct holds *holds, const char *key, int64_t until_unix_usec, int64_t now_unix_usec);

/* Ends all holds. */
void holds_clear(struct holds *holds);

#endif
