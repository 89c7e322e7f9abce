#include "slices/read/proc_connector.h"

#include "slices/read/monotonic.h"
#include "slices/read/netlink.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/cn_proc.h>
#include <linux/connector.h>
#include <signal.h>
#include <string.h>

/* --- What a message holds --------------------------------------------------------------------- */

/* The event of a datagram; older kernels' are shorter, newer ones' longer. */
static bool find_event(
    const void *datagram, size_t length, struct cn_msg *connector, struct proc_event *ret)
{
    const struct nlmsghdr *message = netlink_message(datagram, length);
    if (!message)
        return false;
    size_t size = mnl_nlmsg_get_payload_len(message);
    if (size < sizeof *connector)
        return false;
    const char *payload = mnl_nlmsg_get_payload(message);
    memcpy(connector, payload, sizeof *connector);
    size -= sizeof *connector;
    if (connector->id.idx != CN_IDX_PROC || connector->id.val != CN_VAL_PROC ||
        connector->len > size)
        return false;
    *ret = (struct proc_event){.what = PROC_EVENT_NONE};
    size = connector->len < sizeof *ret ? connector->len : sizeof *ret;
    memcpy(ret, payload + sizeof *connector, size);
    return size >= offsetof(struct proc_event, event_data);
}

bool proc_connector_parse(const void *datagram, size_t length, struct death *ret)
{
    struct cn_msg connector;
    struct proc_event event;
    if (!find_event(datagram, length, &connector, &event) || event.what != PROC_EVENT_EXIT ||
        (event.event_data.exit.exit_code & 0x7f) != SIGKILL ||
        event.event_data.exit.process_pid <= 0 ||
        event.event_data.exit.process_pid != event.event_data.exit.process_tgid)
        return false;
    ret->pid = event.event_data.exit.process_pid;
    return true;
}

/* --- Listening -------------------------------------------------------------------------------- */

/* The word is an operation alone: four bytes are what all kernels take. */
static int say(struct mnl_socket *socket, enum proc_cn_mcast_op operation)
{
    _Alignas(struct nlmsghdr) char buffer[256];
    struct nlmsghdr *message = mnl_nlmsg_put_header(buffer);
    message->nlmsg_type = NLMSG_DONE;
    struct cn_msg *connector =
        mnl_nlmsg_put_extra_header(message, sizeof *connector + sizeof operation);
    connector->id.idx = CN_IDX_PROC;
    connector->id.val = CN_VAL_PROC;
    connector->ack = mnl_socket_get_portid(socket); /* the kernel's seq is its own */
    connector->len = sizeof operation;
    memcpy(connector->data, &operation, sizeof operation);
    return mnl_socket_sendto(socket, message, message->nlmsg_len) < 0 ? -errno : 0;
}

/* The kernel acknowledges to all who listen; ours has the number after ours. */
static int wait_for_acknowledgement(struct mnl_socket *socket)
{
    _Alignas(struct nlmsghdr) char datagram[NETLINK_DATAGRAM_MAX];
    int64_t until = monotonic_usec() + NETLINK_PATIENCE_MSEC * 1000ll;
    ssize_t length;
    while ((length = netlink_await(socket, datagram, sizeof datagram, until)) >= 0) {
        struct cn_msg connector;
        struct proc_event event;
        if (find_event(datagram, (size_t)length, &connector, &event) &&
            event.what == PROC_EVENT_NONE && connector.ack == mnl_socket_get_portid(socket) + 1)
            return -(int)event.event_data.ack.err;
    }
    return (int)length;
}

/* Where a message has what is asked for. */
enum { EVENT = NLMSG_HDRLEN + sizeof(struct cn_msg) };

/* Only whole processes that died by SIGKILL are worth waking up for. (The kernel's own filter of
 * events is ignored before 6.6.) */
static int filter_deaths(struct mnl_socket *socket)
{
    struct sock_filter filter[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, EVENT + offsetof(struct proc_event, what)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, htonl(PROC_EVENT_EXIT), 0, 7),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
            EVENT + offsetof(struct proc_event, event_data.exit.exit_code)),
        BPF_STMT(BPF_ALU | BPF_AND | BPF_K, htonl(0x7f)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, htonl(SIGKILL), 0, 4),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
            EVENT + offsetof(struct proc_event, event_data.exit.process_pid)),
        BPF_STMT(BPF_MISC | BPF_TAX, 0),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
            EVENT + offsetof(struct proc_event, event_data.exit.process_tgid)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_X, 0, 1, 0),
        BPF_STMT(BPF_RET | BPF_K, 0),
        BPF_STMT(BPF_RET | BPF_K, UINT32_MAX),
    };
    return netlink_filter(socket, filter, sizeof filter / sizeof *filter);
}

int proc_connector_open(struct mnl_socket **ret, struct mom_error *error)
{
    struct mnl_socket *socket;
    int r = netlink_open(NETLINK_CONNECTOR, CN_IDX_PROC, &socket);
    if (r < 0)
        return error_errno(error, r, "proc connector");
    r = say(socket, PROC_CN_MCAST_LISTEN);
    if (r == 0)
        r = wait_for_acknowledgement(socket);
    if (r <
        0) { /* no word of IGNORE: one that had no LISTEN makes old kernels deaf for everybody */
        (void)mnl_socket_close(socket);
        return error_errno(error, r, "proc connector");
    }
    r = filter_deaths(socket);
    if (r < 0) {
        proc_connector_close(socket);
        return error_errno(error, r, "proc connector: filter");
    }
    *ret = socket;
    return 0;
}

void proc_connector_close(struct mnl_socket *socket)
{
    (void)say(socket, PROC_CN_MCAST_IGNORE);
    (void)mnl_socket_close(socket);
}
