/* The hands: the threads that carry actions out, since writes to the kernel may block. The
 * governor's thread and the guard give them actions without waiting; outcomes go to the recorder
 * (ring) and back to the governor's thread (queue, with an eventfd to wake it).
 *
 * One hand is for resets alone. The others share what is less urgent: all about one slice goes to
 * the same one, in the order in which it was given. There a write that lasts is cut short
 * (hands_watch), and one that can't be, since it waits for a disk, keeps that hand alone. */
#ifndef MOM_GOVERNOR_HANDS_H
#define MOM_GOVERNOR_HANDS_H

#include "mom/common/heartbeat.h"
#include "mom/common/ring.h"
#include "slices/act/actuator.h"
#include "slices/act/takeover.h"

#include <stdbool.h>

struct hands;
struct oom_handler;

enum hands_client { HANDS_GUARD, HANDS_GOVERNOR, HANDS_CLIENTS };

struct hands_options {
    struct actuator *actuator;
    struct ring_writer *outcomes; /* written by these threads, and by hands_record */
    struct heartbeat_page *heartbeat;
    struct oom_handler *oom_handler; /* gets what was taken over; must outlive the hands */
    int outcome_fd;                  /* eventfd, written when an outcome waits */
};

int hands_open(const struct hands_options *options, struct hands **ret, struct mom_error *error);

/* Waits until what was given is done (a reset gives up after its patience and is not preceded by
 * asking any more, all else is cut short), then ends the threads. */
void hands_close(struct hands *hands);

/* False: the queue of this client is full; nothing will be done. Each client is one thread. */
bool hands_give(struct hands *hands, enum hands_client client, const struct action *action);

/* Tells the kernel's OOM killer of a slice, when there is nothing more urgent. False: the queue is
 * full. Governor's thread. */
bool hands_hint(struct hands *hands, const struct kernel_hint *hint);

/* What somebody else has done, or couldn't, goes into the record by the same way. Governor's
 * thread.
 */
void hands_record(struct hands *hands, const struct outcome *outcome);

/* Takes a slice's OOM over from the kernel, in turn with the actions on that slice; the OOM handler
 * tells what came of it. False: the queue is full. Governor's thread. */
bool hands_take_over(struct hands *hands, const struct takeover_ask *ask);

/* What has been done, for the governor's thread; false: nothing new. */
bool hands_outcome(struct hands *hands, struct outcome *ret);

/* An action that lasts longer than it should. */
struct hands_stuck {
    uint64_t decision;
    enum action_kind kind;
    int64_t since_usec; /* boot time */
};
/* Cuts short what has lasted for HANDS_SLOW_USEC: the kernel stops reclaiming for a limit, which is
 * in force nevertheless, or leaves it as it was. True, once for each action: that did not help for
 * HANDS_STUCK_USEC. To be called every second or so, from the governor's thread. */
#define HANDS_SLOW_USEC  (2 * 1000000ll)
#define HANDS_STUCK_USEC (10 * 1000000ll)
bool hands_watch(struct hands *hands, int64_t now_usec, struct hands_stuck *ret);

#endif
