/* The ways by which the node goes down. What works does not return. libc only; allocates nothing.
 * Each may hang: give each a thread of its own. */
#ifndef SLICES_ACT_LAST_RESORT_H
#define SLICES_ACT_LAST_RESORT_H

#include "slices/last_resort.h"

/* After a panic the kernel waits for so long before it boots anew, where kernel.panic doesn't say.
 */
#define LAST_RESORT_PANIC_SEC 10

/* `proc_root` as "/proc": another one is that of a test, for which the machine must not go down. */

/* Whether the kernel halts after a panic, for good (kernel.panic is 0): 1, 0, or -errno. */
int last_resort_panic_halts(const char *proc_root);

/* Whether the way is there, and the kernel's log, as far as can be known without taking it: 0 or
 * -errno. */
int last_resort_look(enum last_resort way, const char *proc_root);
int last_resort_look_at_log(const char *proc_root);

/* 0: it should not have returned; -errno. reboot(2), for a test: -EOPNOTSUPP. */
int last_resort_try(enum last_resort way, const char *proc_root);

/* A line for the kernel's log, which outlives a panic where there is pstore or a crash dump; not
 * for a test. It is there when it stands on all consoles, which may be slow. 0 or -errno. */
int last_resort_say(const char *text, const char *proc_root);

#endif
