#include "slices/memory_nodes.h"

#include "slices/base/text.h"

#include <errno.h>
#include <string.h>

static const char prefix[] = "numa:";

/* "3" or "0-1", and goes on behind it. */
static int parse_range(const char **text, uint64_t *ret)
{
    uint64_t first, last;
    if (text_u64(text, &first) < 0)
        return -EINVAL;
    last = first;
    if (**text == '-') {
        ++*text;
        if (text_u64(text, &last) < 0 || last < first)
            return -EINVAL;
    }
    for (uint64_t node = first; node <= last && node < MEMORY_NODES_MAX; node++)
        *ret |= UINT64_C(1) << node;
    return last < MEMORY_NODES_MAX ? 0 : -ERANGE;
}

int memory_nodes_parse(const char *text, uint64_t *ret)
{
    uint64_t nodes = 0;
    bool beyond = false;
    do {
        int r = parse_range(&text, &nodes);
        if (r == -EINVAL)
            return r;
        beyond |= r == -ERANGE;
    } while (*text++ == ',');
    if (text[-1] != '\n' && text[-1] != '\0')
        return -EINVAL;
    *ret = nodes;
    return beyond ? -ERANGE : 0;
}

void memory_nodes_name(uint64_t nodes, char ret[MEMORY_NODES_NAME_MAX])
{
    size_t length = sizeof prefix - 1;
    memcpy(ret, prefix, sizeof prefix);
    for (unsigned node = 0; node < MEMORY_NODES_MAX; node++) {
        unsigned first = node;
        if (!(nodes >> node & 1))
            continue;
        while (node + 1 < MEMORY_NODES_MAX && nodes >> (node + 1) & 1)
            node++;
        char *to = ret + length;
        if (node > first)
            (void)text_format(to, MEMORY_NODES_NAME_MAX - length, "%u-%u,", first, node);
        else
            (void)text_format(to, MEMORY_NODES_NAME_MAX - length, "%u,", node);
        length += strlen(to);
    }
    ret[length - 1] = '\0'; /* the comma; of no nodes the colon: no name */
}

const char *memory_nodes_named(const char *name, uint64_t *ret)
{
    const char *list = name + sizeof prefix - 1;
    return text_starts_with(name, prefix) && memory_nodes_parse(list, ret) == 0 ? list : NULL;
}
