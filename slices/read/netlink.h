/* What the kernel's netlink families have in common here, over libmnl. Inner header of slices/read.
 */
#ifndef SLICES_READ_NETLINK_H
#define SLICES_READ_NETLINK_H

#include <libmnl/libmnl.h>
#include <linux/filter.h>
#include <stddef.h>
#include <sys/types.h>

#define NETLINK_DATAGRAM_MAX  4096
#define NETLINK_PATIENCE_MSEC 1000 /* an answer comes at once or not at all */

/* A socket that never blocks, with room for some thousand datagrams where that is permitted;
 * `groups`: bits of the multicast groups to join. 0 or -errno. */
int netlink_open(int bus, unsigned groups, struct mnl_socket **ret);

/* Sends a request with NLM_F_ACK and hands its answers to `take` (may be NULL) until the kernel has
 * acknowledged it. What else comes meanwhile is lost. 0, -ETIMEDOUT, or what the kernel answered.
 */
int netlink_ask(struct mnl_socket *socket, struct nlmsghdr *request, mnl_cb_t take, void *context);

/* The next datagram of the kernel's; one of anybody else's, or longer than
 * there is room for, is thrown away. Its length, -EAGAIN:
 * there is none; -ENOBUFS: some were lost for want of room (once for each time). */
ssize_t netlink_receive(struct mnl_socket *socket, void *buffer, size_t size);

/* The message of a datagram, or NULL when it isn't all there. (libmnl's own check takes the length
 * for signed, and lets one of 2 GiB through.) */
const struct nlmsghdr *netlink_message(const void *datagram, size_t length);

/* The next datagram, waited for until a moment of monotonic_usec; what was lost is passed over. Its
 * length, -ETIMEDOUT, or what else fails. */
ssize_t netlink_await(struct mnl_socket *socket, void *buffer, size_t size, int64_t until_usec);

/* Classic BPF over the datagram, its words as they stand in network byte order. */
int netlink_filter(struct mnl_socket *socket, struct sock_filter *filter, unsigned short count);

#endif
