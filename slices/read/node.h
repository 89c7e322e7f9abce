/* Reads the node: /proc/meminfo, /proc/vmstat, /proc/swaps, /proc/pressure/memory. Descriptors are
 * kept; nothing is allocated after node_reader_open. One reader per thread. */
#ifndef SLICES_READ_NODE_H
#define SLICES_READ_NODE_H

#include "slices/base/error.h"
#include "slices/sample.h"

struct node_reader {
    int meminfo, vmstat, swaps, pressure; /* -1: this kernel doesn't have it */
};

/* `proc_root` as "/proc". Only meminfo is indispensable. */
int node_reader_open(struct node_reader *reader, const char *proc_root, struct mom_error *error);
void node_reader_close(struct node_reader *reader);

/* -EINVAL when meminfo lacks MemTotal or MemAvailable, has a zero total, or trailing junk in a
 * number: better no sample than a wrong one. */
int node_read(struct node_reader *reader, struct stamp now, struct node_sample *ret);

/* The parsers, for tests and fuzzing; they set the fields that they find. */
int node_parse_meminfo(const char *text, struct node_sample *node);
void node_parse_vmstat(const char *text, struct node_sample *node);
void node_parse_swaps(const char *text, struct node_sample *node);

#endif
