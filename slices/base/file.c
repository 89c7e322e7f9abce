#include "slices/base/file.h"

#include "slices/base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

ssize_t file_pread(int fd, char *buffer, size_t size)
{
    size_t used = 0;
    while (used < size) {
        ssize_t n = pread(fd, buffer + used, size - used, (off_t)used);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return -errno;
        if (n == 0) {
            buffer[used] = '\0';
            return (ssize_t)used;
        }
        used += (size_t)n;
    }
    return -EFBIG;
}

ssize_t file_read(int dirfd, const char *name, char *buffer, size_t size)
{
    int fd = openat(dirfd, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (fd < 0)
        return -errno;
    ssize_t n = file_pread(fd, buffer, size);
    (void)close(fd);
    return n;
}

ssize_t file_read_beginning(int dirfd, const char *name, char *buffer, size_t size)
{
    int fd = openat(dirfd, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0)
        return -errno;
    ssize_t n = read(fd, buffer, size - 1);
    int r = n < 0 ? -errno : 0;
    (void)close(fd);
    if (r < 0)
        return r;
    buffer[n] = '\0';
    return n;
}

int file_write(int dirfd, const char *name, const char *text)
{
    int fd = openat(dirfd, name, O_WRONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0)
        return -errno;
    size_t length = strlen(text);
    ssize_t n = write(fd, text, length);
    int r = n < 0 ? -errno : (size_t)n == length ? 0 : -EIO;
    (void)close(fd);
    return r;
}

int file_read_u64(int dirfd, const char *name, unsigned long long *ret)
{
    char text[32];
    ssize_t n = file_read(dirfd, name, text, sizeof text);
    if (n < 0)
        return (int)n;
    uint64_t value = UINT64_MAX;
    if (strcmp(text, "max\n") != 0) {
        int r = text_whole_u64(text, &value);
        if (r < 0)
            return r;
    }
    *ret = value;
    return 0;
}

static int map(int fd, size_t size, int protection, struct shared_file *ret)
{
    void *base = mmap(NULL, size, protection, MAP_SHARED, fd, 0);
    if (base == MAP_FAILED)
        return -errno;
    *ret = (struct shared_file){.base = base, .size = size};
    return 0;
}

static int prepare(int fd, size_t size, size_t allocated, mode_t mode, gid_t group)
{
    struct stat status;
    if (fstat(fd, &status) < 0)
        return -errno;
    if ((size_t)status.st_size != size && (ftruncate(fd, 0) < 0 || ftruncate(fd, (off_t)size) < 0))
        return -errno;
    if (fchown(fd, (uid_t)-1, group) < 0 || fchmod(fd, mode) < 0)
        return -errno;
    return -posix_fallocate(fd, 0, (off_t)allocated);
}

static bool is_plain(int fd)
{
    struct stat status;
    return fstat(fd, &status) == 0 && S_ISREG(status.st_mode) && status.st_nlink == 1;
}

int file_open_plain(const char *path, mode_t mode)
{
    const int flags = O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK;
    int fd = open(path, flags, mode);
    if (fd >= 0 && is_plain(fd))
        return fd;
    bool odd = fd >= 0 || errno == ELOOP || errno == ENXIO || errno == EISDIR;
    if (fd >= 0)
        (void)close(fd);
    if (!odd || remove(path) < 0)
        return -errno;
    fd = open(path, flags | O_EXCL, mode);
    return fd < 0 ? -errno : fd;
}

int shared_file_create_sparse(const char *path, size_t size, size_t allocated, mode_t mode,
    gid_t group, struct shared_file *ret, int *ret_fd, struct mom_error *error)
{
    int fd = file_open_plain(path, mode);
    if (fd < 0)
        return error_errno(error, fd, "%s", path);
    int r = prepare(fd, size, allocated, mode, group);
    if (r == 0)
        r = map(fd, size, PROT_READ | PROT_WRITE, ret);
    if (r < 0) {
        (void)close(fd);
        return error_errno(error, r, "%s", path);
    }
    *ret_fd = fd;
    return 0;
}

int shared_file_create(const char *path, size_t size, mode_t mode, gid_t group,
    struct shared_file *ret, struct mom_error *error)
{
    int fd = -1;
    int r = shared_file_create_sparse(path, size, size, mode, group, ret, &fd, error);
    if (r == 0)
        (void)close(fd);
    return r;
}

int shared_file_open(
    const char *path, size_t size_least, struct shared_file *ret, struct mom_error *error)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (fd < 0)
        return error_errno(error, -errno, "%s", path);
    struct stat status;
    int r = fstat(fd, &status) < 0 ? -errno : 0;
    if (r == 0 && (!S_ISREG(status.st_mode) || (size_t)status.st_size < size_least))
        r = -EINVAL;
    if (r == 0)
        r = map(fd, (size_t)status.st_size, PROT_READ, ret);
    (void)close(fd);
    return r < 0 ? error_errno(error, r, "%s", path) : 0;
}

void shared_file_close(struct shared_file *file)
{
    if (file->base)
        (void)munmap(file->base, file->size);
    *file = (struct shared_file){0};
}
