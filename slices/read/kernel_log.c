#include "slices/read/kernel_log.h"

#include "slices/base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* --- Reading ---------------------------------------------------------------------------------- */

/* PROC_CGROUP_INIT_INO and PROC_PID_INIT_INO of the kernel's include/linux/proc_ns.h. */
static const struct {
    const char *path;
    ino_t first;
} namespaces[] = {
    {"/proc/self/ns/cgroup", 0xEFFFFFFB},
    {"/proc/self/ns/pid", 0xEFFFFFFC},
};

int kernel_log_open(struct mom_error *error)
{
    for (size_t i = 0; i < sizeof namespaces / sizeof *namespaces; i++) {
        struct stat stat_;
        if (stat(namespaces[i].path, &stat_) < 0 || stat_.st_ino != namespaces[i].first)
            return error_errno(error, -ENONET, "/dev/kmsg: %s", namespaces[i].path);
    }
    int fd = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0)
        return error_errno(error, -errno, "/dev/kmsg");
    if (lseek(fd, 0, SEEK_END) < 0) {
        int r = error_errno(error, -errno, "/dev/kmsg: its end");
        (void)close(fd);
        return r;
    }
    return fd;
}

ssize_t kernel_log_receive(int fd, char record[static KERNEL_LOG_RECORD_MAX])
{
    for (;;) {
        ssize_t length = read(fd, record, KERNEL_LOG_RECORD_MAX - 1);
        if (length >= 0) {
            record[length] = '\0';
            return length;
        }
        if (errno == EPIPE)
            return -ENOBUFS;
        if (errno != EINTR && errno != EINVAL) /* EINVAL: one that is too long, and passed over */
            return -errno;
    }
}

/* --- What a record holds ---------------------------------------------------------------------- */

/* "PRIORITY,SEQUENCE,USEC,FLAGS[,...];MESSAGE\n KEY=VALUE\n...". The facility is the priority
 * without its lowest three bits; 0 is the kernel's, and nobody else can write such a record. */
static const char *kernels_message(const char *record)
{
    uint64_t priority;
    const char *rest = record;
    if (text_u64(&rest, &priority) < 0 || priority > 7 || *rest != ',')
        return NULL;
    const char *message = strchr(rest, ';');
    return message ? message + 1 : NULL;
}

/* Behind the only such mark in the text; NULL where there is none or more than one: then a group or
 * a process is called so. */
static const char *behind_only(const char *text, const char *mark)
{
    const char *found = strstr(text, mark);
    if (!found || strstr(found + 1, mark))
        return NULL;
    return found + strlen(mark);
}

static int hex_digit(char c)
{
    static const char digits[] = "0123456789abcdef";
    const char *at = memchr(digits, c, sizeof digits - 1);
    return at ? (int)(at - digits) : -1;
}

/* What stands from `from` to `to`. The kernel writes "\x5c" for a backslash, and so for each byte
 * that can't be printed. */
static int copy_part(char *dst, size_t size, const char *from, const char *to)
{
    size_t length = 0;
    while (from < to) {
        int byte = (unsigned char)*from++;
        if (byte == '\\') {
            int high = to - from < 3 ? -1 : hex_digit(from[1]),
                low = high < 0 ? -1 : hex_digit(from[2]);
            if (low < 0 || from[0] != 'x')
                return -EINVAL;
            byte = high << 4 | low;
            from += 3;
        }
        if (byte == '\0' || length + 1 >= size)
            return -EINVAL;
        dst[length++] = (char)byte;
    }
    dst[length] = '\0';
    return 0;
}

/* "oom-kill:constraint=...,task_memcg=PATH,task=NAME,pid=N,uid=N" of dump_oom_victim in
 * mm/oom_kill.c. */
bool kernel_log_parse(const char *record, struct death *ret)
{
    const char *message = kernels_message(record);
    if (!message || !text_starts_with(message, "oom-kill:constraint="))
        return false;
    const char *group = behind_only(message, ",task_memcg="),
               *task = behind_only(message, ",task="), *pid = behind_only(message, ",pid=");
    if (!group || !task || !pid || task < group || pid < task)
        return false;
    struct death death = {.pid = 0};
    uint64_t number;
    const char *rest = pid;
    if (text_u64(&rest, &number) < 0 || number == 0 || number > INT32_MAX || *rest != ',' ||
        copy_part(death.group, sizeof death.group, group, task - strlen(",task=")) < 0 ||
        copy_part(death.name, sizeof death.name, task, pid - strlen(",pid=")) < 0 ||
        death.group[0] != '/')
        return false;
    ret->pid = (int32_t)number;
    (void)text_copy(ret->name, sizeof ret->name, death.name);
    (void)text_copy(ret->group, sizeof ret->group, death.group);
    return true;
}
