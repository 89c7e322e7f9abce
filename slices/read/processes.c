#include "slices/read/processes.h"

#include "slices/base/file.h"
#include "slices/base/text.h"
#include "slices/read/keyed.h"
#include "slices/read/monotonic.h"
#include "slices/read/visit.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

/* --- One process ----------------------------------------------------------------------------- */

const char *processes_stat_field(const char *text, unsigned number)
{
    const char *field = strrchr(text, ')');
    if (!field || field[1] != ' ')
        return NULL;
    for (field += 2; number > 3; number--) {
        field += strcspn(field, " ");
        field += strspn(field, " ");
    }
    return *field ? field : NULL;
}

static int parse_field(const char *text, unsigned number, uint64_t *ret)
{
    const char *field = processes_stat_field(text, number);
    return field ? text_u64(&field, ret) : -EINVAL;
}

static void copy_comm(char comm[static 16], const char *open, const char *close)
{
    size_t length = (size_t)(close - open - 1);
    if (length > 15)
        length = 15;
    memcpy(comm, open + 1, length);
    comm[length] = '\0';
}

int processes_parse_stat(const char *text, struct process_row *ret)
{
    struct process_row row = {0};
    const char *open = strchr(text, '('), *close = strrchr(text, ')');
    const char *state = processes_stat_field(text, 3), *pid_text = text;
    uint64_t pid, parent, rss_pages;
    if (!open || !state || close < open || state[1] != ' ' || text_u64(&pid_text, &pid) < 0 ||
        parse_field(text, 4, &parent) < 0 || pid > INT32_MAX || parent > INT32_MAX ||
        parse_field(text, 22, &row.start_ticks) < 0 || parse_field(text, 23, &row.vsz_bytes) < 0 ||
        parse_field(text, 24, &rss_pages) < 0 ||
        __builtin_mul_overflow(rss_pages, (uint64_t)sysconf(_SC_PAGESIZE), &row.rss_bytes))
        return -EINVAL;
    copy_comm(row.comm, open, close);
    row.pid = (int32_t)pid;
    row.parent = (int32_t)parent;
    row.state = *state;
    *ret = row;
    return 0;
}

enum status_field { STATUS_UID, STATUS_SWAP };

static const struct keyed_row status_rows[] = {
    KEYED_ROW("Uid", STATUS_UID), /* the real one comes first */
    KEYED_ROW("VmSwap", STATUS_SWAP),
};

static void set_status(void *context, int field, uint64_t value)
{
    struct process_row *row = context;
    if (field == STATUS_SWAP)
        row->swap_bytes = value;
    else if (value <= UINT32_MAX)
        row->uid = (uint32_t)value;
}

void processes_parse_status(const char *text, struct process_row *row)
{
    keyed_parse(text, status_rows, sizeof status_rows / sizeof *status_rows, set_status, row);
}

static bool read_process(int proc_fd, int32_t pid, struct process_row *ret)
{
    char name[32], text[4096];
    (void)text_format(name, sizeof name, "%d/stat", pid);
    if (file_read(proc_fd, name, text, sizeof text) < 0 || processes_parse_stat(text, ret) < 0)
        return false;
    (void)text_format(name, sizeof name, "%d/status", pid);
    /* No more than the beginning: thousands of supplementary groups make status any length. */
    if (file_read_beginning(proc_fd, name, text, sizeof text) > 0)
        processes_parse_status(text, ret);
    return true;
}

/* --- The table ------------------------------------------------------------------------------- */

struct reading {
    struct process_table *table;
    int proc_fd;
    int64_t deadline_usec;
};

static uint64_t weight(const struct process_row *row)
{
    return row->rss_bytes + row->swap_bytes;
}

/* Adds the row, in place of the lightest where the table is full. */
static void keep_row(struct process_table *table, const struct process_row *row)
{
    if (table->count < PROCESS_TABLE_MAX) {
        table->row[table->count++] = *row;
        return;
    }
    struct process_row *lightest = table->row;
    for (uint32_t i = 1; i < table->count; i++)
        if (weight(&table->row[i]) < weight(lightest))
            lightest = &table->row[i];
    if (weight(row) > weight(lightest))
        *lightest = *row;
}

/* Once the time is up the rest is still counted, which costs next to nothing. */
static int read_one(void *context, int32_t pid)
{
    struct reading *reading = context;
    struct process_table *table = reading->table;
    struct process_row row;
    table->total++;
    if (table->complete && monotonic_usec() >= reading->deadline_usec)
        table->complete = false;
    if (table->complete && read_process(reading->proc_fd, pid, &row))
        keep_row(table, &row);
    return 0;
}

int processes_read(int group_fd, int proc_fd, int64_t budget_usec, struct process_table *ret)
{
    ret->count = ret->total = 0;
    ret->complete = true;
    struct reading reading = {ret, proc_fd, monotonic_usec() + budget_usec};
    int r = processes_visit(group_fd, read_one, &reading);
    if (r < 0)
        ret->complete = false;
    return r;
}
