/* What the fuzz targets share: taking an input apart, and judging text that mom has written. */
#ifndef TESTS_FUZZ_FUZZ_H
#define TESTS_FUZZ_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* libFuzzer calls it with each input; every target is one definition of it. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What is left of an input. Past its end there are zeros and empty strings. */
struct fuzz_input {
    const uint8_t *data;
    size_t size;
};
void fuzz_take(struct fuzz_input *input, void *dst, size_t size);
uint8_t fuzz_byte(struct fuzz_input *input);
uint64_t fuzz_u64(struct fuzz_input *input);

/* Takes up to the next NUL, at most size - 1 bytes; dst[size] is terminated. */
void fuzz_string(struct fuzz_input *input, char *dst, size_t size);

/* All that is left, terminated, in a block of exactly that size, so that the address sanitizer sees
 * one byte too far. The caller frees it. */
char *fuzz_text(struct fuzz_input *input);

/* Aborts with these words: libFuzzer then keeps the input. */
void fuzz_must(bool holds, const char *what);

/* Nothing but well-formed UTF-8 (RFC 3629) without control characters (C0, DEL, C1). Written apart
 * from slices/base/text.c, which it judges. */
bool fuzz_is_printable(const char *text);

/* The same of each line of a text whose lines end in '\n'. */
bool fuzz_is_printable_lines(const char *text);

/* A folder of this process under TMPDIR or /dev/shm, made at the first call, removed with all that
 * is in it at the exit. */
const char *fuzz_folder(void);

/* Writes a file of that folder; the folders on the way to it are made. */
void fuzz_write(const char *name, const void *bytes, size_t size);

#endif
