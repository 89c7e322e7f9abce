/* The governor's thread: samples every slice once a tick, brings its past up to date, decides,
 * tells the recorder and the live table, and keeps the standing list for the guard.
 *
 *   governor.c  opens everything, the loop, closes everything: the table of contents
 *   tick.c      one tick
 *   answer.c    what comes between ticks: outcomes, the guard's orders, momctl's, the past
 *   tell.c      rings and live table: how others learn of it
 *
 * All fields belong to the governor's thread unless they say otherwise. */
#ifndef MOM_GOVERNOR_GOVERNOR_H
#define MOM_GOVERNOR_GOVERNOR_H

#include "mom/common/heartbeat.h"
#include "mom/common/live.h"
#include "mom/common/options.h"
#include "mom/common/ring.h"
#include "mom/common/scores.h"
#include "mom/governor/guard.h"
#include "mom/governor/hands.h"
#include "mom/governor/holds.h"
#include "mom/governor/hooks.h"
#include "mom/governor/keepalive.h"
#include "mom/governor/limited.h"
#include "mom/governor/oom_handler.h"
#include "mom/governor/requests.h"
#include "mom/governor/victims.h"
#include "mom/governor/witness.h"
#include "policy/decide/decide.h"
#include "policy/file/policy.h"
#include "slices/base/arena.h"
#include "slices/find/hierarchy.h"
#include "slices/find/names.h"
#include "slices/find/tree.h"
#include "slices/read/node.h"
#include "slices/read/sampler.h"

#include <stdbool.h>
#include <stdint.h>

/* What is remembered of one place of the tree's table. */
struct place {
    struct watch watch;
    bool stands;          /* it was offered to the standing list */
    bool announced;       /* the recorder knows this life */
    bool hold_said;       /* a person held or released it: what the database remembers is older */
    uint64_t told_serial; /* of the slice in the live table's row; 0: none */
    uint64_t decision[ACTION_KINDS]; /* seq of the newest of each kind that the hands were given */
    int64_t told_second;             /* Unix time of the last brief */
    uint64_t faults;                 /* major faults at the last brief */
    uint64_t oom_told;  /* the kernel's OOM kills in this life, as far as the recorder knows */
    uint64_t oom_noted; /* as far as they were noted as events */
    int64_t oom_usec;   /* boot time when they were not more than were noted */
    bool oom_known;     /* the counter was seen once */
    uint8_t hint;       /* enum kernel_rank: what the kernel was told last */
    bool hinted;        /* it was told anything */
    uint32_t hint_due;  /* ticks until it is told again, of new processes */
    int64_t oom_asked_usec, oom_delay_usec; /* boot time when its OOM was asked for, and with which
                                               deadline */
    bool oom_refused_said;
};

struct governor {
    const struct options *options;
    gid_t group; /* whose members may read what mom knows */
    uint8_t boot[16];
    struct policy *policy, *retired; /* retired: the guard may still use it, */
    uint64_t retired_by;             /* until it goes by these lists or later ones */

    struct hierarchy hierarchy;
    struct names names;
    struct tree *tree;
    struct sampler *sampler;
    struct node_reader node_reader;
    uint64_t memory_nodes; /* the machine's; 0: not several (read/mems.h) */
    int proc_fd;
    struct arena arena;
    struct place *places; /* tree_capacity of them */
    uint32_t capacity;

    struct journal journal;
    struct actuator *actuator;
    struct hands *hands;
    struct guard *guard;
    struct last_resort_steps *last_resort;
    struct last_resort_view last_resort_view;
    bool panics_on_oom; /* the kernel does, by our order */
    enum last_resort way_looked_at;
    struct keepalive *keepalive;
    struct oom_handler *oom_handler;
    struct requests *requests;
    struct witness *witness;
    struct victims victims;
    struct holds holds;
    struct hooks hooks;
    struct pace pace;

    struct live live;
    struct live_state state;
    struct heartbeat heartbeat;
    struct ring_writer samples, decisions;                  /* written by this thread */
    struct ring_writer guard_ring, look_ring, outcome_ring; /* written by the guard and the hands */
    struct ring_reader past;
    bool past_open;

