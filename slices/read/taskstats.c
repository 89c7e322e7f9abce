#include "slices/read/taskstats.h"

#include "slices/base/file.h"
#include "slices/read/monotonic.h"
#include "slices/read/netlink.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/genetlink.h>
#include <linux/taskstats.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

/* --- What a message holds --------------------------------------------------------------------- */

bool taskstats_is_usable(unsigned version)
{
    return version >= 12 && version != 15;
}

/* The statistics of a task stand in an aggregate with its pid; the structure grows at its end with
 * the versions. */
static int take_stats(const struct nlattr *attribute, void *context)
{
    struct taskstats *stats = context;
    if (mnl_attr_get_type(attribute) == TASKSTATS_TYPE_STATS) {
        size_t length = mnl_attr_get_payload_len(attribute);
        memcpy(stats, mnl_attr_get_payload(attribute),
            length < sizeof *stats ? length : sizeof *stats);
    }
    return MNL_CB_OK;
}

static int take_aggregate(const struct nlattr *attribute, void *context)
{
    return mnl_attr_get_type(attribute) == TASKSTATS_TYPE_AGGR_PID
               ? mnl_attr_parse_nested(attribute, take_stats, context)
               : MNL_CB_OK;
}

/* Version 0 where there are none. */
static void find_stats(const struct nlmsghdr *message, struct taskstats *ret)
{
    *ret = (struct taskstats){.version = 0};
    (void)mnl_attr_parse(message, sizeof(struct genlmsghdr), take_aggregate, ret);
}

bool taskstats_parse(const void *datagram, size_t length, struct death *ret)
{
    const struct nlmsghdr *message = netlink_message(datagram, length);
    struct taskstats stats;
    if (!message)
        return false;
    find_stats(message, &stats);
    if (!taskstats_is_usable(stats.version))
        return false;
    if ((stats.ac_exitcode & 0x7f) != SIGKILL || stats.ac_pid != stats.ac_tgid)
        return false;
    if (stats.ac_pid == 0 || stats.ac_pid > INT32_MAX)
        return false;
    ret->pid = (int32_t)stats.ac_pid;
    _Static_assert(sizeof stats.ac_comm == sizeof ret->name, "TS_COMM_LEN");
    memcpy(ret->name, stats.ac_comm, sizeof ret->name - 1);
    ret->name[sizeof ret->name - 1] = '\0';
    ret->peak_rss = stats.hiwater_rss < UINT64_MAX / 1024 ? stats.hiwater_rss * 1024 : 0;
    return true;
}

/* --- Registering ------------------------------------------------------------------------------ */

static struct nlmsghdr *begin(char *buffer, uint16_t family, uint8_t command)
{
    struct nlmsghdr *message = mnl_nlmsg_put_header(buffer);
    message->nlmsg_type = family;
    message->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
    struct genlmsghdr *header = mnl_nlmsg_put_extra_header(message, sizeof *header);
    header->cmd = command;
    header->version = 1;
    return message;
}

static int take_family_id(const struct nlattr *attribute, void *context)
{
    if (mnl_attr_get_type(attribute) == CTRL_ATTR_FAMILY_ID &&
        mnl_attr_validate(attribute, MNL_TYPE_U16) == 0)
        *(uint16_t *)context = mnl_attr_get_u16(attribute);
    return MNL_CB_OK;
}

static int take_family(const struct nlmsghdr *message, void *context)
{
    return mnl_attr_parse(message, sizeof(struct genlmsghdr), take_family_id, context);
}

static int find_family(struct mnl_socket *socket, uint16_t *ret)
{
    _Alignas(struct nlmsghdr) char buffer[NETLINK_DATAGRAM_MAX];
    struct nlmsghdr *message = begin(buffer, GENL_ID_CTRL, CTRL_CMD_GETFAMILY);
    mnl_attr_put_strz(message, CTRL_ATTR_FAMILY_NAME, TASKSTATS_GENL_NAME);
    *ret = 0;
    int r = netlink_ask(socket, message, take_family, ret);
    return r == 0 && *ret == 0 ? -EPROTO : r;
}

static int take_version(const struct nlmsghdr *message, void *context)
{
    struct taskstats stats;
    find_stats(message, &stats);
    if (stats.version > 0)
        *(unsigned *)context = stats.version;
    return MNL_CB_OK;
}

/* The version of the structure stands in what the kernel says of this very thread. */
static int find_version(struct mnl_socket *socket, uint16_t family, unsigned *ret)
{
    _Alignas(struct nlmsghdr) char buffer[NETLINK_DATAGRAM_MAX];
    struct nlmsghdr *message = begin(buffer, family, TASKSTATS_CMD_GET);
    mnl_attr_put_u32(message, TASKSTATS_CMD_ATTR_PID, (uint32_t)gettid());
    *ret = 0;
    return netlink_ask(socket, message, take_version, ret);
}

