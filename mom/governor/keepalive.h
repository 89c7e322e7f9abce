/* Who keeps the watchdog: arms it, has it petted while the node can be helped, disarms it.
 *
 * The guard's thread judges at each look whether anything is wrong (policy/decide/recoverable.h);
 * if not, it grants one pet. The keeper's thread pets, once for each grant: a driver may keep it
 * waiting, and whom it keeps waiting must not be the guard. It finds, arms and disarms the device,
 * too, and reads the pages of warden and recorder. The governor's thread says what is wanted, and
 * tells how things stand.
 *
 * It is armed by a grant, too: never while something is wrong. That it is armed stands in the undo
 * journal, so whoever lives after the governor disarms it; if nobody does, or the governor is dead
 * and yet not gone, the node is booted anew: that is what it is for. */
#ifndef MOM_GOVERNOR_KEEPALIVE_H
#define MOM_GOVERNOR_KEEPALIVE_H

#include "mom/common/heartbeat.h"
#include "mom/common/live.h"
#include "policy/file/policy.h"
#include "slices/act/journal.h"

#include <stdbool.h>

struct keepalive;

struct keepalive_options {
    const char *run_dir;
    const char *sys_root;
    struct journal *journal;
    struct heartbeat_page *heartbeat; /* the governor's own */
};

int keepalive_open(
    const struct keepalive_options *options, struct keepalive **ret, struct mom_error *error);

/* Disarms it. After the guard's end. */
void keepalive_close(struct keepalive *keepalive);

/* One look of the guard's at the node: grants a pet unless something is wrong. Waits for nobody.
 * Guard's thread. */
void keepalive_look(struct keepalive *keepalive, const struct policy_globals *globals,
    const struct node_watch *watch, const struct node_sample *node);

/* What is wanted from now on: by these settings, unless `bar` is anything but WATCHDOG_NONE: why it
 * must not be armed. Governor's thread. */
void keepalive_want(
    struct keepalive *keepalive, const struct watchdog_settings *settings, enum watchdog_phase bar);

/* How things stand. Governor's thread. */
void keepalive_state(struct keepalive *keepalive, struct live_watchdog *ret);

#endif
