/* Takes a known amount of one kind of memory, says "ready", and holds it until it is killed; the
 * kernel's bookkeeping is measured against it.
 *   allocator anon MIB               anonymous pages that don't compress
 *   allocator zeros MIB              anonymous pages that compress to nearly nothing
 *   allocator file MIB FILE          writes the file, then reads it: page cache
 *   allocator mapped MIB FILE        and maps it too
 *   allocator memfd|sysv MIB         shared memory without a name, mapped
 *   allocator tmpfs MIB FOLDER       a file of a tmpfs, not mapped
 *   allocator pipes MIB              full pipes: pages of the kernel's, no slab
 *   allocator messages MIB           a full message queue: slab that can't be reclaimed
 *   allocator inodes COUNT FOLDER    so many empty files: slab that can be reclaimed
 * Signals make it say more, a line each:
 *   SIGUSR1  "swapped BYTES resident BYTES" of its anon, as its own page table has it
 *   SIGUSR2  "touched", once it has read all of its anon again, or with a third argument N every
 *            Nth page of it */
#include <errno.h>
#include <fcntl.h>
#include <mqueue.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/shm.h>
#include <unistd.h>

#define MIB  (1ul << 20)
#define PAGE 4096ul

static unsigned char *anon; /* what the signals ask about */
static size_t anon_bytes;

static void must(bool holds, const char *what)
{
    if (holds)
        return;
    perror(what);
    exit(1);
}

/* xorshift64: what it gives doesn't compress. */
static void fill(void *memory, size_t bytes)
{
    static uint64_t random = 88172645463325252ull;
    uint64_t *words = memory;
    for (size_t i = 0; i < bytes / sizeof *words; i++) {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        words[i] = random;
    }
}

static void take_anon(size_t bytes, bool random)
{
    anon = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    must(anon != MAP_FAILED, "mmap");
    anon_bytes = bytes;
    if (random)
        fill(anon, bytes);
    for (size_t at = 0; at < bytes; at += PAGE) /* not a page of the same bytes: those take none */
        *(uint64_t *)(anon + at + 8) = at + 1;
}

