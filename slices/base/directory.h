/* Lists a directory without allocating (readdir(3) does). */
#ifndef SLICES_BASE_DIRECTORY_H
#define SLICES_BASE_DIRECTORY_H

#include <stddef.h>

#define DIRECTORY_BUFFER 32768 /* what getdents64 fills in one call; glibc takes as much */

/* `type` is DT_DIR, ..., or DT_UNKNOWN (dirent.h). Non-zero ends the listing. */
typedef int directory_visitor(void *context, const char *name, unsigned char type);

/* Calls `visit` for each entry of the directory at `fd` but "." and "..". `buffer` must be aligned
 * for a uint64_t. Returns what ended the listing: 0 at its end, the visitor's value, or -errno. */
int directory_visit(int fd, void *buffer, size_t size, directory_visitor *visit, void *context);

#endif
