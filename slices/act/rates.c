#include "slices/act/rates.h"

#include "slices/act/limits.h"
#include "slices/base/file.h"
#include "slices/base/text.h"
#include "slices/read/group.h"
#include "slices/read/visit.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

/* Behind what is said already. `code` 0: the words say it all. */
static void say(struct attempt *attempt, int code, const char *words)
{
    struct mom_error error;
    char before[sizeof attempt->outcome->error];
    (void)text_copy(before, sizeof before, attempt->outcome->error);
    if (code < 0)
        (void)error_errno(&error, code, "%s", words);
    else
        (void)error_set(&error, 0, "%s", words);
    (void)text_format(attempt->outcome->error, sizeof attempt->outcome->error, "%s%s%s", before,
        before[0] ? "; " : "", error.text);
}

static int lower(struct attempt *attempt, const struct limit_place *place, uint64_t set)
{
    uint64_t before;
    int r = limit_read_on(place->fd, place->kind, place->disk, &before);
    return r < 0 || before <= set ? r : limits_change(attempt, place, before, set);
}

/* --- Processor time -------------------------------------------------------------------------- */

/* Whole hundredths of a per cent, as systemd has them, and no less than the kernel takes. */
#define QUOTA_LEAST_USEC 1000

static int lower_cpu(struct attempt *attempt, const struct limit_place *place)
{
    uint64_t period;
    uint64_t hundredths = (uint64_t)(attempt->action->rates.cpu_percent * 100 + 0.5);
    int r = limit_period(place->fd, &period);
    if (r < 0)
        return r;
    uint64_t quota = hundredths * period / 10000;
    return lower(attempt, place, quota > QUOTA_LEAST_USEC ? quota : QUOTA_LEAST_USEC);
}

/* v1: the one group of the processors' tree that all of the slice's processes are in. */
struct cpu_group {
    struct attempt *attempt;
    char path[PATH_MAX]; /* "" before the first */
};

static int find_cpu_group(void *context, int32_t pid)
{
    struct cpu_group *group = context;
    char path[PATH_MAX];
    int r = hierarchy_cpu_of(group->attempt->actuator->options.proc_root, pid, path, sizeof path);
    if (r < 0)
        return r == -ESRCH ? 0 : r;
    if (group->path[0] && strcmp(group->path, path) != 0)
        return -EXDEV;
    (void)text_copy(group->path, sizeof group->path, path);
    return 0;
}

static int is_foreign(void *context, int32_t pid)
{
    return attempt_is_member(context, pid) ? 0 : -EXDEV;
}

/* -EXDEV: it has none for itself. */
static int open_cpu_group(struct attempt *attempt, struct limit_place *ret)
{
    const struct actuator_options *options = &attempt->actuator->options;
    struct cpu_group group = {.attempt = attempt};
    struct stat status;
    if (!options->hierarchy->cpu[0])
        return -ENOTSUP;
    int r = processes_visit(attempt->group_fd, find_cpu_group, &group);
    if (r == 0 && !group.path[1]) /* the root, or nobody is there */
        r = -EXDEV;
    if (r == 0)
        r = text_format(
            ret->directory, sizeof ret->directory, "%s%s", options->hierarchy->cpu, group.path);
    if (r < 0)
        return r;
    ret->fd = group_open(AT_FDCWD, ret->directory);
    if (ret->fd < 0)
        return ret->fd;
    r = fstat(ret->fd, &status) < 0 ? -errno : processes_visit(ret->fd, is_foreign, attempt);
    ret->life = attempt->action->life;
    ret->life.mount = status.st_dev;
    ret->life.inode = status.st_ino;
    return r;
}

static void hold_back_cpu(struct attempt *attempt)
{
    struct limit_place place = {.kind = LIMIT_CPU, .fd = -1};
    bool is_v2 = attempt->actuator->options.hierarchy->version == HIERARCHY_V2;
    int r = 0;
    if (is_v2)
        place.fd = attempt->group_fd;
    else
        r = open_cpu_group(attempt, &place);
    if (r == 0)
        r = lower_cpu(attempt, &place);
    if (!is_v2 && place.fd >= 0)
        (void)close(place.fd);
    if (r == -EXDEV)
        say(attempt, 0, "its processor time stays: its processes share, or are in several, groups");
    else if (r < 0)
        say(attempt, r, "its processor time stays");
}

/* --- Disks ----------------------------------------------------------------------------------- */

