/* What a tick's reading costs, against the least that it could cost: pread(2) of the very same
 * files of the same groups on descriptors that are open already.
 *
 *   pread         all files of all groups, kept open
 *   open + pread  the same, but all files that the sampler does not keep are opened each time
 *   all moved     tree_update, and sampler_read of every slice with `force`: everything is read
 *   nothing moved the same without `force`, as most ticks are
 *   ... on average over `full_every` ticks, of which the last reads everything
 *
 * All of them in turn in each round; printed are the medians over the rounds.
 * usage: bench_tick [GROUPS [ROUNDS]] */
#include "slices/base/text.h"
#include "slices/find/tree.h"
#include "slices/read/sampler.h"
#include "tests/bench/crowd.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

enum { FULL_EVERY = 15, RESCAN_TICKS = 60 }; /* as the default policy and the governor have them */
enum { FILES = 9, KEPT_FILES = 2, ROUNDS_MAX = 1000 };

/* What sampler.c reads; it keeps the first two open. */
static const char *const file_names[][FILES] = {
    [HIERARCHY_V1] = {"memory.usage_in_bytes", "memory.memsw.usage_in_bytes", "memory.stat",
        "memory.oom_control", "memory.failcnt", "memory.limit_in_bytes",
        "memory.soft_limit_in_bytes", "memory.memsw.limit_in_bytes"},
    [HIERARCHY_V2] = {"memory.current", "memory.swap.current", "memory.stat", "memory.events",
        "memory.pressure", "pids.current", "memory.max", "memory.high", "memory.swap.max"},
};

struct bench {
    struct hierarchy hierarchy;
    struct names names;
    struct crowd crowd;
    struct tree *tree;
    struct sampler *sampler;
    struct sample *samples;
    int (*fds)[FILES]; /* of each group; -1: this kernel doesn't have it */
    int *directories;
    uint32_t read_whole; /* slices of the newest tick of which everything was read */
};

/* --- What is measured ------------------------------------------------------------------------ */

static char text[16384];

static void pread_all(struct bench *bench)
{
    for (uint32_t i = 0; i < bench->crowd.count; i++)
        for (size_t f = 0; f < FILES; f++)
            if (bench->fds[i][f] >= 0)
                (void)!pread(bench->fds[i][f], text, sizeof text, 0);
}

static void open_and_pread_all(struct bench *bench)
{
    const char *const *names = file_names[bench->hierarchy.version];
    for (uint32_t i = 0; i < bench->crowd.count; i++)
        for (size_t f = 0; f < FILES; f++) {
            if (bench->fds[i][f] < 0)
                continue;
            int fd = f < KEPT_FILES ? bench->fds[i][f]
                                    : openat(bench->directories[i], names[f], O_RDONLY | O_CLOEXEC);
            (void)!pread(fd, text, sizeof text, 0);
            if (f >= KEPT_FILES)
                (void)close(fd);
        }
}

static void tick(struct bench *bench, bool force)
{
    struct tree_changes changes;
    struct stamp now = {.boot_usec = 0};
    tree_update(bench->tree, &changes);
    bench->read_whole = 0;
    for (uint32_t i = 0; i < tree_capacity(bench->tree); i++) {
        const struct slice *slice = tree_slice(bench->tree, i);
        if (!slice)
            continue;
        (void)sampler_read(bench->sampler, slice, now, force, &bench->samples[i]);
        bench->read_whole += bench->samples[i].refreshed >> SAMPLE_ANON & 1;
    }
}

static void all_moved(struct bench *bench)
{
    tick(bench, true);
}

static void nothing_moved(struct bench *bench)
{
    tick(bench, false);
}

static void many_ticks(struct bench *bench)
{
    for (int i = 0; i < FULL_EVERY; i++)
        tick(bench, false);
}

enum { PREAD, OPEN_AND_PREAD, LOOPS = 5 };
static const struct loop {
    const char *name;
    void (*run)(struct bench *bench);
    int ticks;
    double wanted; /* at most so much of pread; 0: no goal */
} loops[LOOPS] = {
    {"pread", pread_all, 1, 0},
    {"open + pread", open_and_pread_all, 1, 0},
    {"all moved (forced)", all_moved, 1, 1.3},
    {"nothing moved", nothing_moved, 1, 0.4},
    {"... on average", many_ticks, FULL_EVERY, 0},
};

/* --- Measuring ------------------------------------------------------------------------------- */

struct cost {
    double cpu_usec, wall_usec;
};
static struct cost costs[LOOPS][ROUNDS_MAX];

static double usec_of(clockid_t clock)
{
    struct timespec now;
    (void)clock_gettime(clock, &now);
    return (double)now.tv_sec * 1e6 + (double)now.tv_nsec / 1e3;
}

