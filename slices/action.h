/* What is done to a slice, and what came of it. Made by policy (an action), carried out by
 * slices/act (an outcome), stored by the recorder: open types that flow. */
#ifndef SLICES_ACTION_H
#define SLICES_ACTION_H

#include "slices/sample.h"
#include "slices/slice.h"

#include <stdbool.h>
#include <stdint.h>

enum action_kind {
    ACTION_NONE,
    ACTION_RECORD,   /* nothing but the record: an observation worth keeping */
    ACTION_ALARM,    /* tell the operators: what should be done may not be done (protected, mode,
                        reboot) */
    ACTION_WARN,     /* tell the owner and the operators */
    ACTION_RECLAIM,  /* push so much of its memory out now: what it needs least, to swap or disk */
    ACTION_THROTTLE, /* let it have but so much memory without delay, until it is released */
    ACTION_RAISE,    /* let it have so much memory, until it is released */
    ACTION_FREEZE,   /* it stands still, until it is released */
    ACTION_MOVE,     /* its processes take memory at another group's cost, until it is released */
    ACTION_RELEASE,  /* all that it was throttled, raised, frozen or moved by is as before */
    ACTION_RESET,    /* kill the whole slice, or its largest job */
    ACTION_REBOOT,   /* the last resort: the node boots anew (last_resort.h); of no slice */
    ACTION_KINDS
};
extern const char *const action_kind_names[ACTION_KINDS]; /* "none", "record", "alarm", ... */

/* Whether it changes anything about the slice, or the node. */
static inline bool action_is_deed(enum action_kind kind)
{
    return kind >= ACTION_RECLAIM;
}

/* Whether it is undone by ACTION_RELEASE. */
static inline bool action_lasts(enum action_kind kind)
{
    return kind >= ACTION_THROTTLE && kind < ACTION_RELEASE;
}

/* What a slice may have of what memory is filled and swapped with; 0: as it is. */
struct rates {
    double cpu_percent; /* of one processor's time */
    uint64_t io_bytes;  /* a second, of reads and of writes each, on each disk */
};

struct action {
    enum action_kind kind;
    uint64_t
        decision; /* sequence number of the decision that asks for it, unique within the boot */
    int64_t grace_usec; /* a reset: they are asked to end, and have so long for it, before they are
                           killed; 0: not asked */
    bool independent; /* a reset: the slice's jobs do without each other; the largest goes alone */
    struct slice_life life;
    char path[SLICE_PATH_MAX];
    uint64_t bytes;     /* ACTION_RECLAIM, ACTION_THROTTLE, ACTION_RAISE: how much; of a throttle 0:
                           what it has */
    struct rates rates; /* ACTION_THROTTLE: what else it is held back to */
    char to[SLICE_PATH_MAX]; /* ACTION_MOVE: the other group; else "" */
};

/* What the kernel's OOM killer is told of a slice, should it be first. */
enum kernel_rank {
    HINT_NONE,   /* nothing: it goes by size */
    HINT_FIRST,  /* this one next */
    HINT_LATER,  /* after those that it is told nothing of */
    HINT_SPARED, /* last of all */
    KERNEL_HINTS
};
struct kernel_hint {
    struct slice_life life;
    char path[SLICE_PATH_MAX];
    enum kernel_rank rank;
    bool together; /* all of its processes, or none */
};

enum action_result {
    RESULT_DONE,       /* a reset: verified empty */
    RESULT_DRY_RUN,    /* all but the last write */
    RESULT_RECORDED,   /* the recording actuator took it */
    RESULT_INCOMPLETE, /* a reset: survivors after the last round; a freeze: not all stand still; a
                          release: it holds more than a raised limit was before; a reclaim: less
                          than was asked for */
    RESULT_VANISHED,   /* the group is gone */
    RESULT_STRANGER,   /* another life under the same path: nothing was done */
    RESULT_REFUSED,    /* outside the scope, or protected */
    RESULT_FAILED,     /* see the error text */
    ACTION_RESULTS
};
extern const char *const action_result_names[ACTION_RESULTS]; /* "done", "dry-run", ... */

/* One process as it was before the action, from /proc/PID/stat and status alone. */
struct process_row {
    int32_t pid, parent;
    uint32_t uid;
    char state;    /* 'R', 'S', 'D', 'Z', ... */
    char comm[16]; /* bytes as found; escape before showing */
    uint64_t vsz_bytes, rss_bytes, swap_bytes;
    uint64_t start_ticks; /* field 22 of stat: clock ticks since boot */
};

#define PROCESS_TABLE_MAX 64

struct process_table {
    uint32_t count; /* rows filled: the largest by rss + swap among those read */
    uint32_t total; /* processes seen in the slice */
    bool complete;  /* all of them were read within the time allowed */
    struct process_row row[PROCESS_TABLE_MAX];
};

#define OUTCOME_SURVIVORS_MAX 8

struct outcome {
    uint64_t decision;
    enum action_kind kind;
    enum action_result result;
    struct stamp started, ended;
    char job[SLICE_PATH_MAX]; /* the nested group that went instead of the slice, and that all
                                 below is about; "": the slice itself */
    uint32_t rounds; /* how often the slice was killed until it was empty; 0: it went when asked */
    uint32_t processes_before; /* of the slice and all groups nested below it */
    uint32_t survivors;
    int32_t survivor[OUTCOME_SURVIVORS_MAX]; /* their first pids */
    uint64_t bytes_before, bytes_after;      /* memory + swap charged to the group; a reclaim:
                                                memory alone */
    uint64_t bytes_freed;                    /* before - after, 0 where it grew */
    char error[160];                         /* "" or what went wrong */
};

#endif
