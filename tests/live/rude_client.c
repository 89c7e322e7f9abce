/* Somebody at the control socket who doesn't keep to the protocol; what is asked rudely must not
 * keep others waiting. */
#include "mom/common/control.h"

#include "slices/base/text.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

enum { CONNECTIONS_MOST = 900, PAUSE_USEC = 10000 };

static const char usage[] =
    "usage: rude_client SOCKET sizes      wrong sizes, random bytes; prints how many were refused\n"
    "       rude_client SOCKET silent N   holds N connections and says nothing\n"
    "       rude_client SOCKET deaf N     N connections that ask and never read the answer\n"
    "The latter two connect again whenever they are thrown out, until they are killed.\n";

static struct sockaddr_un address = {.sun_family = AF_UNIX};

static int connect_socket(int flags)
{
    int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | flags, 0);
    if (fd >= 0 && connect(fd, (const struct sockaddr *)&address, sizeof address) < 0) {
        (void)close(fd);
        return -1;
    }
    return fd;
}

/* True: it was told what is wrong, in a record of the right size. */
static bool is_refused(const char *bytes, size_t size)
{
    const struct timeval wait = {.tv_sec = 10};
    struct control_reply reply = {0};
    int fd = connect_socket(0);
    if (fd < 0)
        return false;
    (void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait);
    bool told = send(fd, bytes, size, MSG_NOSIGNAL) == (ssize_t)size &&
                recv(fd, &reply, sizeof reply, 0) == (ssize_t)sizeof reply &&
                reply.magic == CONTROL_MAGIC && reply.code == -EPROTO && reply.text[0];
    (void)close(fd);
    return told;
}

static void send_sizes(void)
{
    static const size_t sizes[] = {1, 4, sizeof(struct control_request) - 1,
        sizeof(struct control_request), sizeof(struct control_request) + 1, 512, 65536};
    static char bytes[65536];
    int refused = 0;
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (char)(i * 37 + i / 251);
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
        refused += is_refused(bytes, sizes[i]);
    (void)printf("%d of %zu refused\n", refused, sizeof sizes / sizeof *sizes);
}

static bool is_hung_up(int fd)
{
    char byte;
    return recv(fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) == 0;
}

static void hold(int count, bool asks)
{
    const struct control_request ping = {.magic = CONTROL_MAGIC, .verb = CONTROL_PING};
    int fds[CONNECTIONS_MOST];
    for (int i = 0; i < count; i++)
        fds[i] = -1;
    for (;;) {
        for (int i = 0; i < count; i++) {
            if (fds[i] >= 0 && is_hung_up(fds[i])) {
                (void)close(fds[i]);
                fds[i] = -1;
            }
            if (fds[i] < 0 && (fds[i] = connect_socket(SOCK_NONBLOCK)) >= 0 && asks)
                (void)send(fds[i], &ping, sizeof ping, MSG_NOSIGNAL);
        }
        (void)usleep(PAUSE_USEC);
    }
}

int main(int argc, char **argv)
{
    bool sizes = argc == 3 && strcmp(argv[2], "sizes") == 0;
    bool silent = argc == 4 && strcmp(argv[2], "silent") == 0;
    bool deaf = argc == 4 && strcmp(argv[2], "deaf") == 0;
    int count = argc == 4 ? atoi(argv[3]) : 1;
    if (!(sizes || silent || deaf) || count < 1 || count > CONNECTIONS_MOST ||
        text_copy(address.sun_path, sizeof address.sun_path, argv[1]) < 0) {
        (void)fputs(usage, stderr);
        return 64;
    }
    if (sizes)
        send_sizes();
    else
        hold(count, deaf);
    return 0;
}
