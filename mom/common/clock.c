#include "mom/common/clock.h"

#include "slices/base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static int64_t read_clock(clockid_t which)
{
    struct timespec now;
    (void)clock_gettime(which, &now); /* cannot fail for these two */
    return (int64_t)now.tv_sec * USEC_PER_SEC + now.tv_nsec / 1000;
}

struct stamp clock_now(void)
{
    return (struct stamp){
        .boot_usec = read_clock(CLOCK_BOOTTIME),
        .unix_usec = read_clock(CLOCK_REALTIME),
    };
}

int64_t clock_step(struct stamp before, struct stamp after)
{
    return (after.unix_usec - before.unix_usec) - (after.boot_usec - before.boot_usec);
}

static int hex_digit(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

int clock_boot_id(const char *proc_root, uint8_t ret[16])
{
    memset(ret, 0, 16);
    int proc = open(proc_root, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (proc < 0)
        return -errno;
    char text[64];
    ssize_t n = file_read(proc, "sys/kernel/random/boot_id", text, sizeof text);
    (void)close(proc);
    if (n < 0)
        return (int)n;
    uint8_t id[16] = {0};
    unsigned digits = 0;
    for (const char *c = text; *c && digits < 32; c++) {
        int digit = hex_digit(*c);
        if (digit < 0)
            continue;
        id[digits / 2] = (uint8_t)(id[digits / 2] << 4 | digit);
        digits++;
    }
    if (digits < 32)
        return -EINVAL;
    memcpy(ret, id, sizeof id);
    return 0;
}
