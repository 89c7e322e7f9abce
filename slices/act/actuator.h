/* Carries out one action on one slice, and says what came of it.
 *
 * actuator.c does what all ways have in common: open the group, check that it is still the same
 * life, check the scope, go down to the largest job where these are independent, take the process
 * table, measure, act, verify until empty, measure again.
 * The way of acting is one of four backends: v2 (cgroup.kill), v1 (freeze, SIGKILL, thaw), dry-run
 * (everything but the last write), recording (writes down what it was asked, for tests).
 *
 * Threads: the actuator's ("hands"), several, but of one slice one at a time (a reset may
 * overtake); hints and tidying on one of them. Calls may block in the kernel. Allocates at open
 * only. */
#ifndef SLICES_ACT_ACTUATOR_H
#define SLICES_ACT_ACTUATOR_H

#include "slices/act/journal.h"
#include "slices/action.h"
#include "slices/base/error.h"
#include "slices/find/hierarchy.h"

#include <stdbool.h>
#include <stdint.h>

struct actuator;

struct actuator_options {
    const struct hierarchy *hierarchy; /* must outlive the actuator */
    struct journal *journal; /* must outlive the actuator; may be NULL for dry-run, recording */
    const char *scope;       /* actions outside it are refused; "" or "/": none are */
    const char *proc_root;   /* "/proc" */
    const uint8_t *boot;     /* 16 bytes: this boot's id */
    bool dry_run;
    bool recording;
    int64_t patience_usec; /* a reset gives up after so long; 0: 10 s */
    struct stamp (*now)(void);
};

int actuator_open(
    const struct actuator_options *options, struct actuator **ret, struct mom_error *error);
void actuator_close(struct actuator *actuator);

/* Always fills *outcome; *processes is the slice's table as it was before, also for a warning. */
void actuator_apply(struct actuator *actuator, const struct action *action, struct outcome *outcome,
    struct process_table *processes);

/* Tells the kernel's OOM killer of a slice. 0; -errno; -ENODEV: it has gone, or another life stands
 * there. A dry run tells nothing. */
int actuator_hint(struct actuator *actuator, const struct kernel_hint *hint);

/* Takes a slice's OOM over from the kernel (takeover.h). 0; -errno: -ENODEV: it has gone, or
 * another life stands there; -EPERM: outside the scope; -ECANCELED: a dry run takes nothing over;
 * else as takeover_begin. */
struct takeover;
struct takeover_ask;
int actuator_take_over(
    struct actuator *actuator, const struct takeover_ask *ask, struct takeover *ret);

/* Tries again to undo what was in the journal when the actuator was opened, and is still, or could
 * not be undone after a reset. */
void actuator_tidy(struct actuator *actuator);

/* Forgets what was changed of groups that are gone. */
void actuator_sweep(struct actuator *actuator);

/* From now on nobody is asked before a reset: mom is to end. Any thread. */
void actuator_hurry(struct actuator *actuator);

/* What the recording backend was asked, oldest first. Returns how many; *ret points into the
 * actuator. */
uint32_t actuator_recorded(const struct actuator *actuator, const struct action **ret);

#endif
