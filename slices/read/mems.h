/* The machine's memory nodes: which there are, which of them a slice is bound to, how full they
 * are. Where there is but one, nothing is read. */
#ifndef SLICES_READ_MEMS_H
#define SLICES_READ_MEMS_H

#include "slices/sample.h"

#include <stddef.h>
#include <stdint.h>

#define MEMS_ROOT "/sys/devices/system/node"

/* Those that have memory (memory_nodes.h), at the start: one that is plugged in later is not
 * judged. 0: there are not several, or it can't be told. */
uint64_t mems_of_machine(const char *root);

/* What the group's first process may take memory from, by Mems_allowed_list: cpuset.mems of
 * whichever hierarchy, and nothing of a process's own (set_mempolicy, mbind). 0: all of the
 * `machine`'s nodes, or it can't be told. */
uint64_t mems_of_group(int group_fd, int proc_fd, uint64_t machine);

/* Kept open of a domain's nodes: nodeN/meminfo. More nodes than that are not judged together. */
#define MEMS_OPEN_MAX 8

struct mems_reader {
    int fd[MEMS_OPEN_MAX]; /* -1 behind the last */
    double kept;           /* part of memory that the kernel keeps to itself, 0 to 1 */
};

/* `meminfo`: the machine's. 0, or -errno with none open; -E2BIG: too many nodes. */
#define MEMS_MEMINFO "/proc/meminfo"
int mems_reader_open(
    struct mems_reader *reader, const char *root, const char *meminfo, uint64_t nodes);
void mems_reader_close(struct mems_reader *reader);

/* The nodes together as a node of its own. Swap, paging and stalls are the machine's, of `node`:
 * the kernel keeps none for a node alone. Opens and allocates nothing. 0; -errno as pread(2);
 * -ENOENT: they have no memory. */
int mems_read(const struct mems_reader *reader, struct stamp now, const struct node_sample *node,
    struct node_sample *ret);

/* Adds what the text of nodeN/meminfo says to *sample, NODE_MEM_AVAILABLE being its page cache
 * alone; for tests and fuzzing. Changes the text. */
void mems_parse_meminfo(char *text, struct node_sample *sample);

#endif
