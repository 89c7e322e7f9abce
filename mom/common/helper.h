/* A program of somebody else's, run to its end within a time. What it reads and writes lies in
 * memory: it keeps nobody waiting by not reading, not writing or not ending. */
#ifndef MOM_COMMON_HELPER_H
#define MOM_COMMON_HELPER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A file in memory with these bytes, at its beginning. A descriptor, or -errno. */
int helper_file(const char *bytes, size_t length);

struct helper_end {
    bool in_time; /* else it was killed, with the processes of its group */
    int status;   /* as of waitpid */
};

/* Runs arguments[0] with `in` as its input, `out` for what it says and complains, and an
 * environment of ours. 0; -errno: it was not started. One that can't be executed ends with
 * EX_UNAVAILABLE (69). */
int helper_run(
    char *const arguments[], int in, int out, int64_t timeout_usec, struct helper_end *ret);

/* The first line that it has said, cut. */
void helper_words(int out, char *words, size_t size);

#endif
