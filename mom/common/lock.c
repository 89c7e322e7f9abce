#include "mom/common/lock.h"

#include "mom/common/paths.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

/* Who may open a file for reading may lock it: nobody but its owner, then. */
enum { MODE = 0600 };

int lock_take(const char *folder, const char *name, struct mom_error *error)
{
    char path[PATH_MAX];
    if (paths_join(path, sizeof path, folder, name) < 0)
        return error_errno(error, -ENAMETOOLONG, "%s", folder);
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, MODE);
    if (fd < 0)
        return error_errno(error, -errno, "%s", path);
    if (flock(fd, LOCK_EX | LOCK_NB) == 0)
        return fd;
    int r = errno == EWOULDBLOCK ? -EBUSY : -errno;
    (void)close(fd);
    return r == -EBUSY ? error_set(error, r, "%s is held by another process", path)
                       : error_errno(error, r, "%s", path);
}

int lock_await(const char *folder, const char *name, int64_t patience_usec, struct mom_error *error)
{
    enum { NAP_USEC = 100000 };
    int r = lock_take(folder, name, error);
    for (int64_t left = patience_usec; r == -EBUSY && left > 0; left -= NAP_USEC) {
        (void)usleep(NAP_USEC);
        r = lock_take(folder, name, error);
    }
    return r;
}
