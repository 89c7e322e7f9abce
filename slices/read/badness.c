#include "slices/read/badness.h"

#include "slices/base/file.h"
#include "slices/base/text.h"
#include "slices/read/processes.h"
#include "slices/read/visit.h"

#include <fcntl.h>
#include <linux/capability.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define PAGE 4096

/* fs/proc/base.c, oom_adj_read: a seventeenth of 1000 each; -17 was "never". */
#define ADJ_NEVER 17

static int64_t oom_adj_of(int64_t oom_score_adj)
{
    return oom_score_adj >= 1000 ? 15 : oom_score_adj * ADJ_NEVER / 1000;
}

static uint64_t root(uint64_t number)
{
    uint64_t low = 0, high = UINT32_MAX;
    while (low < high) {
        uint64_t middle = low + (high - low + 1) / 2;
        if (middle <= number / middle)
            low = middle;
        else
            high = middle - 1;
    }
    return low;
}

static bool is_capable(const struct badness_facts *facts, int capability)
{
    return facts->capabilities >> capability & 1;
}

/* mm/oom_kill.c, badness(), as of 2.6.35. */
uint64_t badness_old(const struct badness_facts *facts)
{
    uint64_t points = facts->vsz_bytes / PAGE;
    uint64_t by_cpu = root(facts->cpu_sec / 8), by_age = root(root(facts->run_sec / 1024));
    int64_t adj = oom_adj_of(facts->oom_score_adj);
    if (adj <= -ADJ_NEVER)
        return 0;
    points /= by_cpu > 0 ? by_cpu : 1;
    points /= by_age > 0 ? by_age : 1;
    if (facts->nice > 0)
        points *= 2;
    if (is_capable(facts, CAP_SYS_ADMIN) || is_capable(facts, CAP_SYS_RESOURCE))
        points /= 4;
    if (is_capable(facts, CAP_SYS_RAWIO))
        points /= 4;
    if (adj > 0)
        return (points > 0 ? points : 1) << adj;
    return points >> -adj;
}

struct reading {
    int proc_fd;
    uint64_t sum, worst;
    uint64_t uptime_sec, ticks_a_second; /* for BADNESS_OLD */
};

static bool read_file(
    const struct reading *reading, int32_t pid, const char *file, char *text, size_t size)
{
    char name[32];
    (void)text_format(name, sizeof name, "%d/%s", pid, file);
    return file_read_beginning(reading->proc_fd, name, text, size) > 0;
}

static int64_t signed_field(const char *stat, unsigned number)
{
    const char *field = processes_stat_field(stat, number);
    return field ? strtoll(field, NULL, 10) : 0;
}

static uint64_t capabilities_of(const char *status)
{
    const char *line = strstr(status, "\nCapEff:\t");
    return line ? strtoull(line + strlen("\nCapEff:\t"), NULL, 16) : 0;
}

static int add_vsz(void *context, int32_t pid)
{
    struct reading *reading = context;
    char text[4096];
    struct process_row row;
    if (read_file(reading, pid, "stat", text, sizeof text) && processes_parse_stat(text, &row) == 0)
        reading->sum += row.vsz_bytes;
    return 0;
}

static int add_old(void *context, int32_t pid)
{
    struct reading *reading = context;
    char text[4096];
    struct process_row row;
    if (!read_file(reading, pid, "stat", text, sizeof text) || processes_parse_stat(text, &row) < 0)
        return 0;
    uint64_t started_sec = row.start_ticks / reading->ticks_a_second;
    struct badness_facts facts = {.vsz_bytes = row.vsz_bytes,
        .cpu_sec =
            (uint64_t)(signed_field(text, 14) + signed_field(text, 15)) / reading->ticks_a_second,
        .run_sec = reading->uptime_sec > started_sec ? reading->uptime_sec - started_sec : 0,
        .nice = signed_field(text, 19)};
    if (read_file(reading, pid, "status", text, sizeof text))
        facts.capabilities = capabilities_of(text);
    if (read_file(reading, pid, "oom_score_adj", text, sizeof text))
        facts.oom_score_adj = strtoll(text, NULL, 10);
    reading->sum += badness_old(&facts);
    return 0;
}

static int add_oom_score(void *context, int32_t pid)
{
    struct reading *reading = context;
    char text[32];
    uint64_t score;
    if (read_file(reading, pid, "oom_score", text, sizeof text) &&
        text_whole_u64(text, &score) == 0 && score > reading->worst)
        reading->worst = score;
    return 0;
}

int badness_read(int group_fd, int proc_fd, enum badness_rule rule, uint64_t *ret)
{
    static int (*const add[])(void *context, int32_t pid) = {
        [BADNESS_VSZ] = add_vsz, [BADNESS_OLD] = add_old, [BADNESS_OOM_SCORE] = add_oom_score};
    struct timespec uptime;
    (void)clock_gettime(CLOCK_BOOTTIME, &uptime);
    struct reading reading = {.proc_fd = proc_fd,
        .uptime_sec = (uint64_t)uptime.tv_sec,
        .ticks_a_second = (uint64_t)sysconf(_SC_CLK_TCK)};
    int r = processes_visit(group_fd, add[rule], &reading);
    *ret = rule == BADNESS_OOM_SCORE ? reading.worst : reading.sum;
    return r;
}
