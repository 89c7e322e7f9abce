#include "mom/common/helper.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <unistd.h>

int helper_file(const char *bytes, size_t length)
{
    int fd = memfd_create("helper", MFD_CLOEXEC);
    if (fd < 0)
        return -errno;
    for (size_t used = 0; used < length;) {
        ssize_t n = write(fd, bytes + used, length - used);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0) {
            int r = -errno;
            (void)close(fd);
            return r;
        }
        used += (size_t)n;
    }
    (void)lseek(fd, 0, SEEK_SET);
    return fd;
}

/* In the child. A group of its own, so that its children can be killed with it. */
static void become(char *const arguments[], int in, int out)
{
    char path[] = "PATH=/usr/sbin:/usr/bin:/sbin:/bin", locale[] = "LC_ALL=C";
    char *const environment[] = {path, locale, NULL};
    (void)setpgid(0, 0);
    if (dup2(in, STDIN_FILENO) < 0 || dup2(out, STDOUT_FILENO) < 0 || dup2(out, STDERR_FILENO) < 0)
        _exit(EX_OSERR);
    (void)execve(arguments[0], arguments, environment);
    (void)dprintf(STDERR_FILENO, "%s: %s\n", arguments[0], strerrordesc_np(errno));
    _exit(EX_UNAVAILABLE);
}

/* True: it has ended within its time. */
static bool await(pid_t pid, int64_t timeout_usec)
{
    struct pollfd end = {.fd = pidfd_open(pid, 0), .events = POLLIN};
    int n;
    do
        n = end.fd < 0 ? 0 : poll(&end, 1, (int)(timeout_usec / 1000));
    while (n < 0 && errno == EINTR);
    if (end.fd >= 0)
        (void)close(end.fd);
    return n > 0;
}

int helper_run(
    char *const arguments[], int in, int out, int64_t timeout_usec, struct helper_end *ret)
{
    pid_t pid = fork();
    if (pid < 0)
        return -errno;
    if (pid == 0)
        become(arguments, in, out);
    (void)setpgid(pid, pid); /* whoever of the two is first */
    ret->in_time = await(pid, timeout_usec);
    if (!ret->in_time)
        (void)kill(-pid, SIGKILL);
    while (waitpid(pid, &ret->status, 0) < 0 && errno == EINTR)
        ;
    return 0;
}

void helper_words(int out, char *words, size_t size)
{
    ssize_t n = pread(out, words, size - 1, 0);
    words[n > 0 ? n : 0] = '\0';
    words[strcspn(words, "\r\n")] = '\0';
}
