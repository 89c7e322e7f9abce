/* The folders that mom lives in, made and checked before anything is started. libc only. */
#ifndef MOM_WARDEN_PLACES_H
#define MOM_WARDEN_PLACES_H

#include "mom/common/paths.h"
#include "slices/base/error.h"

#include <stdbool.h>
#include <sys/types.h>

struct account {
    uid_t uid;
    gid_t gid;
    bool stand_in; /* there is no user mom: 65534 stands in */
};

void places_account(struct account *ret);

/* Makes the run dir (0755 root:mom) with the recorder's and the scorer's own folders in it, and the state dir (0750
 * root:mom) with another (0750 mom:mom). The run dir must be on tmpfs: the guard may never wait for
 * a disk. */
int places_make(const struct paths *paths, const struct account *account, struct mom_error *error);

/* Takes the state dir (two recorders would mix up their rows) and RUN_DIR/momd.pid for as long as
 * the process, or a child it forks, lives. Returns the latter's descriptor; -EBUSY: another momd
 * has one of them. */
int places_lock(const struct paths *paths, struct mom_error *error);
int places_write_pid(int lock_fd);

/* Waits until a governor that a momd before us has left behind has ended, 15 s at most: it is the
 * one that may use the journal. */
void places_await_governor(const struct paths *paths);

#endif