struct disks {
    dev_t disk[RATES_DISKS_MAX];
    int count;
    bool more; /* than there is room for */
};

/* "8:0"; 0: not known. */
static dev_t read_device(const char *path)
{
    char text[32];
    unsigned first, second;
    bool known = file_read(AT_FDCWD, path, text, sizeof text) > 0 &&
                 sscanf(text, "%u:%u", &first, &second) == 2;
    return known ? makedev(first, second) : 0;
}

/* A partition's whole disk. */
static dev_t whole_disk(dev_t device)
{
    char path[64];
    (void)text_format(
        path, sizeof path, "/sys/dev/block/%u:%u/partition", major(device), minor(device));
    if (access(path, F_OK) < 0)
        return device;
    (void)text_format(
        path, sizeof path, "/sys/dev/block/%u:%u/../dev", major(device), minor(device));
    dev_t whole = read_device(path);
    return whole ? whole : device;
}

/* What lies in memory itself is no disk: to hold it back would free nothing. */
static bool is_memory(dev_t device)
{
    char path[64], to[PATH_MAX];
    (void)text_format(path, sizeof path, "/sys/dev/block/%u:%u", major(device), minor(device));
    ssize_t n = readlink(path, to, sizeof to - 1);
    to[n > 0 ? n : 0] = '\0';
    const char *name = strrchr(to, '/');
    return !name || text_starts_with(name, "/zram") || text_starts_with(name, "/ram");
}

static void add_disk(struct disks *disks, dev_t device)
{
    dev_t disk = whole_disk(device);
    for (int i = 0; i < disks->count; i++)
        if (disks->disk[i] == disk)
            return;
    if (is_memory(disk))
        return;
    if (disks->count < RATES_DISKS_MAX)
        disks->disk[disks->count++] = disk;
    else
        disks->more = true;
}

/* Of a partition, or of a file: the one below it. A sandbox may have no /dev to look into. */
static dev_t device_of_swap(const char *name)
{
    char path[PATH_MAX];
    struct stat status;
    if (stat(name, &status) == 0)
        return S_ISBLK(status.st_mode) ? status.st_rdev : status.st_dev;
    (void)text_format(path, sizeof path, "/sys/class/block%s/dev", strrchr(name, '/'));
    return read_device(path);
}

/* "Filename Type Size Used Priority", then a line for each. */
static void add_swaps(struct attempt *attempt, struct disks *disks)
{
    char path[PATH_MAX], text[4096];
    (void)text_format(path, sizeof path, "%s/swaps", attempt->actuator->options.proc_root);
    if (file_read_beginning(AT_FDCWD, path, text, sizeof text) < 0)
        return;
    for (char *rest = text, *line; (line = strsep(&rest, "\n"));) {
        line[strcspn(line, " \t")] = '\0';
        if (line[0] == '/')
            add_disk(disks, device_of_swap(line));
    }
}

/* "8:0 rbytes=... wbytes=..." for each that it has used. */
static void add_used(struct attempt *attempt, struct disks *disks)
{
    char text[4096];
    unsigned first, second;
    if (file_read_beginning(attempt->group_fd, "io.stat", text, sizeof text) < 0)
        return;
    for (char *rest = text, *line; (line = strsep(&rest, "\n"));)
        if (sscanf(line, "%u:%u ", &first, &second) == 2)
            add_disk(disks, makedev(first, second));
}

static void hold_back_io(struct attempt *attempt)
{
    struct disks disks = {.count = 0};
    int r = limit_file(attempt->group_fd, LIMIT_READ) ? 0 : -ENOTSUP;
    if (r == 0) {
        add_swaps(attempt, &disks);
        add_used(attempt, &disks);
    }
    for (int i = 0; i < 2 * disks.count; i++) {
        const struct limit_place place = {.kind = i % 2 ? LIMIT_WRITE : LIMIT_READ,
            .disk = disks.disk[i / 2],
            .fd = attempt->group_fd};
        int failed = lower(attempt, &place, attempt->action->rates.io_bytes);
        r = failed < 0 ? failed : r;
    }
    if (r < 0 || disks.more)
        say(attempt, r, "its disks are not all held back");
}

void rates_throttle(struct attempt *attempt)
{
    if (attempt->action->rates.cpu_percent > 0)
        hold_back_cpu(attempt);
    if (attempt->action->rates.io_bytes > 0)
        hold_back_io(attempt);
}
