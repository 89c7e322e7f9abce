#include "slices/act/drop_in.h"

#include "slices/base/text.h"
#include "slices/sample.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#define UNITS "/run/systemd/system"

static const char *const settings[LIMIT_KINDS] = {
    [LIMIT_SOFT] = "MemoryHigh",
    [LIMIT_HARD] = "MemoryMax",
    [LIMIT_CPU] = "CPUQuota",
    [LIMIT_READ] = "IOReadBandwidthMax",
    [LIMIT_WRITE] = "IOWriteBandwidthMax",
};

static const struct {
    const char *ending, *section;
} sections[] = {{".service", "Service"}, {".scope", "Scope"}, {".slice", "Slice"}};

static const char *unit_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

/* NULL: it is no unit with limits. A name that begins with '_' is escaped (systemd's cg_escape), as
 * no common one is; the folder of one that ends in '-' or '@' would be that of many. */
static const char *section_of(const char *unit)
{
    for (size_t i = 0; i < sizeof sections / sizeof *sections && unit[0] != '_'; i++) {
        bool ends = text_ends_with(unit, sections[i].ending);
        size_t stem = ends ? strlen(unit) - strlen(sections[i].ending) : 0;
        if (stem > 0 && unit[stem - 1] != '-' && unit[stem - 1] != '@')
            return sections[i].section;
    }
    return NULL;
}

bool drop_in_applies(const char *path)
{
    const char *unit = unit_of(path);
    if (!section_of(unit) || access(UNITS, F_OK) < 0)
        return false;
    for (const char *at = path; at < unit;) {
        size_t length = strcspn(++at, "/");
        bool is_slice = length > 6 && memcmp(at + length - 6, ".slice", 6) == 0;
        if (at < unit && !is_slice)
            return false;
        at += length;
    }
    return true;
}

struct names {
    char folder[PATH_MAX], file[PATH_MAX];
    char beside[PATH_MAX]; /* the file, while it is written */
};

/* 0; -ENOTSUP: systemd has no such setting; -ENAMETOOLONG. Behind all others, in the order of their
 * names. */
static int find_names(const char *path, enum limit_kind kind, dev_t disk, struct names *ret)
{
    char setting[64];
    if (!settings[kind])
        return -ENOTSUP;
    if (disk)
        (void)text_format(
            setting, sizeof setting, "%s-%u-%u", settings[kind], major(disk), minor(disk));
    else
        (void)text_copy(setting, sizeof setting, settings[kind]);
    int r = text_format(ret->folder, PATH_MAX, UNITS "/%s.d", unit_of(path));
    if (r == 0)
        r = text_format(ret->file, PATH_MAX, "%s/zz-mom-%s.conf", ret->folder, setting);
    if (r == 0)
        r = text_format(ret->beside, PATH_MAX, "%s/.zz-mom-%s", ret->folder, setting);
    return r < 0 ? -ENAMETOOLONG : 0;
}

/* systemd takes the period to be 100 ms where nothing else is said, and per cent with two digits
 * behind the point. */
static void format_value(enum limit_kind kind, dev_t disk, uint64_t value, uint64_t period_usec,
    char *buffer, size_t size)
{
    unsigned long long number = value;
    if (kind == LIMIT_CPU && value != SAMPLE_NO_LIMIT && period_usec > 0) {
        number = (value * 10000 + period_usec - 1) / period_usec; /* so that it comes to the same */
        (void)text_format(buffer, size, "%llu.%02llu%%\nCPUQuotaPeriodSec=%lluus", number / 100,
            number % 100, (unsigned long long)period_usec);
    } else if (disk && value != SAMPLE_NO_LIMIT) {
        (void)text_format(buffer, size, "/dev/block/%u:%u %llu", major(disk), minor(disk), number);
    } else if (value == SAMPLE_NO_LIMIT) {
        (void)text_copy(buffer, size, settings[kind][0] == 'M' ? "infinity" : "");
    } else {
        (void)text_format(buffer, size, "%llu", number);
    }
}

static int write_file(const char *file, const char *path, enum limit_kind kind, const char *value)
{
    int fd = open(file, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0644);
    if (fd < 0)
        return -errno;
    int n = dprintf(fd, "# By mom, for a time: momctl why tells.\n[%s]\n%s=%s\n",
        section_of(unit_of(path)), settings[kind], value);
    int r = n < 0 ? -errno : fchmod(fd, 0644) < 0 ? -errno : 0;
    (void)close(fd);
    return r;
}

/* Written beside it and renamed: systemd never sees a half of it. */
int drop_in_write(
    const char *path, enum limit_kind kind, dev_t disk, uint64_t value, uint64_t period_usec)
{
    char text[96];
    struct names names;
    int r = find_names(path, kind, disk, &names);
    if (r < 0)
        return r == -ENOTSUP ? 0 : r;
    if (mkdir(names.folder, 0755) < 0 && errno != EEXIST)
        return -errno;
    (void)chmod(names.folder, 0755); /* whatever the umask */
    format_value(kind, disk, value, period_usec, text, sizeof text);
    r = write_file(names.beside, path, kind, text);
    return r == 0 && rename(names.beside, names.file) < 0 ? -errno : r;
}

int drop_in_remove(const char *path, enum limit_kind kind, dev_t disk)
{
    struct names names;
    int r = find_names(path, kind, disk, &names);
    if (r < 0)
        return r == -ENOTSUP ? 0 : r;
    (void)unlink(names.beside); /* one that was never finished */
    r = unlink(names.file) < 0 && errno != ENOENT ? -errno : 0;
    (void)rmdir(names.folder); /* unless there is more in it */
    return r;
}

void drop_in_note_reload(const char *file)
{
    int fd = open(file, O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd >= 0)
        (void)close(fd);
}
