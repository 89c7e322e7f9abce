/* The live table: what the governor knew at its last tick, in a mapped file of the run dir that
 * others read (0640 root:mom). Works while the governor hangs or is stopped: nobody is asked.
 *
 * One writer, the governor's thread. Header and rows each carry a sequence number that is odd while
 * they are written (a seqlock): live_read_* copies until it got a whole one. A writer that died in
 * the middle leaves an odd number behind: the reader then gives -EAGAIN for that row after some
 * tries. */
#ifndef MOM_COMMON_LIVE_H
#define MOM_COMMON_LIVE_H

#include "policy/decide/domains.h"
#include "policy/decide/recoverable.h"
#include "policy/file/policy.h"
#include "policy/leak/leak.h"
#include "slices/base/file.h"
#include "slices/sample.h"
#include "slices/slice.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#define LIVE_FILE  "live"
#define LIVE_MAGIC 0x6d6f6d6c69766531ull /* "momlive1" */

/* How things stand with the watchdog. */
enum watchdog_phase {
    WATCHDOG_NONE,     /* the policy names none */
    WATCHDOG_DRY_RUN,  /* with --dry-run never */
    WATCHDOG_PART,     /* nor with --scope: the machine is not ours to end */
    WATCHDOG_EARLY,    /* the node has not been up for after_boot */
    WATCHDOG_UNSURE,   /* nobody knows how often the node was rebooted */
    WATCHDOG_SPENT,    /* the node has rebooted too often lately */
    WATCHDOG_AILING,   /* not armed while something is wrong */
    WATCHDOG_REFUSED,  /* it can't be armed, or petted: `error` */
    WATCHDOG_ARMED,    /* armed, and petted */
    WATCHDOG_WITHHELD, /* armed, and not petted, since something is wrong */
    WATCHDOG_PHASES
};
extern const char *const watchdog_phase_names[WATCHDOG_PHASES];

struct live_watchdog {
    enum watchdog_phase phase;
    enum ailment ailment; /* what is wrong: WATCHDOG_AILING, WATCHDOG_WITHHELD */
    uint32_t timeout_sec; /* while it is armed */
    char device[256];     /* its path */
    char identity[33];    /* of its driver; "": unknown */
    char error[256];
};

/* And with the last resort. */
struct live_last_resort {
    enum last_resort action; /* the policy's */
    enum restraint bar;      /* last_resort_bar */
    uint32_t ends;           /* of boots within a day, without a clean stop */
};

struct live_state {
    int32_t pid;
    uint8_t boot[16];
    struct stamp started, ticked; /* of the governor */
    uint64_t ticks;
    int64_t tick_cost_usec; /* CPU time of the newest tick */
    int64_t tick_usec;      /* the policy's period */
    uint64_t policy_hash;
    double time_scale;
    bool dry_run;
    uint8_t hierarchy; /* 1 or 2 */
    char scope[SLICE_PATH_MAX];
    uint32_t slices, folded, unreadable, unkept;
    uint32_t unread;                   /* slices at the newest tick, for want of descriptors */
    uint64_t resets, warnings, alarms; /* since the start */
    uint64_t dropped;                  /* records that found a ring full */
    bool witness;                      /* the kernel tells whom it kills */
    uint64_t deaths_missed;            /* times when it told more than there was room for */
    int64_t clock_stepped_usec;        /* the newest step of the wall clock */
    struct live_watchdog watchdog;
    struct live_last_resort last_resort;
    struct node_sample node;
    struct live_domain {
        char name[SLICE_PATH_MAX]; /* "": nothing in this place */
        struct node_sample sample;
    } domain[DOMAINS_MAX]; /* those that are watched; 0, the node, is not used */
};

/* On which lists a slice stands: the node's; that of the innermost limited group that is watched;
 * that of the fewest memory nodes. */
enum live_standings { LIVE_NODE, LIVE_GROUP, LIVE_MEMORY_NODES, LIVE_STANDINGS };

struct live_slice {
    struct slice slice; /* serial 0: no slice in this row */
    struct sample sample;
    struct leak_report leak; /* unscaled; its times are Unix times here */
    uint64_t footprint;
    double growth; /* bytes a second */
    enum ladder_state ladder;
    uint32_t strikes, dismissed; /* resets lately; leaks that people called none */
    int rank;
    bool protected_by_policy, held, throttled;
    enum action_kind ordered;   /* what a person has ordered, and is in force; ACTION_NONE */
    int64_t ordered_until_usec; /* Unix time */
    enum oom_state oom;         /* whose the OOM at its limit is */
    struct live_standing {
        uint32_t place; /* from 1 on; 0: not on the list. If so: */
        uint32_t domain;
        uint8_t restraint;
        struct score score;
        uint64_t gives_back; /* bytes */
    } standing[LIVE_STANDINGS];
    enum mode mode, leak_mode;
    char owner[128];
    struct stamp born;
};

/* The file. next_seq and next_serial only go up within a boot, over restarts of the governor and
 * the loss of the run dir; not in steps of one. */
struct live_header {
    uint64_t magic, version, rows;
    uint64_t row_size;
    _Atomic uint64_t next_seq, next_serial;
    _Atomic uint64_t sequence;
    struct live_state state;
};
struct live_row {
    _Atomic uint64_t sequence;
    struct live_slice slice;
};

struct live {
    struct shared_file file;
    int fd;             /* the writer's, for allocating rows; -1 for readers */
    uint32_t allocated; /* rows whose pages exist */
};

int live_create(
    struct live *live, const char *run_dir, uint32_t rows, gid_t group, struct mom_error *error);
int live_open(struct live *live, const char *run_dir, struct mom_error *error);
void live_close(struct live *live);

struct live_header *live_header(const struct live *live);
uint64_t live_next_seq(struct live *live); /* any thread of the governor */

void live_write_state(struct live *live, const struct live_state *state);
/* -ENOSPC when the run dir is full: the row is then left out. */
int live_write_slice(struct live *live, uint32_t index, const struct live_slice *slice);

/* 0; -EAGAIN when no whole copy was to be had. */
int live_read_state(const struct live *live, struct live_state *ret);
/* The same; -ENOENT where the row is empty. */
int live_read_slice(const struct live *live, uint32_t index, struct live_slice *ret);
uint32_t live_rows(const struct live *live);

#endif
