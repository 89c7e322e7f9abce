#include "mom/courier/directory.h"

#include "slices/base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

static int write_whole(int fd, const char *bytes, size_t length)
{
    while (length > 0) {
        ssize_t n = write(fd, bytes, length);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return -errno;
        bytes += n;
        length -= (size_t)n;
    }
    return fsync(fd) < 0 ? -errno : 0;
}

int directory_deliver(const char *folder, const struct letter *letter, struct mom_error *error)
{
    char path[NAME_MAX + 1], fresh[NAME_MAX + 1];
    if (text_format(path, sizeof path, "%s.eml", letter->name) < 0 ||
        text_format(fresh, sizeof fresh, ".%s.new", letter->name) < 0)
        return error_errno(error, -ENAMETOOLONG, "%s", letter->name);
    if (mkdir(folder, 0750) < 0 && errno != EEXIST)
        return error_errno(error, -errno, "%s", folder);
    int dir = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (dir < 0)
        return error_errno(error, -errno, "%s", folder);
    (void)unlinkat(dir, fresh, 0);
    int fd = openat(dir, fresh, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0640);
    int r = fd < 0 ? -errno : write_whole(fd, letter->bytes, letter->length);
    if (fd >= 0)
        (void)close(fd);
    if (r == 0 && renameat(dir, fresh, dir, path) < 0)
        r = -errno;
    if (r == 0 && fsync(dir) < 0)
        r = -errno;
    (void)close(dir);
    return r < 0 ? error_errno(error, r, "%s/%s", folder, path) : 0;
}
