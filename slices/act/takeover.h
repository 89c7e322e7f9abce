/* The OOM of a group with a limit of its own, taken over from the kernel for a time: its tasks wait
 * at the limit instead of being killed, and whoever has taken it over sees that they do.
 *
 * v1: memory.oom_control. The kernel's killer is switched off for this group; who faults waits in
 * the kernel (a system call that needs memory fails instead, with ENOMEM). `under_oom` says that
 * somebody waits; an eventfd (cgroup.event_control) tells when the first does. Groups that are made
 * below meanwhile are born with their killer switched off, too: it is given back to them at once
 * (takeover_sweep), nobody has taken over theirs.
 *
 * v2: The killer can't be switched off. memory.high is set below memory.max by the waiting room:
 * who is above it, and finds nothing to reclaim, is delayed by the kernel at each step
 * (mm/memcontrol.c, calculate_high_delay: by the square of what the group is above it, two seconds
 * at most for each 256 KiB of a task). At memory.max the kernel kills as ever.
 *
 * A group is never left without a killer: the change stands in the journal before it is made
 * (JOURNAL_OOM), and whoever replays that gives it back. libc only. Thread: one at a time for each
 * takeover. */
#ifndef SLICES_ACT_TAKEOVER_H
#define SLICES_ACT_TAKEOVER_H

#include "slices/act/journal.h"
#include "slices/find/hierarchy.h"

#include <stdbool.h>
#include <stdint.h>

/* Whose OOM is to be taken over. */
struct takeover_ask {
    uint64_t serial;
    struct slice_life life;
    char path[SLICE_PATH_MAX];
    int64_t delay_usec; /* the deadline, from when its tasks wait */
};

struct takeover {
    enum hierarchy_version version;
    int group_fd; /* O_PATH; -1: nothing is taken over */
    int state_fd; /* memory.oom_control or memory.events */
    int event_fd; /* readable (v1), or an exception (v2: that of state_fd), when something happens;
                     -1: nobody tells, it is to be looked at */
    struct slice_life life;
    uint64_t room;  /* v2: where the waiting room begins, memory.high; bytes */
    uint64_t limit; /* and where it ends, memory.max; v1: the limit when it was taken over */
    uint64_t swap;  /* v2: of the look before, bytes */
    uint64_t highs; /* v2: counter of memory.events at the last look at which nobody waited */
};

/* One look at it. */
struct takeover_look {
    bool waits;        /* somebody waits for memory, and there is nothing to reclaim */
    uint64_t limit;    /* its hard limit now; bytes */
    uint64_t usage;    /* what is charged to it; bytes */
    uint64_t outlives; /* of that, what outlives its processes: files on tmpfs, shared memory */
};

/* Where the waiting room of such a limit begins. An eighth of the limit, but of what is above 1 GiB
 * a 32nd: so that one task that takes all that it can needs half a minute, or more, to get through
 * it (tests/unit/act/test_takeover_live.c does the kernel's sum); the kernel leaves out delays
 * below 10 ms, which a group has up to 1.25 % above memory.high, so it must be well above that. */
uint64_t takeover_room(uint64_t limit);

/* Takes it over: the group is open (O_PATH) and checked; `directory` is its absolute path. What is
 * opened stays so until takeover_close. -ENODATA: it has no limit. -EBUSY: somebody else has
 * switched the killer off there, or below; v2: has set memory.high lower than memory.max. -ENOSPC:
 * the journal is full. A write to memory.high may wait until as much is reclaimed. */
int takeover_begin(struct journal *journal, int group_fd, const char *directory,
    const struct slice_life *life, struct stamp now, struct takeover *ret);

/* v2: the limit was raised, and the waiting room comes along. 0; -ENODATA: there is none; -EBUSY:
 * it can't, since memory.high was set below the new limit before it was taken over; or -errno. */
int takeover_move(struct journal *journal, int group_fd, const struct slice_life *life);

/* Looks. v2: somebody waits where more than a quarter of the waiting room is in use, where what the
 * group has without what can be dropped (files' pages, reclaimable slab) is beyond its beginning,
 * where the kernel has said that memory.high was exceeded since somebody did not wait, and where
 * no more was swapped out since the look before: then reclaim has come to its end.
 * 0; -errno: -ENODEV when the group is gone; -ESTALE, v2: memory.high is not where it belongs for
 * memory.max, since somebody has changed one of them: the room is not there any more. */
int takeover_look(struct takeover *takeover, struct takeover_look *ret);

/* v1: groups below that were born without a killer have one. v2: nothing. 0 or -errno. */
int takeover_sweep(const struct takeover *takeover);

/* What takeover_begin changed in this group is as before: the part of undoing that is not the
 * journal's. v1 only; of v2 memory.high is put back as other limits are. 0 or -errno. */
int takeover_undo_v1(int group_fd);

/* Closes what is open; the takeover itself is ended by the journal (journal_undo_oom). */
void takeover_close(struct takeover *takeover);

#endif
