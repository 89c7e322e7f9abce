#include "slices/read/group.h"

#include "slices/base/file.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define OPEN_DIRECTORY (O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)

/* Takes the next component of *path into name. */
static int next_component(const char **path, char name[NAME_MAX + 1])
{
    if (**path != '/')
        return -EINVAL;
    ++*path;
    size_t length = strcspn(*path, "/");
    if (length > NAME_MAX)
        return -ENAMETOOLONG;
    memcpy(name, *path, length);
    name[length] = '\0';
    *path += length;
    bool leads_astray = !name[0] || strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
    return leads_astray ? -EINVAL : 0;
}

int group_open(int root_fd, const char *path)
{
    int fd = openat(root_fd, root_fd == AT_FDCWD ? "/" : ".", OPEN_DIRECTORY);
    if (strcmp(path, "/") == 0 || fd < 0)
        return fd < 0 ? -errno : fd;
    do {
        char name[NAME_MAX + 1];
        int r = next_component(&path, name);
        int below = r == 0 ? openat(fd, name, OPEN_DIRECTORY) : -1;
        if (r == 0 && below < 0)
            r = -errno;
        (void)close(fd);
        if (r < 0)
            return r;
        fd = below;
    } while (*path);
    return fd;
}

int group_check(int group_fd, const struct slice_life *life)
{
    struct stat status;
    if (fstat(group_fd, &status) < 0)
        return -errno;
    return status.st_dev == life->mount && status.st_ino == life->inode ? 0 : -ENODEV;
}

bool group_is_gone(int group_fd)
{
    /* A removed kernfs directory keeps its link count; but nothing can be looked up in it. */
    return faccessat(group_fd, "cgroup.procs", F_OK, 0) < 0 && group_vanished(-errno);
}

static uint64_t read_bytes(int group_fd, const char *file)
{
    unsigned long long bytes;
    return file_read_u64(group_fd, file, &bytes) < 0 ? 0 : bytes;
}

uint64_t group_memory(int group_fd, enum hierarchy_version version)
{
    bool is_v2 = version == HIERARCHY_V2;
    return read_bytes(group_fd, is_v2 ? "memory.current" : "memory.usage_in_bytes");
}

uint64_t group_charged(int group_fd, enum hierarchy_version version)
{
    uint64_t memory = group_memory(group_fd, version);
    if (version == HIERARCHY_V2)
        return memory + read_bytes(group_fd, "memory.swap.current");
    uint64_t both = read_bytes(group_fd, "memory.memsw.usage_in_bytes");
    return both > 0 ? both : memory;
}