    struct node_sample node;
    struct scores scores; /* of an outside scorer */
    bool scored;          /* they are valid now */
    struct limited limited;
    struct standings standings;
    uint32_t unprotected_before; /* slices at the tick before */
    uint32_t oom_notes;          /* at this tick */
    int64_t warm_start_usec;     /* CPU time that pasts took at this tick */
    uint32_t kept;               /* slices whose OOM is mom's, or about to be */
    bool oom_handler_full;       /* there were more, and that was said */
    uint32_t folded_told;        /* folded groups, as far as they were noted */
    bool tells_boot_end;         /* how the boot before ended, and the recorder has not stored it */
    struct stamp last_tick;
    struct decision scratch;
    int wake_fd, timer_fd, tick_fd, signal_fd, epoll_fd; /* tick_fd: the guard wants a tick */
};

/* Runs until SIGTERM or SIGINT. Returns the exit status. */
int governor_run(const struct options *options, struct policy *policy);

/* --once: one look, printed; nothing is done, no file of the run or state dir is touched. */
int governor_once(const struct options *options, struct policy *policy);

void governor_init(struct governor *governor, const struct options *options, struct policy *policy);

/* Opens what looking takes: hierarchy, names, tree, sampler, node, one place per slice. */
int governor_open_eyes(struct governor *governor, struct mom_error *error);
void governor_close_eyes(struct governor *governor);

/* tick.c */
void governor_tick(struct governor *governor, struct stamp now);
void governor_look(struct governor *governor, struct stamp now); /* a tick that tells nobody */

/* Makes the standing list again from what is known, without reading, and hands it to the guard:
 * after a hold or a policy that must not wait for the next tick. */
void governor_restand(struct governor *governor, struct stamp now);

/* Gives a decision its number, tells it, has it carried out. */
void governor_pursue(struct governor *governor, struct place *place, struct decision *decision);

/* Gives an action to the hands. `place` NULL: the slice has gone, which the hands will find. */
void governor_hand_over(
    struct governor *governor, struct place *place, const struct action *action, struct stamp now);

/* The place of the slice that lives under this serial; NULL: it has gone. */
struct place *governor_find(
    struct governor *governor, uint64_t serial, const struct slice **ret_slice);

/* oom.c: has the slice's OOM taken over from the kernel, or given back, as is wanted by now. */
void governor_keep(
    struct governor *governor, struct place *place, const struct slice *slice, struct stamp now);
void governor_keep_all(struct governor *governor, struct stamp now);
/* What the OOM handler says: decides about slices whose tasks wait. */
void governor_hear_oom_handler(struct governor *governor, struct stamp now);

/* answer.c */
void governor_answer(struct governor *governor, struct stamp now);
/* What came of an action. */
void governor_take_outcome(
    struct governor *governor, const struct outcome *outcome, struct stamp now);

/* armed.c: what the kernel is to do by itself while a reboot would be in order. */
void governor_arm(struct governor *governor, struct stamp now);

/* watchdog.c: what is wanted of the watchdog, and how things stand with it. */
void governor_keep_watchdog(struct governor *governor, struct stamp now);

/* tell.c */
void tell_born(
    struct governor *governor, struct place *place, const struct slice *slice, struct stamp at);
void tell_vanished(
    struct governor *governor, struct place *place, const struct slice *slice, struct stamp at);
void tell_sample(struct governor *governor, struct place *place, const struct slice *slice);
/* What the kernel's OOM killer did in the slice: how often for the recorder, and each time a note.
 */
void tell_oom_kills(struct governor *governor, struct place *place, const struct slice *slice);
void tell_warm_start(struct governor *governor, const struct slice *slice, struct stamp now);
/* Whom it took, as far as that is told. */
void tell_victims(struct governor *governor, struct stamp now);
void tell_trend(struct governor *governor, const struct place *place, struct stamp at);
/* Turns the report's boot times into Unix times, as they are stored and shown. */
void tell_to_wall(struct leak_report *report, struct stamp now);
/* Which policy is in force from now on. */
void tell_policy(struct governor *governor, struct stamp at);
/* False: the ring is full, and the decision is dropped and counted. */
bool tell_decision(struct governor *governor, const struct decision *decision);
void log_decision(const struct decision *decision, bool told);
void tell_note(struct governor *governor, struct stamp at, const char *kind, const char *format,
    ...) __attribute__((format(printf, 4, 5)));
void tell_live(struct governor *governor, struct place *place, const struct slice *slice);
void tell_state(struct governor *governor);

#endif
