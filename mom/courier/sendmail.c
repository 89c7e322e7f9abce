#include "mom/courier/sendmail.h"

#include "slices/base/text.h"

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

/* A file in memory: whoever does not read it all makes nobody wait. */
static int memory_file(const char *bytes, size_t length)
{
    int fd = memfd_create("mail", MFD_CLOEXEC);
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

/* In the child. A group of its own, so that its children can be killed with it; an environment of
 * ours. */
static void become(const struct mail_settings *settings, const char *recipient, int in, int out)
{
    char program[sizeof settings->sendmail], from[sizeof settings->return_path], to[256];
    char dots[] = "-oi", sender[] = "-f", options_end[] = "--";
    char path[] = "PATH=/usr/sbin:/usr/bin:/sbin:/bin", locale[] = "LC_ALL=C";
    char *const arguments[] = {program, dots, sender, from, options_end, to, NULL};
    char *const environment[] = {path, locale, NULL};
    (void)text_copy(program, sizeof program, settings->sendmail);
    (void)text_copy(from, sizeof from, settings->return_path[0] ? settings->return_path : "<>");
    (void)text_copy(to, sizeof to, recipient);
    (void)setpgid(0, 0);
    if (dup2(in, STDIN_FILENO) < 0 || dup2(out, STDOUT_FILENO) < 0 || dup2(out, STDERR_FILENO) < 0)
        _exit(EX_OSERR);
    (void)execve(program, arguments, environment);
    (void)dprintf(STDERR_FILENO, "%s: %s\n", program, strerrordesc_np(errno));
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

/* Which of sysexits.h's are about the mail or its recipient, and final. */
static bool is_final(int status)
{
    return status == EX_USAGE || status == EX_DATAERR || status == EX_NOUSER || status == EX_NOHOST;
}

/* The first line that it has said. */
static void read_words(int fd, char *words, size_t size)
{
    ssize_t n = pread(fd, words, size - 1, 0);
    words[n > 0 ? n : 0] = '\0';
    words[strcspn(words, "\r\n")] = '\0';
}

static void judge(int status, bool in_time, const char *words, struct attempt *attempt)
{
    bool done = in_time && WIFEXITED(status) && WEXITSTATUS(status) == EX_OK;
    bool final = in_time && WIFEXITED(status) && is_final(WEXITSTATUS(status));
    attempt->verdict = done ? VERDICT_DELIVERED : final ? VERDICT_REFUSED : VERDICT_DEFERRED;
    if (done)
        attempt->why[0] = '\0';
    else if (!in_time)
        (void)text_format(attempt->why, sizeof attempt->why, "sendmail took too long");
    else if (WIFSIGNALED(status))
        (void)text_format(
            attempt->why, sizeof attempt->why, "sendmail: signal %d", WTERMSIG(status));
    else
        (void)text_format(attempt->why, sizeof attempt->why, "sendmail: status %d: %s",
            WEXITSTATUS(status), words);
}

static int run(const struct mail_settings *settings, const struct letter *letter,
    const char *recipient, struct attempt *attempt)
{
    char words[160];
    int status = 0;
    int in = memory_file(letter->bytes, letter->length);
    int out = in < 0 ? in : memory_file("", 0);
    pid_t pid = out < 0 ? out : fork();
    int r = pid < 0 ? (out < 0 ? out : -errno) : 0;
    if (pid == 0)
        become(settings, recipient, in, out);
    if (r == 0) {
        (void)setpgid(pid, pid); /* whoever of the two is first */
        bool in_time = await(pid, settings->timeout_usec);
        if (!in_time)
            (void)kill(-pid, SIGKILL);
        while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
            ;
        read_words(out, words, sizeof words);
        judge(status, in_time, words, attempt);
    }
    if (out >= 0)
        (void)close(out);
    if (in >= 0)
        (void)close(in);
    return r;
}

void sendmail_deliver(
    const struct mail_settings *settings, const struct letter *letter, struct attempt *attempt)
{
    for (uint32_t i = 0; i < letter->recipients; i++) {
        int r = run(settings, letter, letter->recipient[i], &attempt[i]);
        if (r == 0)
            continue;
        attempt[i].verdict = VERDICT_DEFERRED;
        (void)text_format(attempt[i].why, sizeof attempt[i].why, "%s: %s", settings->sendmail,
            strerrordesc_np(-r));
    }
}