static struct cost measure(struct bench *bench, const struct loop *loop)
{
    double cpu = usec_of(CLOCK_PROCESS_CPUTIME_ID), wall = usec_of(CLOCK_MONOTONIC);
    loop->run(bench);
    return (struct cost){
        .cpu_usec = (usec_of(CLOCK_PROCESS_CPUTIME_ID) - cpu) / loop->ticks,
        .wall_usec = (usec_of(CLOCK_MONOTONIC) - wall) / loop->ticks,
    };
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median(double *values, int count)
{
    qsort(values, (size_t)count, sizeof *values, compare);
    return values[count / 2];
}

/* The median over the rounds of a loop's CPU time, as part of another's in the same round. */
static double ratio(int loop, int other, int rounds)
{
    static double ratios[ROUNDS_MAX];
    for (int i = 0; i < rounds; i++)
        ratios[i] = costs[loop][i].cpu_usec / costs[other][i].cpu_usec;
    return median(ratios, rounds);
}

static void print_loop(const struct bench *bench, int loop, int rounds)
{
    static double cpu[ROUNDS_MAX], wall[ROUNDS_MAX];
    for (int i = 0; i < rounds; i++) {
        cpu[i] = costs[loop][i].cpu_usec / bench->crowd.count;
        wall[i] = costs[loop][i].wall_usec / bench->crowd.count;
    }
    (void)printf("  %-20s %8.2f %8.2f %8.2f %12.2f", loops[loop].name, median(cpu, rounds),
        median(wall, rounds), ratio(loop, PREAD, rounds), ratio(loop, OPEN_AND_PREAD, rounds));
    if (loops[loop].wanted > 0)
        (void)printf("   <= %.1f of pread", loops[loop].wanted);
    (void)printf("\n");
}

/* The first round only warms up. */
static void run(struct bench *bench, int rounds)
{
    uint32_t moved_anyway = 0;
    for (int round = -1; round < rounds && !crowd_interrupted(); round++)
        for (int loop = 0; loop < LOOPS; loop++) {
            struct cost cost = measure(bench, &loops[loop]);
            if (round >= 0)
                costs[loop][round] = cost;
            if (loops[loop].run == nothing_moved)
                moved_anyway += bench->read_whole;
        }
    if (crowd_interrupted())
        return;
    (void)printf("a tick over %u slices (of %u groups) of cgroup v%d, %d rounds\n",
        tree_count(bench->tree), bench->crowd.count, bench->hierarchy.version, rounds);
    (void)printf("  %-20s %8s %8s %8s %12s   wanted\n", "us a slice", "cpu", "wall", "/ pread",
        "/ open+pread");
    for (int loop = 0; loop < LOOPS; loop++)
        print_loop(bench, loop, rounds);
    (void)printf("  (moved where nothing should: %.2f slices a tick)\n",
        (double)moved_anyway / (rounds + 1));
}

/* --- Opening --------------------------------------------------------------------------------- */

static int open_files(struct bench *bench, struct mom_error *error)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        limit.rlim_cur = limit.rlim_max;
        (void)setrlimit(RLIMIT_NOFILE, &limit);
    }
    uint32_t count = bench->crowd.count;
    bench->fds = calloc(count, sizeof *bench->fds);
    bench->directories = calloc(count, sizeof *bench->directories);
    if (!bench->fds || !bench->directories)
        return error_errno(error, -ENOMEM, "%u groups", count);
    for (uint32_t i = 0; i < count; i++) {
        char group[PATH_MAX];
        crowd_group(&bench->crowd, i, group);
        bench->directories[i] = open(group, O_PATH | O_DIRECTORY | O_CLOEXEC);
        if (bench->directories[i] < 0)
            return error_errno(error, -errno, "%s", group);
        for (size_t f = 0; f < FILES; f++) {
            const char *name = file_names[bench->hierarchy.version][f];
            bench->fds[i][f] =
                name ? openat(bench->directories[i], name, O_RDONLY | O_CLOEXEC) : -1;
            if (name && bench->fds[i][f] < 0 && errno == EMFILE)
                return error_errno(error, -EMFILE, "%u groups", count);
        }
    }
    return 0;
}

/* As mom/governor/governor.c does. */
static int open_eyes(struct bench *bench, struct mom_error *error)
{
    uint32_t capacity = 2 * bench->crowd.count + 16; /* an eighth is kept for stand-ins */
    int r = names_open(&bench->names, "", error);
    const struct tree_options options = {
        .hierarchy = &bench->hierarchy,
        .names = &bench->names,
        .scope = bench->crowd.path,
        .proc_root = "/proc",
        .max_slices = capacity,
        .rescan_ticks = RESCAN_TICKS,
        .serial_first = 1,
    };
    if (r == 0)
        r = tree_open(&options, &bench->tree, error);
    if (r == 0)
        r = sampler_open(&bench->hierarchy, capacity, FULL_EVERY, &bench->sampler, error);
    if (r < 0)
        return r;
    bench->samples = calloc(tree_capacity(bench->tree), sizeof *bench->samples);
    return bench->samples ? 0 : error_errno(error, -ENOMEM, "%u samples", capacity);
}

int main(int argc, char **argv)
{
    uint32_t count = argc > 1 ? (uint32_t)strtoul(argv[1], NULL, 10) : 1000;
    int rounds = argc > 2 ? atoi(argv[2]) : 21;
    static struct bench bench;
    struct mom_error error = {0};
    if (count == 0 || rounds < 1 || rounds > ROUNDS_MAX) {
        (void)fprintf(stderr, "usage: %s [GROUPS [ROUNDS]]\n", argv[0]);
        return 2;
    }
    int r = hierarchy_open(NULL, &bench.hierarchy, &error);
    if (r == 0)
        r = crowd_open(&bench.crowd, &bench.hierarchy, count, &error);
    if (r == 0)
        r = open_files(&bench, &error);
    if (r == 0)
        r = open_eyes(&bench, &error);
    if (r == 0)
        run(&bench, rounds);
    else
        (void)fprintf(stderr, "%s\n", error.text);
    crowd_close(&bench.crowd);
    return r < 0 || crowd_interrupted();
}
