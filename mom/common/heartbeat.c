#include "mom/common/heartbeat.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

int heartbeat_create(
    struct heartbeat *heartbeat, const char *path, gid_t group, struct mom_error *error)
{
    int r = shared_file_create(
        path, sizeof(struct heartbeat_page), 0640, group, &heartbeat->file, error);
    if (r == 0)
        memset(heartbeat->file.base, 0, heartbeat->file.size); /* what an earlier life left */
    return r;
}

struct heartbeat_page *heartbeat_page(const struct heartbeat *heartbeat)
{
    return heartbeat->file.base;
}

int heartbeat_read(const char *path, struct heartbeat_page *ret)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (fd < 0)
        return -errno;
    ssize_t n = pread(fd, ret, sizeof *ret, 0);
    int r = n < 0 ? -errno : n == sizeof *ret ? 0 : -EPROTO;
    (void)close(fd);
    return r;
}
