/* The OOM of a slice at its own limit, taken over from the kernel (slices/act/takeover.h): whether
 * it is to be, and what is known of a slice whose tasks wait. What is decided then is decide_oom's.
 * Pure. */
#ifndef POLICY_DECIDE_OOM_H
#define POLICY_DECIDE_OOM_H

#include "slices/sample.h"
#include "slices/slice.h"

#include <stdbool.h>
#include <stdint.h>

enum oom_state {
    OOM_KERNELS, /* the kernel's killer acts as ever */
    OOM_ASKED,   /* it is about to be taken over */
    OOM_TAKEN,
    OOM_RETURNING, /* given back, and not known to be back yet */
    OOM_LATE,      /* mom was late once: the kernel's, until it is armed again */
    OOM_STATES
};

/* The kernel's killer, let loose after a deadline, is taken over again when it has had nothing to
 * do for so long. Real time, as all about it. */
#define OOM_REARM_USEC (10 * 60 * 1000000ll)
/* What could not be taken over is tried again after so long. */
#define OOM_AGAIN_USEC (60 * 1000000ll)

/* Times are boot times. */
struct oom {
    enum oom_state state;
    int64_t quiet_usec; /* since when the kernel kills nobody in it, as far as is known */
    int64_t again_usec; /* not before then */
    uint64_t kills;     /* its counter at the newest sample */
};

struct watch;

/* By the newest sample: is the slice's OOM to be mom's? Arms it again, where that is due. */
bool oom_wanted(struct watch *watch, const struct slice *slice, struct stamp now);

/* What has come of it. */
void oom_asked(struct watch *watch);
void oom_taken(struct watch *watch);
void oom_refused(struct watch *watch, struct stamp now); /* it could not be taken over */
void oom_returning(struct watch *watch);
void oom_returned(struct watch *watch); /* it is the kernel's, may be asked for again at once */
void oom_late(struct watch *watch, struct stamp now);

/* A person has the slice released: what was late is forgotten. */
void oom_rearm(struct watch *watch);

/* Of a slice whose tasks wait, as it was looked at then. Bytes and microseconds. */
struct oom_facts {
    uint64_t limit, usage;
    uint64_t outlives; /* of its usage, what a reset would leave */
    int64_t waited_usec, delay_usec;
    bool late;                     /* the kernel's killer is loose already */
    uint64_t available, swap_free; /* of the node, just read; SAMPLE_NO_LIMIT: unknown */
};

#endif
