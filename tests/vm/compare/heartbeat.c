/* heartbeat MIB FILE: an honest program that is busy: every 2 ms it writes to each page of its
 * working set, and tells in FILE how long it was kept from it. */
#include "tests/vm/compare/heartbeat.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

enum { PERIOD_USEC = 2000, PAGE = 4096 };

static void must(bool holds, const char *what)
{
    if (holds)
        return;
    perror(what);
    exit(1);
}

static int64_t now_usec(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_BOOTTIME, &t);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static struct heartbeat *open_page(const char *file)
{
    int fd = open(file, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    must(fd >= 0 && ftruncate(fd, sizeof(struct heartbeat)) == 0, file);
    void *page = mmap(NULL, sizeof(struct heartbeat), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    must(page != MAP_FAILED, file);
    return page;
}

int main(int argc, char **argv)
{
    if (argc != 3) {
        (void)fprintf(stderr, "usage: heartbeat MIB FILE\n");
        return 64;
    }
    size_t bytes = (size_t)strtoul(argv[1], NULL, 10) << 20;
    volatile unsigned char *memory =
        mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    must(memory != MAP_FAILED, "mmap");
    struct heartbeat *page = open_page(argv[2]);
    for (int64_t last = now_usec();;) {
        for (size_t at = 0; at < bytes; at += PAGE)
            memory[at]++;
        int64_t now = now_usec();
        if (now - last > atomic_load(&page->worst_usec))
            atomic_store(&page->worst_usec, now - last);
        atomic_store(&page->beat_usec, now);
        last = now;
        (void)usleep(PERIOD_USEC);
    }
}
