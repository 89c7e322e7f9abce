#include "scene.h"

#include "db/store.h"
#include "mom/common/clock.h"
#include "mom/common/live.h"
#include "slices/base/text.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

enum { SLICES = 3 };

static const struct {
    const char *key, *name, *path;
    enum slice_kind kind;
    const char *runtime;
} cast[SLICES] = {
    {"docker:web", "web", "/docker/1", SLICE_CONTAINER, "docker"},
    {"docker:wiki", "wiki", "/docker/2", SLICE_CONTAINER, "docker"},
    {"user:1000", "\x1b[31m\nroot,\"", "/user.slice/user-1000.slice", SLICE_USER, "systemd"},
};

static struct slice slice_of(uint32_t i)
{
    struct slice slice = {.index = i, .serial = i + 1, .kind = cast[i].kind, .uid = 1000};
    slice.life.boot[0] = 7;
    slice.life.inode = 100 + i;
    (void)text_copy(slice.key, sizeof slice.key, cast[i].key);
    (void)text_copy(slice.name, sizeof slice.name, cast[i].name);
    (void)text_copy(slice.path, sizeof slice.path, cast[i].path);
    (void)text_copy(slice.runtime, sizeof slice.runtime, cast[i].runtime);
    return slice;
}

static void check(int r, const struct mom_error *error)
{
    if (r < 0)
        fail_msg("%s", error->text);
}

static struct stamp at(int64_t sec)
{
    return (struct stamp){.boot_usec = (1000 + sec) * USEC_PER_SEC,
        .unix_usec = SCENE_UNIX_USEC + sec * USEC_PER_SEC};
}

static void store_samples(struct db *db)
{
    struct mom_error error = {0};
    for (int64_t sec = 1 - SCENE_SAMPLES; sec <= 0; sec++)
        for (uint32_t i = 0; i < SLICES; i++) {
            uint32_t pages = (uint32_t)(25600 + (i == 0 ? 256 * (sec + SCENE_SAMPLES) : 0));
            const struct sample_brief brief = {.serial = i + 1,
                .unix_usec = at(sec).unix_usec,
                .limit_bytes = i == 0 ? 1 << 30 : SAMPLE_NO_LIMIT,
                .rss = pages,
                .footprint = pages,
                .current = pages,
                .have = BRIEF_RSS | BRIEF_FOOTPRINT | BRIEF_CURRENT};
            check(store_sample(db, &brief, &error), &error);
        }
    check(store_flush(db, &error), &error);
}

static void store_reset(struct db *db)
{
    struct mom_error error = {0};
    const struct slice slice = slice_of(0);
    struct decision decision = {.seq = 17,
        .incident = 17,
        .at = at(-20),
        .wanted = ACTION_RESET,
        .action = ACTION_RESET,
        .reason = REASON_NODE_RULE,
        .rule = "swap-used-up",
        .serial = slice.serial,
        .life = slice.life,
        .mode = MODE_ENFORCE,
        .rank = -5,
        .runners_up = 1,
        .runner_up = {{.key = "user:1000", .rank = 0, .score = 2.5}}};
    (void)text_copy(decision.key, sizeof decision.key, slice.key);
    (void)text_copy(decision.name, sizeof decision.name, slice.name);
    (void)text_copy(decision.path, sizeof decision.path, slice.path);
    evidence_add(&decision.evidence, "mem_available", UNIT_BYTES, 4096, '<', 8192);
    const struct outcome outcome = {.decision = 17,
        .kind = ACTION_RESET,
        .result = RESULT_DONE,
        .started = at(-20),
        .ended = at(-19),
        .rounds = 1,
        .processes_before = 1,
        .bytes_before = 3 << 20,
        .bytes_after = 1 << 20,
        .bytes_freed = 2 << 20};
    const struct process_table processes = {.count = 1,
        .total = 1,
        .complete = true,
        .row = {{.pid = 4194303, .parent = 1, .uid = 33, .state = 'S', .comm = "ng\x1b[2Jinx"}}};
    check(store_decision(db, &decision, &error), &error);
    check(store_outcome(db, &outcome, &processes, &error), &error);
    const struct program_outcome program = {.decision = 17,
        .role = PROGRAM_BEFORE,
        .result = PROGRAM_FAILED,
        .ended = decision.at,
        .took_usec = 1500000,
        .status = 3,
        .command = "/bin/before -n",
        .words = "no\x1b[2Jthanks"};
    check(store_program(db, &program, &error), &error);
}

static void make_folder(char path[PATH_MAX], const char *dir, const char *name)
{
    (void)text_format(path, PATH_MAX, "%s/%s", dir, name);
    (void)mkdir(path, 0700);
}

