#include "mom/warden/notify.h"

#include "slices/base/text.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

bool notify_wanted(void)
{
    return getenv("NOTIFY_SOCKET") != NULL;
}

void notify_send(const char *text)
{
    const char *path = getenv("NOTIFY_SOCKET");
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (!path || text_copy(address.sun_path, sizeof address.sun_path, path) < 0)
        return;
    socklen_t length = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(path));
    if (address.sun_path[0] == '@')
        address.sun_path[0] = '\0'; /* an abstract socket */
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return;
    (void)sendto(fd, text, strlen(text), MSG_NOSIGNAL | MSG_DONTWAIT,
        (const struct sockaddr *)&address, length);
    (void)close(fd);
}

int64_t notify_watchdog_usec(void)
{
    const char *period = getenv("WATCHDOG_USEC"), *pid = getenv("WATCHDOG_PID");
    uint64_t usec, who;
    if (!period || text_whole_u64(period, &usec) < 0 || usec > INT64_MAX)
        return 0;
    if (pid && (text_whole_u64(pid, &who) < 0 || who != (uint64_t)getpid()))
        return 0;
    return (int64_t)usec / 2;
}
