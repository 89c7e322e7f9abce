/* Memory nodes (NUMA nodes that have memory) as a set, bit N for node N, and such a set as the name
 * of a domain: what is bound to some nodes of a machine by cpuset.mems runs short there while the
 * others have plenty. Nodes from MEMORY_NODES_MAX on are not judged. */
#ifndef SLICES_MEMORY_NODES_H
#define SLICES_MEMORY_NODES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MEMORY_NODES_MAX 64

/* A list as the kernel writes it: "0-1,3", to the end of its line. -EINVAL: it is none, or empty.
 * -ERANGE: it names nodes beyond as well; *ret has the others. */
int memory_nodes_parse(const char *text, uint64_t *ret);

/* The domain's name, "numa:0-1,3": never begins as a group's path does. */
#define MEMORY_NODES_NAME_MAX 160
void memory_nodes_name(uint64_t nodes, char ret[MEMORY_NODES_NAME_MAX]);

/* The nodes of that name, and where their list stands in it; NULL: it is no such name. */
const char *memory_nodes_named(const char *name, uint64_t *ret);

/* Whether `nodes` are some of those, and not none. */
static inline bool memory_nodes_within(uint64_t nodes, uint64_t of)
{
    return nodes != 0 && (nodes & ~of) == 0;
}

#endif
