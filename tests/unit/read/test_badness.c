#include "slices/read/badness.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <signal.h>

#define PAGE 4096

static struct badness_facts of_100_MiB(void)
{
    return (struct badness_facts){.vsz_bytes = 25600 * PAGE};
}

static void a_young_process_counts_its_pages(void **state)
{
    (void)state;
    struct badness_facts facts = of_100_MiB();
    assert_int_equal(badness_old(&facts), 25600);
}

static void work_and_age_count_in_its_favour(void **state)
{
    (void)state;
    struct badness_facts facts = of_100_MiB();
    facts.cpu_sec = 8 * 100;
    assert_int_equal(badness_old(&facts), 2560);
    facts.run_sec = 1024 * 16;
    assert_int_equal(badness_old(&facts), 1280);
}

static void the_niced_count_double_and_the_mighty_a_quarter(void **state)
{
    (void)state;
    struct badness_facts facts = of_100_MiB();
    facts.nice = 1;
    assert_int_equal(badness_old(&facts), 51200);
    facts.nice = -1;
    facts.capabilities = 1ull << CAP_SYS_ADMIN;
    assert_int_equal(badness_old(&facts), 6400);
    facts.capabilities |= 1ull << CAP_SYS_RAWIO;
    assert_int_equal(badness_old(&facts), 1600);
}

static void oom_adj_shifts_it(void **state)
{
    (void)state;
    struct badness_facts facts = of_100_MiB();
    facts.oom_score_adj = 500; /* 8 */
    assert_int_equal(badness_old(&facts), 25600 << 8);
    facts.oom_score_adj = -500;
    assert_int_equal(badness_old(&facts), 100);
    facts.oom_score_adj = -1000;
    assert_int_equal(badness_old(&facts), 0);
    facts.oom_score_adj = 1000;
    facts.vsz_bytes = 0;
    assert_int_equal(badness_old(&facts), 1 << 15);
}

/* A folder like a group's, with two processes in it, one of them in a group below. */
static char folder[] = "/tmp/mom-test-badness-XXXXXX";
static pid_t child[2];

static void add_child(const char *name, int i)
{
    char path[64];
    (void)snprintf(path, sizeof path, "%s%s", folder, name);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    child[i] = fork();
    assert_true(child[i] >= 0);
    if (child[i] == 0)
        for (;;)
            (void)pause();
    (void)fprintf(file, "%d\n", (int)child[i]);
    (void)fclose(file);
}

static int set_up(void **state)
{
    (void)state;
    char inner[64];
    assert_non_null(mkdtemp(folder));
    (void)snprintf(inner, sizeof inner, "%s/inner", folder);
    assert_int_equal(mkdir(inner, 0700), 0);
    add_child("/cgroup.procs", 0);
    add_child("/inner/cgroup.procs", 1);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    static const char *const names[] = {"/cgroup.procs", "/inner/cgroup.procs", "/inner", ""};
    for (int i = 0; i < 2; i++) {
        (void)kill(child[i], SIGKILL);
        (void)waitpid(child[i], NULL, 0);
    }
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char path[64];
        (void)snprintf(path, sizeof path, "%s%s", folder, names[i]);
        (void)remove(path);
    }
    return 0;
}

static int64_t number_in(pid_t pid, const char *file)
{
    char path[64];
    long long number = 0;
    (void)snprintf(path, sizeof path, "/proc/%d/%s", (int)pid, file);
    FILE *opened = fopen(path, "r");
    assert_non_null(opened);
    assert_int_equal(fscanf(opened, "%lld", &number), 1);
    (void)fclose(opened);
    return number;
}

static uint64_t vsz_of_children(void)
{
    int64_t pages = number_in(child[0], "statm") + number_in(child[1], "statm");
    return PAGE * (uint64_t)pages;
}

static void all_processes_of_a_group_count(void **state)
{
    (void)state;
    int group = open(folder, O_RDONLY | O_DIRECTORY), proc = open("/proc", O_PATH | O_DIRECTORY);
    uint64_t vsz, before, old, score;
    do { /* a sanitizer gives them a thread of its own some time after the fork */
        before = vsz_of_children();
        assert_int_equal(badness_read(group, proc, BADNESS_VSZ, &vsz), 0);
    } while (vsz_of_children() != before);
    assert_int_equal(vsz, before);
    assert_int_equal(badness_read(group, proc, BADNESS_OLD, &old), 0);
    assert_true((old > 0) == (number_in(child[0], "oom_score_adj") > -1000));
    assert_int_equal(badness_read(group, proc, BADNESS_OOM_SCORE, &score), 0);
    int64_t first = number_in(child[0], "oom_score"), second = number_in(child[1], "oom_score");
    assert_int_equal(score, first > second ? first : second);
    (void)close(group);
    (void)close(proc);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_young_process_counts_its_pages),
        cmocka_unit_test(work_and_age_count_in_its_favour),
        cmocka_unit_test(the_niced_count_double_and_the_mighty_a_quarter),
        cmocka_unit_test(oom_adj_shifts_it),
        cmocka_unit_test(all_processes_of_a_group_count),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