/* Where a message of the kernel's at a death has what is asked for: the headers of netlink and
 * generic netlink, those of an aggregate, the pid with its header, the header of the statistics.
 * (Machines that can't read unaligned words get padding in between: the filter then lets nothing
 * through.) */
enum {
    STATS = sizeof(struct nlmsghdr) + sizeof(struct genlmsghdr) + 3 * sizeof(struct nlattr) + 4
};

/* Lets through what taskstats_parse takes: a process killed is one datagram, however many threads
 * it had; all other exits of the machine cost next to nothing. */
static int filter_deaths(struct mnl_socket *socket)
{
    struct sock_filter filter[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, STATS + offsetof(struct taskstats, ac_exitcode)),
        BPF_STMT(BPF_ALU | BPF_AND | BPF_K, htonl(0x7f)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, htonl(SIGKILL), 0, 4),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, STATS + offsetof(struct taskstats, ac_pid)),
        BPF_STMT(BPF_MISC | BPF_TAX, 0),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, STATS + offsetof(struct taskstats, ac_tgid)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_X, 0, 1, 0),
        BPF_STMT(BPF_RET | BPF_K, 0),
        BPF_STMT(BPF_RET | BPF_K, UINT32_MAX),
    };
    return netlink_filter(socket, filter, sizeof filter / sizeof *filter);
}

static void *end_at_once(void *tid)
{
    *(pid_t *)tid = gettid();
    return NULL;
}

/* In other namespaces than the first ones one may register, and is told nothing. A thread that ends
 * shows: it is told before it can be joined. */
static bool are_exits_told(struct mnl_socket *socket)
{
    _Alignas(struct nlmsghdr) char datagram[NETLINK_DATAGRAM_MAX];
    int64_t until = monotonic_usec() + NETLINK_PATIENCE_MSEC * 1000ll;
    pthread_t thread;
    pid_t tid = 0;
    if (pthread_create(&thread, NULL, end_at_once, &tid) != 0)
        return false;
    (void)pthread_join(thread, NULL);
    ssize_t length;
    while ((length = netlink_await(socket, datagram, sizeof datagram, until)) >= 0) {
        const struct nlmsghdr *message = netlink_message(datagram, (size_t)length);
        struct taskstats stats = {.version = 0};
        if (message)
            find_stats(message, &stats);
        if (stats.version > 0 && stats.ac_pid == (uint32_t)tid)
            return true;
    }
    return false;
}

/* The exits on all processors. What comes before the filter is there is parsed all the same. */
static int listen_to_exits(struct mnl_socket *socket, uint16_t family)
{
    _Alignas(struct nlmsghdr) char buffer[NETLINK_DATAGRAM_MAX];
    char processors[256];
    ssize_t length =
        file_read(AT_FDCWD, "/sys/devices/system/cpu/possible", processors, sizeof processors);
    if (length < 0)
        return (int)length;
    processors[strcspn(processors, "\n")] = '\0';
    struct nlmsghdr *message = begin(buffer, family, TASKSTATS_CMD_GET);
    mnl_attr_put_strz(message, TASKSTATS_CMD_ATTR_REGISTER_CPUMASK, processors);
    int r = netlink_ask(socket, message, NULL, NULL);
    if (r == 0 && !are_exits_told(socket))
        r = -ENONET;
    return r < 0 ? r : filter_deaths(socket);
}

int taskstats_open(struct mnl_socket **ret, struct mom_error *error)
{
    struct mnl_socket *socket;
    uint16_t family = 0;
    unsigned version = 0;
    int r = netlink_open(NETLINK_GENERIC, 0, &socket);
    if (r < 0)
        return error_errno(error, r, "taskstats");
    r = find_family(socket, &family);
    if (r == 0)
        r = find_version(socket, family, &version);
    bool usable = taskstats_is_usable(version);
    if (r == 0 && usable)
        r = listen_to_exits(socket, family);
    if (r == 0 && usable) {
        *ret = socket;
        return 0;
    }
    (void)mnl_socket_close(socket);
    if (r == -ENONET)
        return error_set(error, r, "taskstats: exits are told in the first namespaces alone");
    return r < 0 ? error_errno(error, r, "taskstats")
                 : error_set(error, -EPROTO, "taskstats: version %u can't be used", version);
}

void taskstats_close(struct mnl_socket *socket)
{
    (void)mnl_socket_close(socket); /* the kernel strikes off who doesn't take its messages */
}
