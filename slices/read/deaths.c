#include "slices/read/deaths.h"

#include "slices/base/file.h"
#include "slices/base/text.h"
#include "slices/read/kernel_log.h"
#include "slices/read/netlink.h"
#include "slices/read/proc_connector.h"
#include "slices/read/taskstats.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

static const struct {
    int (*open)(struct mnl_socket **ret, struct mom_error *error);
    void (*close)(struct mnl_socket *socket);
    bool (*parse)(const void *datagram, size_t length, struct death *ret);
} families[DEATHS_NETLINK] = {
    [DEATHS_TASKSTATS] = {taskstats_open, taskstats_close, taskstats_parse},
    [DEATHS_PROC_CONNECTOR] = {proc_connector_open, proc_connector_close, proc_connector_parse},
};

int deaths_open(const struct hierarchy *hierarchy, const char *proc_root, struct deaths *ret,
    struct mom_error error[static DEATH_SOURCES])
{
    int count = 0;
    *ret = (struct deaths){.hierarchy = hierarchy, .proc_root = proc_root};
    for (enum death_source i = 0; i < DEATHS_NETLINK; i++)
        ret->fd[i] = families[i].open(&ret->socket[i], &error[i]) == 0
                         ? mnl_socket_get_fd(ret->socket[i])
                         : -1;
    ret->fd[DEATHS_KERNEL_LOG] = kernel_log_open(&error[DEATHS_KERNEL_LOG]);
    for (enum death_source i = 0; i < DEATH_SOURCES; i++)
        count += deaths_are_told_by(ret, i);
    return count;
}

static void close_source(struct deaths *deaths, enum death_source source)
{
    if (!deaths_are_told_by(deaths, source))
        return;
    if (source == DEATHS_KERNEL_LOG)
        (void)close(deaths->fd[source]);
    else
        families[source].close(deaths->socket[source]);
    deaths->fd[source] = -1;
}

void deaths_close(struct deaths *deaths)
{
    for (enum death_source i = 0; i < DEATH_SOURCES; i++)
        close_source(deaths, i);
}

bool deaths_are_told_by(const struct deaths *deaths, enum death_source source)
{
    return deaths->fd[source] >= 0;
}

bool deaths_are_told(const struct deaths *deaths)
{
    for (enum death_source i = 0; i < DEATH_SOURCES; i++)
        if (deaths_are_told_by(deaths, i))
            return true;
    return false;
}

bool deaths_wait(const struct deaths *deaths, int stop_fd)
{
    struct pollfd ready[DEATH_SOURCES + 1] = {{.fd = stop_fd, .events = POLLIN}};
    for (enum death_source i = 0; i < DEATH_SOURCES; i++) {
        ready[i + 1].fd = deaths->fd[i];
        ready[i + 1].events = POLLIN;
    }
    while (poll(ready, DEATH_SOURCES + 1, -1) < 0 && errno == EINTR)
        ;
    return ready[0].revents == 0;
}

/* What /proc still says of a dying process; its entry stays until its parent has asked for it. On
 * v1 it stands in the root from the moment that it begins to exit. */
static void look_up_group(const struct deaths *deaths, struct death *death)
{
    int r = hierarchy_group_of(
        deaths->hierarchy, deaths->proc_root, death->pid, death->group, sizeof death->group);
    if (r < 0 || strcmp(death->group, "/") == 0)
        death->group[0] = '\0';
}

static void look_up_name(const struct deaths *deaths, struct death *death)
{
    char path[PATH_MAX];
    if (text_format(path, sizeof path, "%s/%d/comm", deaths->proc_root, (int)death->pid) < 0)
        return;
    ssize_t length = file_read(AT_FDCWD, path, death->name, sizeof death->name);
    death->name[length > 0 ? length - 1 : 0] = '\0'; /* a newline comes behind */
}

static ssize_t receive(const struct deaths *deaths, enum death_source source, char *buffer)
{
    if (!deaths_are_told_by(deaths, source))
        return -EAGAIN;
    return source == DEATHS_KERNEL_LOG
               ? kernel_log_receive(deaths->fd[source], buffer)
               : netlink_receive(deaths->socket[source], buffer, NETLINK_DATAGRAM_MAX);
}

/* The next death that one source tells. */
static bool read_source(struct deaths *deaths, enum death_source source, struct death *ret)
{
    _Alignas(struct nlmsghdr) char buffer[KERNEL_LOG_RECORD_MAX];
    _Static_assert(sizeof buffer >= NETLINK_DATAGRAM_MAX, "one buffer for all sources");
    for (;;) {
        ssize_t length = receive(deaths, source, buffer);
        *ret = (struct death){.pid = 0};
        if (length == -EAGAIN)
            return false;
        if (length == -ENOBUFS || length == -ENOMEM) {
            deaths->lost++;
        } else if (length < 0) { /* it will not get better */
            close_source(deaths, source);
            deaths->error = (int)length;
        } else if (source == DEATHS_KERNEL_LOG
                       ? kernel_log_parse(buffer, ret)
                       : families[source].parse(buffer, (size_t)length, ret))
            return true;
    }
}

bool deaths_read(struct deaths *deaths, struct death *ret)
{
    for (enum death_source source = 0; source < DEATH_SOURCES; source++)
        if (read_source(deaths, source, ret)) {
            if (ret->group[0] == '\0')
                look_up_group(deaths, ret);
            if (ret->name[0] == '\0')
                look_up_name(deaths, ret);
            return true;
        }
    return false;
}
