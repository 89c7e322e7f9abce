#include "slices/read/node.h"

#include "slices/base/file.h"
#include "slices/base/text.h"
#include "slices/read/keyed.h"
#include "slices/read/pressure.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

static const struct keyed_row meminfo_rows[] = {
    KEYED_ROW("MemTotal", NODE_MEM_TOTAL),
    KEYED_ROW("MemFree", NODE_MEM_FREE),
    KEYED_ROW("MemAvailable", NODE_MEM_AVAILABLE),
    KEYED_ROW("Cached", NODE_CACHED),
    KEYED_ROW("SwapCached", NODE_SWAP_CACHED),
    KEYED_ROW("SwapTotal", NODE_SWAP_TOTAL),
    KEYED_ROW("SwapFree", NODE_SWAP_FREE),
    KEYED_ROW("AnonPages", NODE_ANON),
    KEYED_ROW("Shmem", NODE_SHMEM),
    KEYED_ROW("SReclaimable", NODE_SLAB_RECLAIMABLE),
    KEYED_ROW("SUnreclaim", NODE_SLAB_UNRECLAIMABLE),
};

/* Several keys of one field add up: kernels count some events per zone. pgscan_direct_throttle is
 * another thing. */
static const struct keyed_row vmstat_rows[] = {
    KEYED_ROW("pswpin", NODE_PSWPIN),
    KEYED_ROW("pswpout", NODE_PSWPOUT),
    KEYED_ROW("allocstall", NODE_ALLOCSTALL),
    KEYED_ROW("allocstall_dma", NODE_ALLOCSTALL),
    KEYED_ROW("allocstall_dma32", NODE_ALLOCSTALL),
    KEYED_ROW("allocstall_normal", NODE_ALLOCSTALL),
    KEYED_ROW("allocstall_high", NODE_ALLOCSTALL),
    KEYED_ROW("allocstall_movable", NODE_ALLOCSTALL),
    KEYED_ROW("allocstall_device", NODE_ALLOCSTALL),
    KEYED_ROW("pgmajfault", NODE_PGMAJFAULT),
    KEYED_ROW("pgscan_direct", NODE_PGSCAN_DIRECT),
    KEYED_ROW("pgscan_direct_dma", NODE_PGSCAN_DIRECT),
    KEYED_ROW("pgscan_direct_dma32", NODE_PGSCAN_DIRECT),
    KEYED_ROW("pgscan_direct_normal", NODE_PGSCAN_DIRECT),
    KEYED_ROW("pgscan_direct_high", NODE_PGSCAN_DIRECT),
    KEYED_ROW("pgscan_direct_movable", NODE_PGSCAN_DIRECT),
    KEYED_ROW("oom_kill", NODE_OOM_KILL),
};

static void set_field(void *context, int field, uint64_t value)
{
    node_set(context, (enum node_field)field, value);
}

static void add_field(void *context, int field, uint64_t value)
{
    struct node_sample *node = context;
    uint64_t before = node_has(node, (enum node_field)field) ? node->value[field] : 0;
    node_set(node, (enum node_field)field, before + value);
}

int node_parse_meminfo(const char *text, struct node_sample *node)
{
    keyed_parse(text, meminfo_rows, COUNT(meminfo_rows), set_field, node);
    bool usable = node_has(node, NODE_MEM_TOTAL) && node_has(node, NODE_MEM_AVAILABLE) &&
                  node->value[NODE_MEM_TOTAL] > 0;
    return usable ? 0 : -EINVAL;
}

void node_parse_vmstat(const char *text, struct node_sample *node)
{
    keyed_parse(text, vmstat_rows, COUNT(vmstat_rows), add_field, node);
}

static void skip_word(const char **cursor)
{
    *cursor += strcspn(*cursor, " \t\n");
    *cursor += strspn(*cursor, " \t");
}

