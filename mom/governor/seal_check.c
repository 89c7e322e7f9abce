/* Part of mom-governor-sealed alone: takes the place of what a sealed thread must not call, for the
 * whole program; of the allocator for libc's own calls too (stdio's buffers, opendir). */
#include "mom/governor/seal.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/vfs.h>
#include <unistd.h>

static void forbid(enum seal from, const char *what)
{
    static const char begin[] = "mom-governor: a sealed thread called ";
    if (thread_seal < from)
        return;
    thread_seal = SEAL_NONE;
    (void)!write(STDERR_FILENO, begin, sizeof begin - 1);
    (void)!write(STDERR_FILENO, what, strlen(what));
    (void)!write(STDERR_FILENO, "\n", 1);
    abort();
}

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *old, size_t size);

void *malloc(size_t size)
{
    forbid(SEAL_ALLOCATION, "malloc");
    return __libc_malloc(size);
}

void *calloc(size_t count, size_t size)
{
    forbid(SEAL_ALLOCATION, "calloc");
    return __libc_calloc(count, size);
}

void *realloc(void *old, size_t size)
{
    forbid(SEAL_ALLOCATION, "realloc");
    return __libc_realloc(old, size);
}

static struct {
    int (*mutex_lock)(pthread_mutex_t *);
    int (*cond_wait)(pthread_cond_t *, pthread_mutex_t *);
    int (*sem_wait)(sem_t *);
    int (*sem_clockwait)(sem_t *, clockid_t, const struct timespec *);
    int (*flock)(int, int);
    int (*fsync)(int);
    int (*fdatasync)(int);
    int (*openat)(int, const char *, int, ...);
} libc;

__attribute__((constructor)) static void find_libc(void)
{
    *(void **)&libc.mutex_lock = dlsym(RTLD_NEXT, "pthread_mutex_lock");
    *(void **)&libc.cond_wait = dlsym(RTLD_NEXT, "pthread_cond_wait");
    *(void **)&libc.sem_wait = dlsym(RTLD_NEXT, "sem_wait");
    *(void **)&libc.sem_clockwait = dlsym(RTLD_NEXT, "sem_clockwait");
    *(void **)&libc.flock = dlsym(RTLD_NEXT, "flock");
    *(void **)&libc.fsync = dlsym(RTLD_NEXT, "fsync");
    *(void **)&libc.fdatasync = dlsym(RTLD_NEXT, "fdatasync");
    *(void **)&libc.openat = dlsym(RTLD_NEXT, "openat");
}

int pthread_mutex_lock(pthread_mutex_t *mutex)
{
    forbid(SEAL_WAITING, "pthread_mutex_lock");
    return libc.mutex_lock(mutex);
}

int pthread_cond_wait(pthread_cond_t *cond, pthread_mutex_t *mutex)
{
    forbid(SEAL_WAITING, "pthread_cond_wait");
    return libc.cond_wait(cond, mutex);
}

int sem_wait(sem_t *sem)
{
    forbid(SEAL_WAITING, "sem_wait");
    return libc.sem_wait(sem);
}

int sem_clockwait(sem_t *sem, clockid_t clock, const struct timespec *until)
{
    forbid(SEAL_WAITING, "sem_clockwait");
    return libc.sem_clockwait(sem, clock, until);
}

int flock(int fd, int operation)
{
    forbid(SEAL_WAITING, "flock");
    return libc.flock(fd, operation);
}

int fsync(int fd)
{
    forbid(SEAL_WAITING, "fsync");
    return libc.fsync(fd);
}

int fdatasync(int fd)
{
    forbid(SEAL_WAITING, "fdatasync");
    return libc.fdatasync(fd);
}

/* No disk stands behind it. */
static bool is_in_memory(int fd)
{
    struct statfs fs;
    return fstatfs(fd, &fs) == 0 &&
           (fs.f_type == PROC_SUPER_MAGIC || fs.f_type == SYSFS_MAGIC ||
               fs.f_type == CGROUP_SUPER_MAGIC || fs.f_type == CGROUP2_SUPER_MAGIC ||
               fs.f_type == TMPFS_MAGIC);
}

static int opened(int fd)
{
    if (fd >= 0 && thread_seal >= SEAL_WAITING && !is_in_memory(fd))
        forbid(SEAL_WAITING, "open of a file on a disk");
    return fd;
}

static mode_t mode_of(int flags, va_list more)
{
    bool makes_one =
        flags & O_CREAT || (flags & O_TMPFILE) == O_TMPFILE; /* has O_DIRECTORY in it */
    return makes_one ? va_arg(more, mode_t) : 0;
}

int open(const char *path, int flags, ...)
{
    va_list more;
    va_start(more, flags);
    int fd = libc.openat(AT_FDCWD, path, flags, mode_of(flags, more));
    va_end(more);
    return opened(fd);
}

int openat(int dirfd, const char *path, int flags, ...)
{
    va_list more;
    va_start(more, flags);
    int fd = libc.openat(dirfd, path, flags, mode_of(flags, more));
    va_end(more);
    return opened(fd);
}
