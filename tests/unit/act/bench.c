#include "tests/unit/act/bench.h"

#include "slices/base/text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static const uint8_t boot[16] = "a boot of tests";

static struct stamp now(void)
{
    return (struct stamp){.boot_usec = 5, .unix_usec = 6};
}

void bench_open(struct bench *bench)
{
    struct mom_error error = {0};
    strcpy(bench->run_dir, "/dev/shm/mom-test-XXXXXX");
    assert_non_null(mkdtemp(bench->run_dir));
    assert_int_equal(journal_open(&bench->journal, bench->run_dir, &error), 0);
    bench->journal.patient = true;
    bench->options = (struct actuator_options){
        .hierarchy = &bench->hierarchy,
        .journal = &bench->journal,
        .scope = "/",
        .proc_root = "/proc",
        .boot = boot,
        .now = now,
    };
}

void bench_close(struct bench *bench)
{
    char path[80];
    journal_close(&bench->journal);
    (void)snprintf(path, sizeof path, "%s/journal", bench->run_dir);
    (void)unlink(path);
    (void)rmdir(bench->run_dir);
}

struct action bench_action(enum action_kind kind, const struct slice *slice)
{
    struct action action = {.kind = kind, .decision = 7, .life = slice->life};
    memcpy(action.life.boot, boot, sizeof boot);
    memcpy(action.path, slice->path, sizeof action.path);
    return action;
}

enum action_result bench_apply(
    struct bench *bench, enum action_kind kind, const struct slice *slice)
{
    struct actuator *actuator;
    struct mom_error error = {0};
    struct action action = bench_action(kind, slice);
    action.independent = bench->independent;
    assert_int_equal(actuator_open(&bench->options, &actuator, &error), 0);
    actuator_apply(actuator, &action, &bench->outcome, &bench->processes);
    actuator_close(actuator);
    assert_int_equal(bench->outcome.decision, 7);
    return bench->outcome.result;
}

int bench_journalled(const struct bench *bench)
{
    int used = 0;
    for (int i = 0; i < JOURNAL_ENTRIES; i++)
        used += journal_row(&bench->journal, i) != NULL;
    return used;
}

void bench_open_live(
    struct bench *bench, const char *name, char scope[static SLICE_PATH_MAX], struct slice *slice)
{
    char path[SLICE_PATH_MAX];
    *bench = (struct bench){0};
    (void)live_open(&bench->hierarchy);
    bench_open(bench);
    if (bench->hierarchy.root_fd < 0)
        return;
    live_path(scope, name);
    live_make_parent(&bench->hierarchy, scope);
    (void)text_format(path, sizeof path, "%s/one", scope);
    live_make(bench->hierarchy.root, path);
    *slice = live_slice(&bench->hierarchy, path, 1);
    bench->options.scope = scope;
}

void bench_close_live(struct bench *bench)
{
    if (bench->hierarchy.root_fd >= 0)
        live_clean(&bench->hierarchy);
    bench_close(bench);
}
