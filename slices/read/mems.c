#include "slices/read/mems.h"

#include "slices/base/file.h"
#include "slices/base/text.h"
#include "slices/memory_nodes.h"
#include "slices/read/keyed.h"
#include "slices/read/node.h"
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

/* Free pages, page cache and such slab. */
static uint64_t sum_of(const struct node_sample *parsed)
{
    return known(parsed, NODE_MEM_FREE) + known(parsed, NODE_MEM_AVAILABLE) +
           known(parsed, NODE_SLAB_RECLAIMABLE);
}

/* si_mem_available() (mm/show_mem.c) takes the watermarks off that sum; they are in no file of a
 * node. What that was of the machine's memory is taken off for each node, by its size. */
static double part_kept(const char *meminfo)
{
    char text[8192];
    struct node_sample parsed = {0}, machine = {0};
    if (file_read(AT_FDCWD, meminfo, text, sizeof text) < 0 ||
        node_parse_meminfo(text, &machine) < 0)
        return 0;
    mems_parse_meminfo(text, &parsed);
    double kept = (double)sum_of(&parsed) - (double)machine.value[NODE_MEM_AVAILABLE];
    return kept > 0 ? kept / (double)machine.value[NODE_MEM_TOTAL] : 0;
}

static uint64_t available_of(const struct mems_reader *reader, const struct node_sample *parsed)
{
    double total = (double)parsed->value[NODE_MEM_TOTAL];
    double available = (double)sum_of(parsed) - reader->kept * total;
    return available > 0 ? (uint64_t)(available < total ? available : total) : 0;
}

static int open_node(const char *root, unsigned node)
{
    char path[128];
    (void)text_format(path, sizeof path, "%s/node%u/meminfo", root, node);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    return fd < 0 ? -errno : fd;
}

int mems_reader_open(
    struct mems_reader *reader, const char *root, const char *meminfo, uint64_t nodes)
{
    size_t count = 0;
    for (size_t i = 0; i < MEMS_OPEN_MAX; i++)
        reader->fd[i] = -1;
    for (unsigned node = 0; node < MEMORY_NODES_MAX; node++) {
        if (!(nodes >> node & 1))
            continue;
        int fd = count < MEMS_OPEN_MAX ? open_node(root, node) : -E2BIG;
        if (fd < 0) {
            mems_reader_close(reader);
            return fd;
        }
        reader->fd[count++] = fd;
    }
    reader->kept = part_kept(meminfo);
    return 0;
}

void mems_reader_close(struct mems_reader *reader)
{
    for (size_t i = 0; i < MEMS_OPEN_MAX && reader->fd[i] >= 0; i++) {
        (void)close(reader->fd[i]);
        reader->fd[i] = -1;
    }
}

int mems_read(const struct mems_reader *reader, struct stamp now, const struct node_sample *node,
    struct node_sample *ret)
{
    char text[8192]; /* 1.5 KiB as of Linux 6.12 */
    struct node_sample nodes = {.at = now};
    for (size_t i = 0; i < MEMS_OPEN_MAX && reader->fd[i] >= 0; i++) {
        ssize_t n = file_pread(reader->fd[i], text, sizeof text);
        if (n < 0)
            return (int)n;
        mems_parse_meminfo(text, &nodes);
    }
    if (known(&nodes, NODE_MEM_TOTAL) == 0)
        return -ENOENT;
    node_set(&nodes, NODE_MEM_AVAILABLE, available_of(reader, &nodes));
    for (enum node_field field = NODE_SWAP_TOTAL; field < NODE_FIELDS; field++)
        if (node_has(node, field))
            node_set(&nodes, field, node->value[field]);
    *ret = nodes;
    return 0;
}
