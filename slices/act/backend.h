/* The inside of the actuator: one action under way, and the ways to carry it out. */
#ifndef SLICES_ACT_BACKEND_H
#define SLICES_ACT_BACKEND_H

#include "slices/act/actuator.h"
#include "slices/act/cage.h"

#include <pthread.h>
#include <stdatomic.h>

#define ACTUATOR_RECORDED_MAX 256

struct actuator {
    struct actuator_options options;
    const struct backend *backend;
    int proc_fd;
    struct action *recorded; /* ACTUATOR_RECORDED_MAX of them, or NULL */
    uint32_t recorded_count;
    bool hints_noted; /* in the journal */
    struct left_over {
        bool is;
        uint64_t decision;
        int64_t made_usec;
    } left_over[JOURNAL_ENTRIES]; /* rows of the journal that nobody else will undo */
    pthread_mutex_t left_lock;
    atomic_bool hurries;
};

/* One action while it is carried out. */
struct attempt {
    struct actuator *actuator;
    const struct action *action;
    struct outcome *outcome;
    int group_fd;      /* checked: the life that the action is aimed at */
    struct action job; /* what `action` points to once a job goes instead of the slice */
    int64_t deadline_usec;
    struct cage cage;
};

/* A way to carry out a reset; the recording one takes every action. Says why in outcome->error
 * where it fails. */
struct backend {
    const char *name;
    bool takes_all;
    bool kills; /* it does what it is asked to */
    enum action_result (*carry_out)(struct attempt *attempt);
};

/* The path lies below the scope: actions outside are refused. */
bool actuator_reaches(const struct actuator *actuator, const char *path);

/* A row of the journal that couldn't be undone is left to actuator_tidy. */
void actuator_leave(struct actuator *actuator, int row);

extern const struct backend backend_v1, backend_v2, backend_dry_run, backend_recording;

/* attempt.c: what the backends have in common. */

/* Sets outcome->error, with the text of -code behind it. Returns RESULT_FAILED. */
enum action_result attempt_fail(struct attempt *attempt, int code, const char *words);

/* Sets outcome->error. Returns RESULT_REFUSED. */
enum action_result attempt_refuse(struct attempt *attempt, const char *words);

/* Undoes what stands in the journal of such kinds for the life of the action; `words` go with a
 * failure. */
enum action_result attempt_undo(
    struct attempt *attempt, bool (*is_meant)(enum journal_kind kind), const char *words);

/* Starts the clock of the patience. */
void attempt_start(struct attempt *attempt);
bool attempt_timed_out(const struct attempt *attempt);

/* Sleeps a little, longer each time: 1 to 50 ms. *msec is 0 at the first call. */
void attempt_nap(unsigned *msec);

/* No action may touch these: mom itself, the one that started it, process 1. */
bool attempt_spares(int32_t pid);

/* Whether the process is in the slice at this moment. */
bool attempt_is_member(const struct attempt *attempt, int32_t pid);

int attempt_kill_members(struct attempt *attempt); /* SIGKILL */

/* Asks every process of the slice, or job, to end (SIGTERM), and gives them action->grace_usec for
 * it. True: all have. */
bool attempt_ask_to_end(struct attempt *attempt);

/* How long a round lasts: where forking is stopped, the killed are given time to be gone; where it
 * is not, killing must outrun it. */
#define ROUND_USEC      250000
#define ROUND_RACE_USEC 1000

/* Calls `kill_all` until the slice is empty or time is up; at real-time priority where that is
 * allowed, since a fork bomb leaves everybody else next to no CPU. */
enum action_result attempt_rounds(
    struct attempt *attempt, int (*kill_all)(struct attempt *attempt), int64_t round_usec);

#endif
