#include "slices/act/watchdog.h"

#include "slices/base/file.h"
#include "slices/base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/watchdog.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <time.h>
#include <unistd.h>

/* --- What is known of it --------------------------------------------------------------------- */

enum {
    MISC_MAJOR = 10,
    WATCHDOG_MINOR = 130
};                           /* /dev/watchdog: Documentation/admin-guide/devices.txt */
enum { WATCHDOGS_MAX = 32 }; /* MAX_DOGS */

/* Without the newline; false: it isn't there. */
static bool read_word(int directory, const char *name, char *buffer, size_t size)
{
    ssize_t n = file_read(directory, name, buffer, size);
    if (n <= 0)
        return false;
    buffer[strcspn(buffer, "\n")] = '\0';
    return true;
}

static bool is_of(int directory, dev_t device)
{
    char found[32], wanted[32];
    (void)text_format(wanted, sizeof wanted, "%u:%u", major(device), minor(device));
    return read_word(directory, "dev", found, sizeof found) && strcmp(found, wanted) == 0;
}

/* The directory of the device; the old name stands for the first. -1: none. */
static int open_directory(const char *sys_root, dev_t device)
{
    bool is_first = device == makedev(MISC_MAJOR, WATCHDOG_MINOR);
    for (int i = 0; i < (is_first ? 1 : WATCHDOGS_MAX); i++) {
        char path[PATH_MAX];
        if (text_format(path, sizeof path, "%s/class/watchdog/watchdog%d", sys_root, i) < 0)
            return -1;
        int directory = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
        if (directory < 0)
            continue;
        if (is_first || is_of(directory, device))
            return directory;
        (void)close(directory);
    }
    return -1;
}

static enum watchdog_fact read_fact(
    int directory, const char *name, const char *yes, const char *no)
{
    char word[32];
    if (!read_word(directory, name, word, sizeof word))
        return WATCHDOG_UNKNOWN;
    return strcmp(word, yes) == 0  ? WATCHDOG_YES
           : strcmp(word, no) == 0 ? WATCHDOG_NO
                                   : WATCHDOG_UNKNOWN;
}

static enum watchdog_fact read_magic_only(int directory)
{
    char word[32], *end;
    if (!read_word(directory, "options", word, sizeof word))
        return WATCHDOG_UNKNOWN;
    unsigned long options = strtoul(word, &end, 16);
    if (end == word || *end != '\0')
        return WATCHDOG_UNKNOWN;
    return options & WDIOF_MAGICCLOSE ? WATCHDOG_YES : WATCHDOG_NO;
}

int watchdog_facts_of(const char *sys_root, dev_t device, struct watchdog_facts *ret)
{
    *ret = (struct watchdog_facts){.device = device};
    int directory = open_directory(sys_root, device);
    if (directory < 0)
        return -ENODEV;
    ret->endless = read_fact(directory, "nowayout", "1", "0");
    ret->active = read_fact(directory, "state", "active", "inactive");
    ret->magic_only = read_magic_only(directory);
    unsigned long long timeout;
    if (file_read_u64(directory, "timeout", &timeout) == 0 && timeout <= UINT_MAX)
        ret->timeout_sec = (unsigned)timeout;
    char word[64];
    if (read_word(directory, "identity", word, sizeof word))
        (void)text_escape(ret->identity, sizeof ret->identity, word);
    (void)close(directory);
    return 0;
}

int watchdog_find(
    const char *path, const char *sys_root, struct watchdog_facts *ret, struct mom_error *error)
{
    struct stat status;
    if (stat(path, &status) < 0)
        return error_errno(error, -errno, "%s", path);
    if (!S_ISCHR(status.st_mode))
        return error_set(error, -ENODEV, "%s is no device", path);
    (void)watchdog_facts_of(sys_root, status.st_rdev, ret); /* unknown, then */
    return 0;
}

int watchdog_check(const struct watchdog_facts *facts, bool accept_endless, struct mom_error *error)
{
    if (accept_endless || facts->endless == WATCHDOG_NO)
        return 0;
    return error_set(error, -EPERM,
        facts->endless == WATCHDOG_YES
            ? "it could not be disarmed any more (nowayout): each stop of momd would be a reboot"
            : "whether it can be disarmed isn't known (sysfs has no nowayout of it)");
}

/* --- Arming ---------------------------------------------------------------------------------- */

