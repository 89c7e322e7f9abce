#include "mom/common/control.h"

#include "mom/common/clock.h"
#include "slices/base/text.h"

#include <errno.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

static int exchange(int fd, const struct control_request *request, struct control_reply *ret)
{
    if (send(fd, request, sizeof *request, MSG_NOSIGNAL) != (ssize_t)sizeof *request)
        return errno == EAGAIN ? -ETIMEDOUT : -errno;
    ssize_t n = recv(fd, ret, sizeof *ret, 0);
    if (n < 0)
        return errno == EAGAIN ? -ETIMEDOUT : -errno;
    if (n != sizeof *ret || ret->magic != CONTROL_MAGIC)
        return -EPROTO;
    ret->text[sizeof ret->text - 1] = '\0';
    return 0;
}

/* Connects and asks once, within `timeout_usec`. */
static int ask(const struct sockaddr_un *address, const struct control_request *request,
    int64_t timeout_usec, struct control_reply *ret)
{
    int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -errno;
    const struct timeval wait = {
        .tv_sec = timeout_usec / USEC_PER_SEC, .tv_usec = timeout_usec % USEC_PER_SEC};
    (void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait);
    (void)setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof wait);
    int r = connect(fd, (const struct sockaddr *)address, sizeof *address) < 0
                ? (errno == EAGAIN ? -ETIMEDOUT : -errno)
                : exchange(fd, request, ret);
    (void)close(fd);
    return r;
}

int control_call(const char *run_dir, const struct control_request *request, int64_t timeout_usec,
    struct control_reply *ret, struct mom_error *error)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (text_format(address.sun_path, sizeof address.sun_path, "%s/%s", run_dir, CONTROL_SOCKET) <
        0)
        return error_errno(error, -ENAMETOOLONG, "%s/%s", run_dir, CONTROL_SOCKET);
    int64_t now_usec = clock_now().boot_usec;
    const int64_t until_usec = now_usec + timeout_usec;
    int r;
    do {
        r = ask(&address, request, until_usec - now_usec, ret);
        now_usec = clock_now().boot_usec;
    } while ((r == -EPIPE || r == -ECONNRESET) && now_usec < until_usec);
    return r < 0 ? error_errno(error, r, "%s", address.sun_path) : 0;
}
