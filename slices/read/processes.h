/* The processes of a slice, before something is done to it: evidence.
 *
 * Reads /proc/PID/stat and status only, never cmdline, maps or smaps: those take mmap_lock, which
 * blocks under thrash. At most PROCESS_TABLE_MAX rows are kept, and reading ends after
 * `budget_usec`. */
#ifndef SLICES_READ_PROCESSES_H
#define SLICES_READ_PROCESSES_H

#include "slices/action.h"

#include <stdint.h>

#define PROCESSES_BUDGET_USEC 50000

/* Fills the table with the largest processes (rss + swap) of the group at `group_fd` and of all
 * groups nested below it. Vanished processes are passed over. 0 or -errno when cgroup.procs can't
 * be read. */
int processes_read(int group_fd, int proc_fd, int64_t budget_usec, struct process_table *ret);

/* The parsers, for tests and fuzzing. comm may hold anything: ')' and newlines too. -EINVAL when it
 * is no stat text. */
int processes_parse_stat(const char *text, struct process_row *ret);
/* Field `number` (from 3 on) of a stat text, and what follows; NULL where there is none. */
const char *processes_stat_field(const char *text, unsigned number);
void processes_parse_status(const char *text, struct process_row *row);

#endif
