/* The texts that the kernel gives. The first byte chooses the parser. */
#include "slices/memory_nodes.h"
#include "slices/read/kernel_log.h"
#include "slices/read/mems.h"
#include "slices/read/node.h"
#include "slices/read/pressure.h"
#include "slices/read/processes.h"
#include "slices/read/sources.h"
#include "tests/fuzz/fuzz.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static void check_sample(const struct sample *sample)
{
    fuzz_must(sample->have >> SAMPLE_FIELDS == 0, "a sample has only the fields of its table");
    fuzz_must((sample->refreshed & ~sample->have) == 0, "what was read is known");
    uint64_t bytes;
    (void)sample_rss(sample, &bytes);
    (void)sample_footprint(sample, &bytes);
}

static void stat_v2(const char *text)
{
    struct sample sample = {0};
    source_parse_stat_v2(text, &sample);
    check_sample(&sample);
}

static void stat_v1(const char *text)
{
    struct sample sample = {0};
    source_parse_stat_v1(text, &sample);
    check_sample(&sample);
}

static void events(const char *text)
{
    struct sample sample = {0};
    source_parse_events(text, &sample);
    check_sample(&sample);
}

static void pressure(const char *text)
{
    struct pressure pressure = {0};
    int r = pressure_parse(text, &pressure);
    fuzz_must(r == 0 || r == -EINVAL, "pressure is parsed or refused");
    fuzz_must((r == 0) == (pressure.some || pressure.full), "one line at least");
}

static void meminfo(const char *text)
{
    struct node_sample node = {0};
    if (node_parse_meminfo(text, &node) < 0)
        return;
    fuzz_must(node_has(&node, NODE_MEM_TOTAL) && node.value[NODE_MEM_TOTAL] > 0, "MemTotal");
    fuzz_must(node_has(&node, NODE_MEM_AVAILABLE), "MemAvailable");
}

static void node_meminfo(const char *text)
{
    struct node_sample node = {0};
    char *copy = strdup(text);
    mems_parse_meminfo(copy, &node);
    fuzz_must(node.have >> NODE_FIELDS == 0, "a node has only the fields of its table");
    free(copy);
    uint64_t nodes, again;
    char name[MEMORY_NODES_NAME_MAX];
    if (memory_nodes_parse(text, &nodes) < 0)
        return;
    memory_nodes_name(nodes, name);
    fuzz_must(memory_nodes_named(name, &again) && again == nodes, "a set is known by its name");
}

static void vmstat(const char *text)
{
    struct node_sample node = {0};
    node_parse_vmstat(text, &node);
    fuzz_must(node.have >> NODE_FIELDS == 0, "a node has only the fields of its table");
}

static void swaps(const char *text)
{
    struct node_sample node = {0};
    node_parse_swaps(text, &node);
    fuzz_must(node.have >> NODE_FIELDS == 0, "a node has only the fields of its table");
}

static void process_stat(const char *text)
{
    struct process_row row = {0};
    int r = processes_parse_stat(text, &row);
    fuzz_must(r == 0 || r == -EINVAL, "stat is parsed or refused");
}

static void process_status(const char *text)
{
    struct process_row row = {0};
    processes_parse_status(text, &row);
}

static void kernel_log(const char *text)
{
    struct death death = {.pid = 0};
    bool told = kernel_log_parse(text, &death);
    fuzz_must(told == (death.pid > 0), "a process has a number");
    fuzz_must(told == (death.group[0] == '/'), "and hangs in a group");
}

static void (*const parsers[])(const char *text) = {node_meminfo, stat_v2, stat_v1, events,
    pressure, meminfo, vmstat, swaps, process_stat, process_status, kernel_log};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_input input = {data, size};
    uint8_t parser = fuzz_byte(&input);
    char *text = fuzz_text(&input);
    parsers[parser % (sizeof parsers / sizeof *parsers)](text);
    free(text);
    return 0;
}
