/* What outlived an earlier boot's panic of the kernel's log (its Documentation/ABI/testing/pstore):
 * in the kernel's own place, or where systemd-pstore has moved it to. libc only; allocates nothing;
 * takes some KiB of stack. */
#ifndef SLICES_READ_PSTORE_H
#define SLICES_READ_PSTORE_H

#include <stdint.h>

#define PSTORE_FOLDER         "/sys/fs/pstore"
#define PSTORE_SYSTEMD_FOLDER "/var/lib/systemd/pstore"
#define PSTORE_LINE_MAX       512 /* longer ones are cut */

typedef void pstore_visitor(void *context, const char *line);

/* Calls `visit` for the lines of the files "dmesg*" in the folder, and in folders in it, that are
 * no older than that, each without its level and time. Files come in no order, and a line may come
 * twice. Returns their number, or -errno; 0 where there is no such folder. */
int pstore_read(const char *folder, int64_t since_unix_usec, pstore_visitor *visit, void *context);

#endif