/* One line "Filename Type Size Used Priority", sizes in KiB; blanks in a name stand as \040. */
static bool parse_swap(const char *line, uint64_t *ret_bytes, bool *ret_zram)
{
    const char *name = line, *end = line + strcspn(line, " \t\n");
    const char *base = memrchr(name, '/', (size_t)(end - name));
    uint64_t kib;
    skip_word(&line);
    skip_word(&line);
    if (text_u64(&line, &kib) < 0 || (*line != ' ' && *line != '\t'))
        return false;
    if (__builtin_mul_overflow(kib, 1024, ret_bytes))
        return false;
    *ret_zram = text_starts_with(base ? base + 1 : name, "zram");
    return true;
}

void node_parse_swaps(const char *text, struct node_sample *node)
{
    uint64_t devices = 0, zram_bytes = 0;
    const char *line = strchr(text, '\n'); /* behind the heading */
    for (; line && line[1]; line = strchr(line + 1, '\n')) {
        uint64_t bytes;
        bool zram;
        if (!parse_swap(line + 1, &bytes, &zram))
            continue;
        devices++;
        if (zram)
            zram_bytes += bytes;
    }
    node_set(node, NODE_SWAP_DEVICES, devices);
    node_set(node, NODE_ZRAM_SWAP, zram_bytes);
}

static void parse_pressure(const char *text, struct node_sample *node)
{
    struct pressure pressure;
    if (pressure_parse(text, &pressure) < 0)
        return;
    if (pressure.some) {
        node_set(node, NODE_PSI_SOME_AVG10, pressure.some_avg10);
        node_set(node, NODE_PSI_SOME_TOTAL, pressure.some_total);
    }
    if (pressure.full) {
        node_set(node, NODE_PSI_FULL_AVG10, pressure.full_avg10);
        node_set(node, NODE_PSI_FULL_TOTAL, pressure.full_total);
    }
}

int node_reader_open(struct node_reader *reader, const char *proc_root, struct mom_error *error)
{
    *reader = (struct node_reader){.meminfo = -1, .vmstat = -1, .swaps = -1, .pressure = -1};
    int proc = open(proc_root, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (proc < 0)
        return error_errno(error, -errno, "%s", proc_root);
    reader->meminfo = openat(proc, "meminfo", O_RDONLY | O_CLOEXEC);
    int r = reader->meminfo < 0 ? -errno : 0;
    if (r == 0) {
        reader->vmstat = openat(proc, "vmstat", O_RDONLY | O_CLOEXEC);
        reader->swaps = openat(proc, "swaps", O_RDONLY | O_CLOEXEC);
        reader->pressure = openat(proc, "pressure/memory", O_RDONLY | O_CLOEXEC);
    }
    (void)close(proc);
    return r < 0 ? error_errno(error, r, "%s/meminfo", proc_root) : 0;
}

void node_reader_close(struct node_reader *reader)
{
    const int fds[] = {reader->meminfo, reader->vmstat, reader->swaps, reader->pressure};
    for (size_t i = 0; i < COUNT(fds); i++)
        if (fds[i] >= 0)
            (void)close(fds[i]);
    *reader = (struct node_reader){.meminfo = -1, .vmstat = -1, .swaps = -1, .pressure = -1};
}

int node_read(struct node_reader *reader, struct stamp now, struct node_sample *ret)
{
    char text[32768]; /* vmstat is the longest, 6 KiB as of Linux 6.18 */
    struct node_sample node = {.at = now};
    ssize_t n = file_pread(reader->meminfo, text, sizeof text);
    if (n < 0)
        return (int)n;
    int r = node_parse_meminfo(text, &node);
    if (r < 0)
        return r;
    const struct {
        int fd;
        void (*parse)(const char *text, struct node_sample *node);
    } others[] = {
        {reader->vmstat, node_parse_vmstat},
        {reader->swaps, node_parse_swaps},
        {reader->pressure, parse_pressure},
    };
    for (size_t i = 0; i < COUNT(others); i++)
        if (others[i].fd >= 0 && file_pread(others[i].fd, text, sizeof text) > 0)
            others[i].parse(text, &node);
    *ret = node;
    return 0;
}
