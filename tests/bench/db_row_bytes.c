/* Prints how many bytes a raw row takes on disk: a day of 5 s samples of ten slices, as the
 * recorder writes them. */
#include "db/store.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { SLICES = 10, DAY_SEC = 24 * 3600, TICK_SEC = 5 };

static int store_day(struct db *db, struct mom_error *error)
{
    const uint8_t boot[16] = {1};
    const int64_t start_sec = 1700000000;
    struct stamp at = {.unix_usec = start_sec * 1000000};
    int r = db_begin(db, error);
    if (r == 0 && store_boot(db, boot, at, error) < 0)
        r = -1;
    for (uint64_t serial = 1; r == 0 && serial <= SLICES; serial++) {
        struct slice slice = {.serial = serial};
        (void)snprintf(slice.key, sizeof slice.key, "docker:%u", (unsigned)serial);
        r = store_slice_born(db, &slice, at, error);
    }
    for (int t = 0; r == 0 && t < DAY_SEC; t += TICK_SEC)
        for (uint64_t serial = 1; r == 0 && serial <= SLICES; serial++) {
            uint32_t pages = 100000 + (uint32_t)(rand() % 50000); /* 400 to 600 MB */
            struct sample_brief brief = {.serial = serial,
                .unix_usec = (start_sec + t) * 1000000,
                .limit_bytes = SAMPLE_NO_LIMIT,
                .rss = pages,
                .swap = pages / 7,
                .footprint = pages + 500,
                .current = pages + 70000,
                .pressure = (uint32_t)(rand() % 300),
                .faults = (uint32_t)(rand() % 10),
                .have = 0x1f};
            r = store_sample(db, &brief, error);
        }
    r = r == 0 ? store_flush(db, error) : r;
    return r == 0 ? db_commit(db, error) : r;
}

int main(void)
{
    char folder[] = "/tmp/mom-bench-XXXXXX", path[64];
    if (!mkdtemp(folder))
        return 1;
    (void)snprintf(path, sizeof path, "%s/mom.db", folder);
    struct mom_error error = {0};
    struct db *db = NULL;
    struct timespec begin, end;
    (void)clock_gettime(CLOCK_MONOTONIC, &begin);
    int r = db_open(path, DB_WRITE, &db, &error);
    if (r == 0)
        r = store_day(db, &error);
    (void)clock_gettime(CLOCK_MONOTONIC, &end);
    db_close(db); /* brings the log into the file */
    struct stat status = {0};
    (void)stat(path, &status);
    const double rows = (double)SLICES * DAY_SEC / TICK_SEC;
    double usec =
        (double)(end.tv_sec - begin.tv_sec) * 1e6 + (double)(end.tv_nsec - begin.tv_nsec) / 1e3;
    (void)printf("%.1f bytes and %.2f us a raw row\n", (double)status.st_size / rows, usec / rows);
    static const char *const suffixes[] = {"", "-wal", "-shm"};
    for (int i = 0; i < 3; i++) {
        char file[80];
        (void)snprintf(file, sizeof file, "%s%s", path, suffixes[i]);
        (void)unlink(file);
    }
    (void)rmdir(folder);
    if (r < 0)
        (void)fprintf(stderr, "%s\n", error.text);
    return r < 0;
}
