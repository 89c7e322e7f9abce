#include "slices/read/netlink.h"

#include "slices/read/monotonic.h"

#include <errno.h>
#include <linux/netlink.h>
#include <poll.h>
#include <stdbool.h>
#include <sys/socket.h>

int netlink_open(int bus, unsigned groups, struct mnl_socket **ret)
{
    int room = 4 << 20;
    struct mnl_socket *socket = mnl_socket_open2(bus, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (!socket)
        return -errno;
    (void)setsockopt(mnl_socket_get_fd(socket), SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof room);
    if (mnl_socket_bind(socket, groups, MNL_SOCKET_AUTOPID) < 0) {
        int r = -errno;
        (void)mnl_socket_close(socket);
        return r;
    }
    *ret = socket;
    return 0;
}

ssize_t netlink_receive(struct mnl_socket *socket, void *buffer, size_t size)
{
    for (;;) {
        struct sockaddr_nl from = {.nl_pid = 0};
        socklen_t from_size = sizeof from;
        ssize_t length = recvfrom(mnl_socket_get_fd(socket), buffer, size, MSG_DONTWAIT | MSG_TRUNC,
            (struct sockaddr *)&from, &from_size);
        if (length < 0 && errno == EINTR)
            continue;
        if (length < 0)
            return -errno;
        if (from.nl_pid == 0 && (size_t)length <= size)
            return length;
    }
}

const struct nlmsghdr *netlink_message(const void *datagram, size_t length)
{
    const struct nlmsghdr *message = datagram;
    bool is_whole = length >= sizeof *message && message->nlmsg_len >= sizeof *message &&
                    message->nlmsg_len <= length;
    return is_whole ? message : NULL;
}

ssize_t netlink_await(struct mnl_socket *socket, void *buffer, size_t size, int64_t until_usec)
{
    struct pollfd ready = {.fd = mnl_socket_get_fd(socket), .events = POLLIN};
    for (;;) {
        int64_t left = until_usec - monotonic_usec();
        if (left <= 0)
            return -ETIMEDOUT; /* even where events come without an end */
        ssize_t length = netlink_receive(socket, buffer, size);
        if (length != -EAGAIN && length != -ENOBUFS)
            return length;
        (void)poll(&ready, 1, (int)(left / 1000) + 1);
    }
}

int netlink_ask(struct mnl_socket *socket, struct nlmsghdr *request, mnl_cb_t take, void *context)
{
    _Alignas(struct nlmsghdr) char datagram[NETLINK_DATAGRAM_MAX];
    unsigned own = mnl_socket_get_portid(socket);
    int64_t until = monotonic_usec() + NETLINK_PATIENCE_MSEC * 1000ll;
    ssize_t length;
    request->nlmsg_seq = 1;
    if (mnl_socket_sendto(socket, request, request->nlmsg_len) < 0)
        return -errno;
    while ((length = netlink_await(socket, datagram, sizeof datagram, until)) >= 0) {
        const struct nlmsghdr *answer = netlink_message(datagram, (size_t)length);
        if (!answer || answer->nlmsg_pid != own)
            continue; /* an event: those have no port */
        int r = mnl_cb_run(datagram, (size_t)length, request->nlmsg_seq, own, take, context);
        if (r == MNL_CB_STOP)
            return 0; /* acknowledged */
        if (r == MNL_CB_ERROR)
            return -errno;
    }
    return (int)length;
}

int netlink_filter(struct mnl_socket *socket, struct sock_filter *filter, unsigned short count)
{
    const struct sock_fprog program = {.len = count, .filter = filter};
    return setsockopt(mnl_socket_get_fd(socket), SOL_SOCKET, SO_ATTACH_FILTER, &program,
               sizeof program) < 0
               ? -errno
               : 0;
}
