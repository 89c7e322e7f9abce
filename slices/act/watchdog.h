/* A watchdog device of the kernel's (/dev/watchdog): once it is armed, the machine is booted anew
 * unless somebody pets it in time.
 *
 * What the kernel's documents say (Documentation/watchdog/watchdog-api.rst,
 * Documentation/ABI/testing/sysfs-class-watchdog), and its code (drivers/watchdog/watchdog_dev.c):
 * opening arms it, one opener at a time (EBUSY). Closing disarms it if the last thing written held
 * the letter V and it may be stopped at all (nowayout is not set); a driver without
 * WDIOF_MAGICCLOSE is disarmed by any close. One that was closed otherwise, as by a kill, goes on
 * counting, and whoever opens it then may pet or disarm it. /dev/watchdog is the first of them, as
 * /dev/watchdog0.
 *
 * libc only. All but the ioctls and the device itself is read below a root that a test may make up.
 * Thread: any, one at a time for each device; all but watchdog_pet may wait for the driver. */
#ifndef SLICES_ACT_WATCHDOG_H
#define SLICES_ACT_WATCHDOG_H

#include "slices/base/error.h"

#include <limits.h>
#include <stdbool.h>
#include <sys/types.h>

#define WATCHDOG_SYS_ROOT "/sys"

/* Yes, no, or not known: without CONFIG_WATCHDOG_SYSFS the kernel doesn't tell. */
enum watchdog_fact { WATCHDOG_UNKNOWN, WATCHDOG_NO, WATCHDOG_YES };

/* What sysfs says of it (class/watchdog/watchdogN). */
struct watchdog_facts {
    dev_t device;
    enum watchdog_fact endless;    /* nowayout: once armed, it can't be disarmed */
    enum watchdog_fact active;     /* armed now, by whomever */
    enum watchdog_fact magic_only; /* options: WDIOF_MAGICCLOSE; since Linux 6.4 */
    unsigned timeout_sec;          /* 0: unknown */
    char identity[33];             /* of the driver, escaped; "": unknown */
};

/* Of the device with this number. 0; -ENODEV: the class doesn't know it, or isn't there (all is
 * unknown then). */
int watchdog_facts_of(const char *sys_root, dev_t device, struct watchdog_facts *ret);

/* The same of the device at a path. -ENOENT and others, -ENODEV when it is no device. */
int watchdog_find(
    const char *path, const char *sys_root, struct watchdog_facts *ret, struct mom_error *error);

/* Whether it may be armed: -EPERM, with words, for one that can't be disarmed, or of which that
 * isn't known, unless `accept_endless`. */
int watchdog_check(
    const struct watchdog_facts *facts, bool accept_endless, struct mom_error *error);

struct watchdog {
    int fd; /* -1: not armed */
    unsigned timeout_sec;
    struct watchdog_facts facts;
    char path[PATH_MAX];
};

/* Arms it; then it counts to what the driver has made of `timeout_sec` (watchdog->timeout_sec). If
 * that is less than `least_sec`, it is disarmed again: -ERANGE. -EBUSY: somebody else keeps it.
 * -ENOTTY: it is no watchdog, and -ENODEV another one than `facts` are of. */
int watchdog_arm(struct watchdog *watchdog, const char *path, const struct watchdog_facts *facts,
    unsigned timeout_sec, unsigned least_sec, struct mom_error *error);

/* 0 or -errno. */
int watchdog_pet(const struct watchdog *watchdog);

/* Disarms and closes it. 0; -EBUSY, with words: it goes on counting (nowayout). Not armed: 0. */
int watchdog_disarm(struct watchdog *watchdog, const char *sys_root, struct mom_error *error);

/* Disarms one that somebody else has armed, who is dead by now. 0: it is disarmed, or gone; 1, with
 * words: it can't be; -EBUSY: somebody keeps it open, after a second still; -errno. */
int watchdog_undo(const char *path, dev_t device, const char *sys_root, struct mom_error *error);

#endif
