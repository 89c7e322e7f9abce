/* What the tests of slices/act share: a run dir, a journal, an actuator over some hierarchy. */
#ifndef TESTS_UNIT_ACT_BENCH_H
#define TESTS_UNIT_ACT_BENCH_H

#include "slices/act/actuator.h"
#include "tests/unit/read/live.h"

struct bench {
    struct hierarchy hierarchy;
    struct journal journal;
    struct actuator_options options; /* may be changed before bench_apply */
    bool independent;                /* what bench_apply asks for is about the largest job */
    char run_dir[64];
    struct outcome outcome; /* of the last bench_apply */
    struct process_table processes;
};

/* Sets options for an enforcing actuator over bench->hierarchy, which the caller has filled. */
void bench_open(struct bench *bench);
void bench_close(struct bench *bench);

/* The same over this machine's trees where there are any, with one slice in a scope of its own. */
void bench_open_live(
    struct bench *bench, const char *name, char scope[static SLICE_PATH_MAX], struct slice *slice);
void bench_close_live(struct bench *bench);

/* Asks an actuator made from the options for this, as decision number 7. */
enum action_result bench_apply(
    struct bench *bench, enum action_kind kind, const struct slice *slice);

/* How many rows of the journal are in use. */
int bench_journalled(const struct bench *bench);

/* The action that bench_apply would ask for. */
struct action bench_action(enum action_kind kind, const struct slice *slice);

/* Where nothing can be written to the machine's trees; live_open has said why. For a test that
 * calls its bench `bench`. */
#define SKIP_IF_NOT_LIVE()                                                                         \
    do {                                                                                           \
        if (bench.hierarchy.root_fd < 0)                                                           \
            skip();                                                                                \
    } while (0)

#endif
