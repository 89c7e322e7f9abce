/* A slice's load for demonstrations and tests: takes memory in one of several honest or dishonest
 * ways, until it is killed. Touches what it takes, page by page, with bytes that don't compress. */
#include <fcntl.h>
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

enum { PIECE = 64 * 1024, PIECES_A_MIB = 16 };

/* While there is nothing to do, it looks less and less often: a day must not cost much. */
enum { STEP_USEC = 50000, STEP_MOST_USEC = 6400000 };

static const char usage[] =
    "usage: eater steady MIB            takes it at once and holds it\n"
    "       eater saw LOW HIGH PERIOD   swings between LOW and HIGH MiB in PERIOD seconds\n"
    "       eater warm-up MIB TAU       approaches MIB as 1 - exp(-t/TAU), then holds\n"
    "       eater leak MIB RATE [MOST]  takes MIB, then RATE MiB a second, up to MOST\n"
    "       eater spill MIB RATE FILE   the same into a file, for ever\n"
    "       eater shift LOW HIGH RATE STAY  from LOW, RATE MiB a second, to HIGH, back after STAY "
    "seconds there, and works with all of it\n"
    "       eater reserve MIB           has the addresses, and touches none of them\n";

static size_t held; /* pieces */
static int spill_fd = -1;
static char **pieces;
static size_t room;

static void fail(const char *what)
{
    perror(what);
    exit(1);
}

static void *take(void)
{
    static uint64_t random = 88172645463325252ull; /* xorshift64 */
    static uint64_t spilt[PIECE / sizeof random];
    uint64_t *piece = spilt;
    if (spill_fd < 0)
        piece = mmap(NULL, PIECE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (piece == MAP_FAILED)
        fail("mmap");
    for (size_t i = 0; i < PIECE / sizeof *piece; i++) {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        piece[i] = random;
    }
    if (spill_fd >= 0 && write(spill_fd, piece, PIECE) != PIECE)
        fail("write");
    return piece;
}

/* True when that changed something. */
static bool hold(double mib)
{
    size_t before = held;
    size_t wanted = mib > 0 ? (size_t)(mib * PIECES_A_MIB) : 0;
    while (held < wanted) {
        if (held == room) {
            room = room ? room * 2 : 1024;
            pieces = realloc(pieces, room * sizeof *pieces);
            if (!pieces)
                exit(1);
        }
        pieces[held++] = take();
    }
    while (held > wanted)
        (void)munmap(pieces[--held], PIECE);
    return held != before;
}

static double now(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static double wanted(const char *way, const double *a, double t)
{
    if (strcmp(way, "steady") == 0)
        return a[0];
    if (strcmp(way, "saw") == 0)
        return a[0] + (a[1] - a[0]) * fmod(t, a[2]) / a[2];
    if (strcmp(way, "warm-up") == 0)
        return a[0] * (1 - exp(-t / a[1]));
    if (strcmp(way, "leak") == 0 || strcmp(way, "spill") == 0)
        return fmin(a[0] + a[1] * t, a[2]);
    if (strcmp(way, "shift") == 0)
        return t < (a[1] - a[0]) / a[2] + a[3] ? fmin(a[0] + a[2] * t, a[1]) : a[0];
    if (strcmp(way, "reserve") == 0)
        return 0;
    (void)fputs(usage, stderr);
    exit(64);
}

/* Touches every page. */
static void work(void)
{
    enum { PAGE = 4096 };
    for (size_t i = 0; i < held; i++)
        for (size_t at = 0; at < PIECE; at += PAGE)
            ((volatile char *)pieces[i])[at]++;
}

static void reserve(double mib)
{
    if (mmap(NULL, (size_t)(mib * PIECES_A_MIB) * PIECE, PROT_NONE,
            MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0) == MAP_FAILED)
        fail("mmap");
}

int main(int argc, char **argv)
{
    double numbers[4] = {1, 1, INFINITY, 0};
    if (argc < 3) {
        (void)fputs(usage, stderr);
        return 64;
    }
    bool spills = strcmp(argv[1], "spill") == 0 && argc == 5;
    for (int i = 2; i < argc && i < (spills ? 4 : 6); i++)
        numbers[i - 2] = strtod(argv[i], NULL);
    if (spills)
        spill_fd = open(argv[4], O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (spills && spill_fd < 0)
        fail(argv[4]);
    if (strcmp(argv[1], "reserve") == 0)
        reserve(numbers[0]);
    bool works = strcmp(argv[1], "shift") == 0;
    double start = now();
    useconds_t step = STEP_USEC;
    for (;;) {
        bool busy = hold(wanted(argv[1], numbers, now() - start)) || works;
        if (works)
            work();
        (void)usleep(step);
        step = busy ? STEP_USEC : step < STEP_MOST_USEC ? 2 * step : step;
    }
}
