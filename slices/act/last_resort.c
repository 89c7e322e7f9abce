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

/* Else it would stand still after a panic, for good. */
static void make_panic_boot(const char *proc_root)
{
    char path[PATH_MAX], text[32];
    if (text_format(path, sizeof path, "%s/sys/kernel/panic", proc_root) < 0 ||
        file_read(AT_FDCWD, path, text, sizeof text) < 0 || strcmp(text, "0\n") != 0)
        return;
    (void)text_format(text, sizeof text, "%d", LAST_RESORT_PANIC_SEC);
    (void)file_write(AT_FDCWD, path, text);
}

int last_resort_look(enum last_resort way, const char *proc_root)
{
    char path[PATH_MAX];
    if (way != LAST_RESORT_PANIC && way != LAST_RESORT_SYSRQ)
        return 0;
    int r = text_format(path, sizeof path, "%s/sysrq-trigger", proc_root);
    return r == 0 && faccessat(AT_FDCWD, path, W_OK, AT_EACCESS) < 0 ? -errno : r;
}

/* Written to, sysrq-trigger heeds no mask (drivers/tty/sysrq.c, write_sysrq_trigger). */
int last_resort_try(enum last_resort way, const char *proc_root)
{
    switch (way) {
    case LAST_RESORT_PANIC:
        make_panic_boot(proc_root);
        return write_below(proc_root, "sysrq-trigger", "c");
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
void last_resort_say(const char *text, const char *proc_root)
{
    char line[512];
    int fd = is_real(proc_root) ? open("/dev/kmsg", O_WRONLY | O_CLOEXEC | O_NONBLOCK) : -1;
    if (fd < 0)
        return;
    (void)text_format(line, sizeof line, "<0>mom: %s\n", text);
    (void)!write(fd, line, strlen(line));
    (void)close(fd);
}