void scene_make_database(const char *dir)
{
    char folder[PATH_MAX], path[PATH_MAX + 16];
    struct db *db;
    struct mom_error error = {0};
    make_folder(folder, dir, "state");
    make_folder(folder, dir, "state/recorder");
    (void)text_format(path, sizeof path, "%s/mom.db", folder);
    check(db_open(path, DB_WRITE, &db, &error), &error);
    check(db_begin(db, &error), &error);
    check(store_boot(db, slice_of(0).life.boot, at(-SCENE_SAMPLES), &error), &error);
    for (uint32_t i = 0; i < SLICES; i++) {
        const struct slice slice = slice_of(i);
        check(store_slice_born(db, &slice, at(-SCENE_SAMPLES), &error), &error);
    }
    store_samples(db);
    struct node_sample node = {.at = at(0)};
    node_set(&node, NODE_OOM_KILL, 5);
    check(store_node(db, &node, &error), &error);
    check(store_oom_kills(db, 1, at(-29), 2, &error), &error);
    store_reset(db);
    check(store_note(db, 18, at(-10), "clock", "the clock was set", &error), &error);
    check(db_commit(db, &error), &error);
    db_close(db);
}

static void write_file(const char *dir, const char *name, const char *text)
{
    char path[PATH_MAX];
    (void)text_format(path, sizeof path, "%s/%s", dir, name);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

/* As much of /proc as momctl reads. */
static void make_proc(const char *dir, int pid)
{
    char proc[PATH_MAX], inner[PATH_MAX], number[16];
    make_folder(proc, dir, "proc");
    (void)text_format(number, sizeof number, "%d", pid);
    make_folder(inner, proc, number);
    write_file(inner, "comm", "mom-governor\n");
    make_folder(inner, proc, "sys");
    make_folder(inner, proc, "sys/kernel");
    make_folder(inner, proc, "sys/kernel/random");
    write_file(inner, "boot_id", "07000000-0000-0000-0000-000000000000\n");
}

void scene_make_live(const char *dir, int pid)
{
    char run[PATH_MAX];
    struct live live;
    struct mom_error error = {0};
    struct stamp now = clock_now();
    make_folder(run, dir, "run");
    make_proc(dir, pid);
    check(live_create(&live, run, SLICES, (gid_t)-1, &error), &error);
    struct live_state state = {.pid = pid,
        .boot = {7},
        .started = now,
        .ticked = now,
        .tick_usec = 3600 * USEC_PER_SEC,
        .slices = SLICES,
        .time_scale = 1};
    node_set(&state.node, NODE_MEM_TOTAL, 8ull << 30);
    node_set(&state.node, NODE_OOM_KILL, 6);
    (void)text_copy(state.domain[3].name, sizeof state.domain[3].name, "/pods\033[31m");
    node_set(&state.domain[3].sample, NODE_MEM_TOTAL, 200ull << 20);
    (void)text_copy(state.domain[5].name, sizeof state.domain[5].name, "numa:1");
    node_set(&state.domain[5].sample, NODE_MEM_TOTAL, 300ull << 20);
    live_write_state(&live, &state);
    for (uint32_t i = 0; i < SLICES; i++) {
        struct live_slice row = {.slice = slice_of(i), .born = now, .mode = MODE_ENFORCE};
        row.sample.at = now;
        sample_set(&row.sample, SAMPLE_ANON, 100ull << 20);
        if (i > 0) /* not known of docker:web; user:1000's was not stored yet */
            sample_set(&row.sample, SAMPLE_EVENT_OOM_KILL, i == 2 ? 3 : 0);
        row.leak.verdict = i == 0 ? LEAK_CONFIRMED : LEAK_NONE;
        row.leak.rate = 1024;
        if (i == 2) {
            row.leak.gates = 2;
            row.leak.gate[0] = (struct leak_gate){"growth", 2, 1, 2, true};
            row.leak.gate[1] = (struct leak_gate){"shift", 0.9, 0.6, 0.7, false};
        }
        row.standing[0].place = (uint32_t[SLICES]){2, 0, 1}[i];
        row.standing[0].restraint = i == 0 ? RESTRAINT_HOLD : RESTRAINT_NONE;
        row.standing[0].score =
            (struct score){.resident = 4096, .guilt = 0.25, .weight = 1.5, .value = 1997};
        if (i == 0) {
            row.standing[LIVE_GROUP] = row.standing[LIVE_MEMORY_NODES] = row.standing[LIVE_NODE];
            row.standing[LIVE_GROUP].place = row.standing[LIVE_MEMORY_NODES].place = 1;
            row.standing[LIVE_GROUP].domain = 3;
            row.standing[LIVE_MEMORY_NODES].domain = 5;
        }
        assert_int_equal(live_write_slice(&live, i, &row), 0);
    }
    live_close(&live);
}
