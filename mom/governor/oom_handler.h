/* The OOM handler: the thread that watches the slices whose OOM was taken over from the kernel
 * (slices/act/takeover.h). It tells the governor's thread at once when the tasks of one wait, and
 * when they have waited for as long as the policy says, lets the kernel's killer loose by itself,
 * whatever the governor's thread is doing. What it keeps stands in the heartbeat, so that the
 * warden knows when nobody watches any more.
 *
 * Takings come from the hands' threads, orders to give back from the governor's thread. Words go to
 * the governor's thread. Never waits for either. */
#ifndef MOM_GOVERNOR_OOM_HANDLER_H
#define MOM_GOVERNOR_OOM_HANDLER_H

#include "mom/common/heartbeat.h"
#include "slices/act/actuator.h"
#include "slices/act/takeover.h"

#include <stdbool.h>
#include <stdint.h>

struct oom_handler;

struct oom_handler_options {
    struct journal *journal;
    struct heartbeat_page *heartbeat;
    int word_fd; /* eventfd, written when a word waits */
};

/* So many slices at once, as there are rows in the journal. */
#define OOM_HANDLER_MOST JOURNAL_TAKEOVERS

enum oom_handler_news {
    OOM_HANDLER_TAKEN,    /* it is kept from now on */
    OOM_HANDLER_REFUSED,  /* it could not be taken over: `error` */
    OOM_HANDLER_WAITS,    /* its tasks wait: told at once, and every second while they do */
    OOM_HANDLER_LATE,     /* they have waited for too long: the kernel's killer is loose */
    OOM_HANDLER_RETURNED, /* given back: as was asked, or since somebody has changed its limits */
};

struct oom_handler_word {
    enum oom_handler_news news;
    uint64_t serial;
    int error;          /* -errno */
    int64_t at_usec;    /* of the look; boot time, */
    int64_t since_usec; /* and since when they wait */
    int64_t delay_usec;
    struct takeover_look look;
};

int oom_handler_open(
    const struct oom_handler_options *options, struct oom_handler **ret, struct mom_error *error);

/* Ends the thread. What is kept is given back by the journal. */
void oom_handler_close(struct oom_handler *oom_handler);

/* Takes over, and keeps it. A word follows. A hand's thread; may wait in the kernel. */
void oom_handler_take(
    struct oom_handler *oom_handler, struct actuator *actuator, const struct takeover_ask *ask);

/* Has it given back. A word follows, where it is kept. Governor's thread. */
void oom_handler_return(struct oom_handler *oom_handler, uint64_t serial);

/* The next word; false: none. Governor's thread. */
bool oom_handler_next(struct oom_handler *oom_handler, struct oom_handler_word *ret);

#endif
