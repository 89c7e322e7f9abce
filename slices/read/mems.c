#include "slices/read/mems.h"

#include "slices/base/file.h"
#include "slices/base/text.h"
#include "slices/memory_nodes.h"
#include "slices/read/keyed.h"
#include "slices/read/visit.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

/* --- Which ----------------------------------------------------------------------------------- */

static uint64_t several(uint64_t nodes)
{
    return nodes & (nodes - 1) ? nodes : 0;
}

uint64_t mems_of_machine(const char *root)
{
    char path[128], text[1024];
    uint64_t nodes;
    (void)text_format(path, sizeof path, "%s/has_memory", root);
    if (file_read(AT_FDCWD, path, text, sizeof text) < 0 ||
        memory_nodes_parse(text, &nodes) == -EINVAL)
        return 0;
    return several(nodes);
}

struct bound {
    int proc_fd;
    uint64_t nodes;
};

/* Ends the visit at the first that is still there. */
static int read_bound(void *context, int32_t pid)
{
    static const char key[] = "\nMems_allowed_list:\t";
    struct bound *bound = context;
    char name[32], text[8192];
    (void)text_format(name, sizeof name, "%d/status", pid);
    if (file_read_beginning(bound->proc_fd, name, text, sizeof text) <= 0)
        return 0;
    const char *line = strstr(text, key);
    if (!line || memory_nodes_parse(line + sizeof key - 1, &bound->nodes) < 0)
        bound->nodes = 0;
    return 1;
}

uint64_t mems_of_group(int group_fd, int proc_fd, uint64_t machine)
{
    struct bound bound = {.proc_fd = proc_fd};
    (void)processes_visit(group_fd, read_bound, &bound);
    bound.nodes &= machine;
    return bound.nodes == machine ? 0 : bound.nodes;
}

/* --- How full -------------------------------------------------------------------------------- */

static void close_all(int *fd)
{
    for (size_t i = 0; i < MEMS_OPEN_MAX && fd[i] >= 0; i++) {
        (void)close(fd[i]);
        fd[i] = -1;
    }
}

int mems_open(const char *root, uint64_t nodes, int *fd)
{
    size_t count = 0;
    for (size_t i = 0; i < MEMS_OPEN_MAX; i++)
        fd[i] = -1;
    for (unsigned node = 0; node < MEMORY_NODES_MAX; node++) {
        char path[128];
        if (!(nodes >> node & 1))
            continue;
        (void)text_format(path, sizeof path, "%s/node%u/meminfo", root, node);
        int r = count < MEMS_OPEN_MAX ? open(path, O_RDONLY | O_CLOEXEC) : -1;
        if (r < 0) {
            r = count < MEMS_OPEN_MAX ? -errno : -E2BIG;
            close_all(fd);
            return r;
        }
        fd[count++] = r;
    }
    return 0;
}

static const struct keyed_row rows[] = {
    KEYED_ROW("MemTotal", NODE_MEM_TOTAL),
    KEYED_ROW("MemFree", NODE_MEM_FREE),
    KEYED_ROW("Active(file)", NODE_MEM_AVAILABLE),
    KEYED_ROW("Inactive(file)", NODE_MEM_AVAILABLE),
    KEYED_ROW("FilePages", NODE_CACHED),
    KEYED_ROW("AnonPages", NODE_ANON),
    KEYED_ROW("Shmem", NODE_SHMEM),
    KEYED_ROW("SReclaimable", NODE_SLAB_RECLAIMABLE),
    KEYED_ROW("SUnreclaim", NODE_SLAB_UNRECLAIMABLE),
};

static uint64_t known(const struct node_sample *sample, enum node_field field)
{
    return node_has(sample, field) ? sample->value[field] : 0;
}

static void add(void *context, int field, uint64_t value)
{
    struct node_sample *sample = context;
    node_set(sample, (enum node_field)field, known(sample, (enum node_field)field) + value);
}

/* Each line begins with "Node 0 ". */
static void strip_heads(char *text)
{
    char *to = text;
    for (const char *line = text, *next; *line; line = next) {
        next = strchrnul(line, '\n');
        next += *next != '\0';
        const char *key =
            text_starts_with(line, "Node ") ? strchr(line + strlen("Node "), ' ') : NULL;
        if (!key || ++key > next)
            key = line;
        memmove(to, key, (size_t)(next - key));
        to += next - key;
    }
    *to = '\0';
}

void mems_parse_meminfo(char *text, struct node_sample *sample)
{
    strip_heads(text);
    keyed_parse(text, rows, sizeof rows / sizeof *rows, add, sample);
}

static uint64_t less(uint64_t a, uint64_t b)
{
    return a > b ? a - b : 0;
}

/* As si_mem_available() (mm/show_mem.c) does for the machine: what is free, page cache and such
 * slab, less what the kernel keeps to itself. The watermarks that say how much that is are in no
 * file of a node: it is the machine's, by the nodes' part of its memory. */
static uint64_t available_of(const struct node_sample *nodes, const struct node_sample *machine)
{
    uint64_t cache = less(known(machine, NODE_CACHED), known(machine, NODE_SHMEM));
    uint64_t whole = known(machine, NODE_MEM_FREE) + cache + known(machine, NODE_SLAB_RECLAIMABLE);
    double kept = 0;
    if (node_has(machine, NODE_MEM_AVAILABLE) && known(machine, NODE_MEM_TOTAL) > 0)
        kept = (double)less(whole, machine->value[NODE_MEM_AVAILABLE]) *
               (double)nodes->value[NODE_MEM_TOTAL] / (double)machine->value[NODE_MEM_TOTAL];
    uint64_t free = known(nodes, NODE_MEM_FREE) + known(nodes, NODE_MEM_AVAILABLE) +
                    known(nodes, NODE_SLAB_RECLAIMABLE);
    uint64_t available = less(free, (uint64_t)kept);
    uint64_t total = nodes->value[NODE_MEM_TOTAL];
    return available < total ? available : total;
}

int mems_read(
    const int *fd, struct stamp now, const struct node_sample *node, struct node_sample *ret)
{
    char text[8192]; /* 1.5 KiB as of Linux 6.12 */
    struct node_sample nodes = {.at = now};
    for (size_t i = 0; i < MEMS_OPEN_MAX && fd[i] >= 0; i++) {
        ssize_t n = file_pread(fd[i], text, sizeof text);
        if (n < 0)
            return (int)n;
        mems_parse_meminfo(text, &nodes);
    }
    if (known(&nodes, NODE_MEM_TOTAL) == 0)
        return -ENOENT;
    node_set(&nodes, NODE_MEM_AVAILABLE, available_of(&nodes, node));
    for (enum node_field field = NODE_SWAP_TOTAL; field < NODE_FIELDS; field++)
        if (node_has(node, field))
            node_set(&nodes, field, node->value[field]);
    *ret = nodes;
    return 0;
}
