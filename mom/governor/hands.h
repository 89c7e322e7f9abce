/* The hands: the thread that carries actions out, since writes to the kernel may block. The
 * governor's thread and the guard give it actions without waiting; it gives outcomes to the
 * recorder (ring) and back to the governor's thread (queue, with an eventfd to wake it). The
 * guard's actions go first. */
#ifndef MOM_GOVERNOR_HANDS_H
#define MOM_GOVERNOR_HANDS_H

#include "mom/common/heartbeat.h"
#include "mom/common/ring.h"
#include "slices/act/actuator.h"

#include <stdbool.h>

struct hands;

enum hands_client { HANDS_GUARD, HANDS_GOVERNOR, HANDS_CLIENTS };

struct hands_options {
    struct actuator *actuator;
    struct ring_writer *outcomes; /* this thread is its only writer */
    struct heartbeat_page *heartbeat;
    int outcome_fd; /* eventfd, written when an outcome waits */
};

int hands_open(const struct hands_options *options, struct hands **ret, struct mom_error *error);

/* Waits until what was given is done (an action gives up after its patience), then ends the thread.
 */
void hands_close(struct hands *hands);

/* False: the queue of this client is full; nothing will be done. Each client is one thread. */
bool hands_give(struct hands *hands, enum hands_client client, const struct action *action);

/* Tells the kernel's OOM killer of a slice, when there is nothing more urgent. False: the queue is
 * full. Governor's thread. */
bool hands_hint(struct hands *hands, const struct kernel_hint *hint);

/* What has been done, for the governor's thread; false: nothing new. */
bool hands_outcome(struct hands *hands, struct outcome *ret);

#endif