static int open_device(const char *path, dev_t device)
{
    struct stat status;
    if (stat(path, &status) < 0)
        return -errno;
    if (!S_ISCHR(status.st_mode) || status.st_rdev != device)
        return -ENODEV; /* not even opened: that might arm it */
    int fd = open(path, O_WRONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    return fd < 0 ? -errno : fd;
}

/* What the driver makes of it; one that can't be set has a timeout of its own. */
static int set_timeout(int fd, unsigned wanted_sec, unsigned *ret)
{
    int timeout = (int)wanted_sec;
    if (ioctl(fd, WDIOC_SETTIMEOUT, &timeout) < 0 && ioctl(fd, WDIOC_GETTIMEOUT, &timeout) < 0)
        return -errno;
    *ret = timeout > 0 ? (unsigned)timeout : 0;
    return 0;
}

/* Every driver takes any write for a pet, not every one WDIOC_KEEPALIVE. */
static int pet(int fd)
{
    return write(fd, "p", 1) < 0 ? -errno : 0;
}

/* The kernel looks for the V in each write, and forgets it at the next. */
static void close_magically(int fd)
{
    (void)!write(fd, "V", 1);
    (void)close(fd);
}

int watchdog_arm(struct watchdog *watchdog, const char *path, const struct watchdog_facts *facts,
    unsigned timeout_sec, unsigned least_sec, struct mom_error *error)
{
    watchdog->fd = -1;
    if (text_copy(watchdog->path, sizeof watchdog->path, path) < 0)
        return error_errno(error, -ENAMETOOLONG, "%.64s", path);
    int fd = open_device(path, facts->device);
    if (fd == -EBUSY)
        return error_set(
            error, fd, "%s: somebody else keeps it (systemd, with RuntimeWatchdogSec=?)", path);
    if (fd < 0)
        return error_errno(error, fd, "%s", path);
    int r = set_timeout(fd, timeout_sec, &watchdog->timeout_sec);
    bool can_end =
        facts->endless == WATCHDOG_NO; /* else it counts by now, and wants to be petted */
    if (r == 0 && can_end && watchdog->timeout_sec < least_sec)
        r = -ERANGE;
    if (r == 0) /* one that was counting would go on where it was */
        r = pet(fd);
    if (r < 0) {
        close_magically(fd);
        return r == -ERANGE ? error_set(error, r, "%s: the driver allows no more than %u s", path,
                                  watchdog->timeout_sec)
                            : error_errno(error, r, "%s", path);
    }
    watchdog->facts = *facts;
    watchdog->fd = fd;
    return 0;
}

int watchdog_pet(const struct watchdog *watchdog)
{
    return pet(watchdog->fd);
}

/* --- Disarming ------------------------------------------------------------------------------- */

static bool goes_on(const char *sys_root, dev_t device)
{
    struct watchdog_facts now;
    return watchdog_facts_of(sys_root, device, &now) == 0 && now.active == WATCHDOG_YES;
}

int watchdog_disarm(struct watchdog *watchdog, const char *sys_root, struct mom_error *error)
{
    if (watchdog->fd < 0)
        return 0;
    close_magically(watchdog->fd);
    watchdog->fd = -1;
    if (!goes_on(sys_root, watchdog->facts.device))
        return 0;
    return error_set(error, -EBUSY,
        "%s can't be disarmed: the node is booted anew in %u s, unless somebody pets it",
        watchdog->path, watchdog->timeout_sec);
}

/* Whoever was killed may hold it for a moment still. */
static int open_patiently(const char *path, dev_t device)
{
    enum { TRIES = 20 };
    const struct timespec pause = {.tv_nsec = 50000000};
    int fd = open_device(path, device);
    for (int i = 1; i < TRIES && fd == -EBUSY; i++) {
        (void)nanosleep(&pause, NULL);
        fd = open_device(path, device);
    }
    return fd;
}

int watchdog_undo(const char *path, dev_t device, const char *sys_root, struct mom_error *error)
{
    struct watchdog_facts facts;
    int known = watchdog_facts_of(sys_root, device, &facts);
    if (known == 0 && facts.active == WATCHDOG_NO)
        return 0; /* opening would arm it */
    int fd = open_patiently(path, device);
    if (fd == -ENOENT || fd == -ENODEV || fd == -ENXIO)
        return 0;
    if (fd == -EBUSY)
        return error_set(error, fd, "%s is kept by somebody, and armed", path);
    if (fd < 0)
        return error_errno(error, fd, "%s", path);
    close_magically(fd);
    if (!goes_on(sys_root, device))
        return 0;
    (void)error_set(error, 0,
        "%s can't be disarmed: the node is booted anew in %u s, unless somebody pets it", path,
        facts.timeout_sec);
    return 1;
}
