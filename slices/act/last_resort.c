#include "slices/act/last_resort.h"

#include "slices/base/file.h"
#include "slices/base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/reboot.h>
#include <unistd.h>

static bool is_real(const char *proc_root)
{
    return strcmp(proc_root, "/proc") == 0;
}

static int write_below(const char *proc_root, const char *name, const char *text)
{
    char path[PATH_MAX];
    int r = text_format(path, sizeof path, "%s/%s", proc_root, name);
    return r < 0 ? r : file_write(AT_FDCWD, path, text);
}

int last_resort_panic_halts(const char *proc_root)
{
    char path[PATH_MAX], text[32];
    int r = text_format(path, sizeof path, "%s/sys/kernel/panic", proc_root);
    if (r == 0)
        r = (int)file_read(AT_FDCWD, path, text, sizeof text);
    return r < 0 ? r : strcmp(text, "0\n") == 0;
}

/* Else the panic would be worse than none. */
static int make_panic_boot(const char *proc_root)
{
    char text[32];
    int r = last_resort_panic_halts(proc_root);
    if (r <= 0)
        return r;
    (void)text_format(text, sizeof text, "%d", LAST_RESORT_PANIC_SEC);
    return write_below(proc_root, "sys/kernel/panic", text);
}

static int can_be_written(const char *proc_root, const char *name)
{
    char path[PATH_MAX];
    int r = text_format(path, sizeof path, "%s/%s", proc_root, name);
    return r == 0 && faccessat(AT_FDCWD, path, W_OK, AT_EACCESS) < 0 ? -errno : r;
}

int last_resort_look(enum last_resort way, const char *proc_root)
{
    if (way != LAST_RESORT_PANIC && way != LAST_RESORT_SYSRQ)
        return 0;
    int r = can_be_written(proc_root, "sysrq-trigger");
    if (r < 0 || way == LAST_RESORT_SYSRQ)
        return r;
    r = last_resort_panic_halts(proc_root);
    return r <= 0 ? r : can_be_written(proc_root, "sys/kernel/panic");
}

static int open_log(const char *proc_root)
{
    if (!is_real(proc_root))
        return -EOPNOTSUPP;
    int fd = open("/dev/kmsg", O_WRONLY | O_CLOEXEC | O_NONBLOCK);
    return fd < 0 ? -errno : fd;
}

int last_resort_look_at_log(const char *proc_root)
{
    int fd = open_log(proc_root);
    if (fd >= 0)
        (void)close(fd);
    return fd < 0 ? fd : 0;
}

/* Written to, sysrq-trigger heeds no mask (drivers/tty/sysrq.c, write_sysrq_trigger). */
int last_resort_try(enum last_resort way, const char *proc_root)
{
    int r;
    switch (way) {
    case LAST_RESORT_PANIC:
        r = make_panic_boot(proc_root);
        return r < 0 ? r : write_below(proc_root, "sysrq-trigger", "c");
    case LAST_RESORT_REBOOT:
        if (!is_real(proc_root))
            return -EOPNOTSUPP;
        return reboot(RB_AUTOBOOT) < 0 ? -errno : 0;
    case LAST_RESORT_SYSRQ:
        return write_below(proc_root, "sysrq-trigger", "b");
    default:
        return -EINVAL;
    }
}

/* Of the highest urgency that reaches every console: <0>, LOG_EMERG. */
int last_resort_say(const char *text, const char *proc_root)
{
    char line[512];
    int fd = open_log(proc_root);
    if (fd < 0)
        return fd;
    (void)text_format(line, sizeof line, "<0>mom: %s\n", text);
    int r = write(fd, line, strlen(line)) < 0 ? -errno : 0;
    (void)close(fd);
    return r;
}
