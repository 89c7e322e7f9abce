#include "mom/common/log.h"

#include "slices/base/text.h"

#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <syslog.h>
#include <unistd.h>

static const char *program_name = "mom";
static enum log_level most_told = LOG_LEVEL_INFO;
static bool journal; /* systemd reads our stderr: it takes <N> for the priority and adds the time */
static int syslog_fd = -1; /* detached: /dev/log */
static _Atomic unsigned long lost;

/* Not syslog(3): that may wait, and allocates. */
static int open_syslog(void)
{
    const struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = "/dev/log"};
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd >= 0 && connect(fd, (const struct sockaddr *)&address, sizeof address) < 0) {
        (void)close(fd);
        return -1;
    }
    return fd;
}

void log_open(const char *program, enum log_level most)
{
    program_name = program;
    most_told = most;
    journal = getenv("JOURNAL_STREAM") != NULL;
    if (getenv(LOG_TO_SYSLOG))
        syslog_fd = open_syslog();
}

/* A reader that has stopped reading must not stop us: rather lose the line. (Switching stderr to
 * O_NONBLOCK instead would switch it for everybody who shares the open file.) */
static bool put(char *line, size_t length)
{
    if (syslog_fd >= 0)
        return send(syslog_fd, line, length, MSG_NOSIGNAL) == (ssize_t)length;
    const struct iovec bytes = {.iov_base = line, .iov_len = length};
    ssize_t n = pwritev2(STDERR_FILENO, &bytes, 1, -1, RWF_NOWAIT);
    if (n < 0 && (errno == EOPNOTSUPP || errno == EAGAIN)) { /* a terminal; a file's full page */
        struct pollfd writable = {.fd = STDERR_FILENO, .events = POLLOUT};
        if (poll(&writable, 1, 0) == 1 && (writable.revents & POLLOUT))
            n = write(STDERR_FILENO, line, length);
    }
    return n == (ssize_t)length;
}

static size_t begin_line(enum log_level level, char *line, size_t size)
{
    static const char *const words[] = {[LOG_LEVEL_ERROR] = "error: ",
        [LOG_LEVEL_WARNING] = "warning: ",
        [LOG_LEVEL_DEBUG] = "debug: "};
    int n = syslog_fd >= 0 ? snprintf(line, size, "<%d>%s[%d]: ", LOG_DAEMON | (int)level,
                                 program_name, (int)getpid())
            : journal
                ? snprintf(line, size, "<%d>%s: ", (int)level, program_name)
                : snprintf(line, size, "%s: %s", program_name, words[level] ? words[level] : "");
    return n > 0 && (size_t)n < size ? (size_t)n : 0;
}

void log_write(enum log_level level, const char *format, ...)
{
    if (level > most_told)
        return;
    int saved_errno = errno;
    char text[1024], line[2048];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);

    unsigned long gone = atomic_exchange(&lost, 0);
    if (gone > 0) {
        int n = snprintf(line, sizeof line, "%s: %lu log lines were lost: nobody read them\n",
            program_name, gone);
        if (!put(line, (size_t)n))
            atomic_fetch_add(&lost, gone);
    }
    size_t used = begin_line(level, line, sizeof line);
    text_show(line + used, sizeof line - used - 1, text);
    used += strlen(line + used);
    line[used++] = '\n';
    if (!put(line, used))
        atomic_fetch_add(&lost, 1);
    errno = saved_errno;
}
