/* The kernel's log (its Documentation/ABI/testing/dev-kmsg): a line of the OOM killer says whom it
 * has chosen and in which group that process hung, on both versions of cgroup (since Linux 5.0; of
 * many within some seconds the kernel tells ten).
 *
 * Needs CAP_SYSLOG where dmesg is restricted, and the first pid and cgroup namespace: pids and
 * paths in it are theirs. Inner header of slices/read. */
#ifndef SLICES_READ_KERNEL_LOG_H
#define SLICES_READ_KERNEL_LOG_H

#include "slices/base/error.h"
#include "slices/read/death.h"

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#define KERNEL_LOG_RECORD_MAX 8192 /* CONSOLE_EXT_LOG_MAX of older kernels */

/* A descriptor that never blocks and gives what is logged from now on, or a negative errno.
 * -ENONET: not in the first namespaces. */
int kernel_log_open(struct mom_error *error);

/* The next record as a string; its length, -EAGAIN: there is none, -ENOBUFS: some were overwritten
 * before they were read. */
ssize_t kernel_log_receive(int fd, char record[static KERNEL_LOG_RECORD_MAX]);

/* What a record tells of a death: pid, name and group; the other fields are left alone. False:
 * nothing. Only the kernel's own lines are believed, and none that a name in it made ambiguous. */
bool kernel_log_parse(const char *record, struct death *ret);

#endif
