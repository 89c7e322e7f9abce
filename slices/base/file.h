/* Small kernel files and shared files: whole reads, whole writes, mapped memory.
 * None of these allocates; all may be used after the governor is sealed. */
#ifndef SLICES_BASE_FILE_H
#define SLICES_BASE_FILE_H

#include "slices/base/error.h"

#include <stddef.h>
#include <sys/types.h>

/* Reads the file `name` below the directory `dirfd` into buffer[size] and terminates it. Returns
 * its length, or -errno; -EFBIG when it does not fit (a cut number must never pass for a number).
 */
ssize_t file_read(int dirfd, const char *name, char *buffer, size_t size);

/* Reads what fits of its beginning instead: of a file of any length. */
ssize_t file_read_beginning(int dirfd, const char *name, char *buffer, size_t size);

/* The same as file_read over a kept descriptor, from offset 0. */
ssize_t file_pread(int fd, char *buffer, size_t size);

/* Writes the text in one write(2) to an existing file. 0 or -errno. */
int file_write(int dirfd, const char *name, const char *text);

/* Reads one decimal number; UINT64_MAX for the word "max". */
int file_read_u64(int dirfd, const char *name, unsigned long long *ret);

/* Opens or makes a file of our own to read and write. What stands there but is no plain file, or
 * has a second name, is taken away first: its other end is somebody's trick. -ENOTEMPTY for a
 * folder that holds something. */
int file_open_plain(const char *path, mode_t mode);

/* A file of fixed size that several processes map. Its pages are allocated before the first use (a
 * full file system is then an error here, and never a SIGBUS later). */
struct shared_file {
    void *base; /* NULL while closed */
    size_t size;
};

/* Opens or makes PATH for one writer, `mode` and `group` as given (group -1: leave it). What is
 * there with the right size is kept, anything else is replaced. */
int shared_file_create(const char *path, size_t size, mode_t mode, gid_t group,
    struct shared_file *ret, struct mom_error *error);

/* The same, but only the first `allocated` bytes get their pages now: before any other part is
 * written to, the owner allocates it (posix_fallocate on `*ret_fd`, which it keeps). */
int shared_file_create_sparse(const char *path, size_t size, size_t allocated, mode_t mode,
    gid_t group, struct shared_file *ret, int *ret_fd, struct mom_error *error);

/* Maps an existing file read-only; its size is taken from the file, at least `size_least`. */
int shared_file_open(
    const char *path, size_t size_least, struct shared_file *ret, struct mom_error *error);

void shared_file_close(struct shared_file *file);

#endif