/* Goes to the disk by way of a small buffer, so that nothing else is taken. */
static int write_file(size_t bytes, const char *name)
{
    static char piece[64 * 1024];
    int fd = open(name, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    must(fd >= 0, name);
    for (size_t done = 0; done < bytes; done += sizeof piece) {
        fill(piece, sizeof piece);
        must(write(fd, piece, sizeof piece) == (ssize_t)sizeof piece, name);
    }
    must(fsync(fd) == 0, name);
    for (size_t done = 0; done < bytes; done += sizeof piece)
        must(pread(fd, piece, sizeof piece, (off_t)done) == (ssize_t)sizeof piece, name);
    return fd;
}

static void map_and_touch(int fd, size_t bytes)
{
    const volatile char *memory = mmap(NULL, bytes, PROT_READ, MAP_SHARED, fd, 0);
    must(memory != MAP_FAILED, "mmap");
    for (size_t at = 0; at < bytes; at += PAGE)
        (void)memory[at];
}

static void take_memfd(size_t bytes)
{
    int fd = memfd_create("allocator", MFD_CLOEXEC);
    must(fd >= 0 && ftruncate(fd, (off_t)bytes) == 0, "memfd");
    void *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    must(memory != MAP_FAILED, "mmap");
    fill(memory, bytes);
}

static void take_sysv(size_t bytes)
{
    int id = shmget(IPC_PRIVATE, bytes, IPC_CREAT | 0600);
    void *memory = id >= 0 ? shmat(id, NULL, 0) : NULL;
    must(id >= 0 && memory != (void *)-1, "shmat");
    (void)shmctl(id, IPC_RMID, NULL); /* it goes with us */
    fill(memory, bytes);
}

/* Without a name, so that it goes with us. */
static void take_tmpfs(size_t bytes, const char *folder)
{
    int fd = open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    must(fd >= 0, folder);
    errno = posix_fallocate(fd, 0, (off_t)bytes);
    must(errno == 0, folder);
}

static void allow(__rlimit_resource_t resource, rlim_t limit)
{
    struct rlimit both = {.rlim_cur = limit, .rlim_max = limit};
    must(setrlimit(resource, &both) == 0, "setrlimit");
}

static void take_pipes(size_t bytes)
{
    static char piece[64 * 1024]; /* what a pipe holds, page by page */
    allow(RLIMIT_NOFILE, 2 * bytes / sizeof piece + 16);
    for (size_t done = 0; done < bytes; done += sizeof piece) {
        int ends[2];
        must(pipe2(ends, O_NONBLOCK | O_CLOEXEC) == 0, "pipe");
        must(fcntl(ends[1], F_SETPIPE_SZ, sizeof piece) == (int)sizeof piece, "F_SETPIPE_SZ");
        must(write(ends[1], piece, sizeof piece) == (ssize_t)sizeof piece, "a full pipe");
    }
}

/* With the kernel's 48 bytes before it, each message takes 2 KiB of slab. */
static void take_messages(size_t bytes)
{
    static const char text[2000];
    enum { SLAB_BYTES = 2048, QUEUE_MESSAGES = 1024 };
    allow(RLIMIT_MSGQUEUE, RLIM_INFINITY);
    for (size_t done = 0; done < bytes; done += (size_t)QUEUE_MESSAGES * SLAB_BYTES) {
        struct mq_attr attributes = {.mq_maxmsg = QUEUE_MESSAGES, .mq_msgsize = sizeof text};
        mqd_t queue = mq_open("/allocator", O_CREAT | O_EXCL | O_WRONLY, 0600, &attributes);
        must(queue >= 0 && mq_unlink("/allocator") == 0, "mq_open");
        for (int i = 0; i < QUEUE_MESSAGES; i++)
            must(mq_send(queue, text, sizeof text, 0) == 0, "mq_send");
    }
}

static void take_inodes(size_t count, const char *folder)
{
    for (size_t i = 0; i < count; i++) {
        char name[4096];
        (void)snprintf(name, sizeof name, "%s/%zu", folder, i);
        int fd = open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
        must(fd >= 0 && close(fd) == 0, name);
    }
}

/* Bits 63 and 62 of a row of pagemap: in memory, in swap. */
static void say_where(void)
{
    static uint64_t rows[4096];
    size_t swapped = 0, resident = 0, pages = anon_bytes / PAGE;
    int fd = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
    must(fd >= 0, "pagemap");
    for (size_t done = 0; done < pages;) {
        size_t ask = pages - done < 4096 ? pages - done : 4096;
        off_t at = (off_t)(((uintptr_t)anon / PAGE + done) * sizeof *rows);
        ssize_t got = pread(fd, rows, ask * sizeof *rows, at);
        must(got > 0, "pagemap");
        for (size_t i = 0; i < (size_t)got / sizeof *rows; i++, done++) {
            swapped += rows[i] >> 62 & 1;
            resident += rows[i] >> 63;
        }
    }
    (void)close(fd);
    (void)printf("swapped %zu resident %zu\n", swapped * PAGE, resident * PAGE);
}

static void touch(size_t every)
{
    const volatile unsigned char *memory = anon;
    for (size_t at = 0; at < anon_bytes; at += every * PAGE)
        (void)memory[at];
    (void)puts("touched");
}

static void take(const char *kind, size_t number, const char *place)
{
    size_t bytes = number * MIB;
    if (strcmp(kind, "anon") == 0 || strcmp(kind, "zeros") == 0)
        take_anon(bytes, kind[0] == 'a');
    else if (strcmp(kind, "file") == 0)
        (void)write_file(bytes, place);
    else if (strcmp(kind, "mapped") == 0)
        map_and_touch(write_file(bytes, place), bytes);
    else if (strcmp(kind, "memfd") == 0)
        take_memfd(bytes);
    else if (strcmp(kind, "sysv") == 0)
        take_sysv(bytes);
    else if (strcmp(kind, "tmpfs") == 0)
        take_tmpfs(bytes, place);
    else if (strcmp(kind, "pipes") == 0)
        take_pipes(bytes);
    else if (strcmp(kind, "messages") == 0)
        take_messages(bytes);
    else if (strcmp(kind, "inodes") == 0)
        take_inodes(number, place);
    else
        must(false, kind);
}

int main(int argc, char **argv)
{
    if (argc < 3) {
        (void)fprintf(stderr, "usage: allocator KIND MIB|COUNT [FILE|FOLDER|N]\n");
        return 64;
    }
    sigset_t asked;
    (void)sigemptyset(&asked);
    (void)sigaddset(&asked, SIGUSR1);
    (void)sigaddset(&asked, SIGUSR2);
    (void)sigprocmask(SIG_BLOCK, &asked, NULL);
    (void)setvbuf(stdout, NULL, _IOLBF, 0);
    const char *place = argc > 3 ? argv[3] : "1";
    take(argv[1], strtoul(argv[2], NULL, 10), place);
    (void)puts("ready");
    for (;;) {
        int signal;
        (void)sigwait(&asked, &signal);
        if (signal == SIGUSR1)
            say_where();
        else
            touch(strtoul(place, NULL, 10));
    }
}
