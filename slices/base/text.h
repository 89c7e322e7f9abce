/* Text that comes from outside: copying it, reading numbers out of it, making it safe to show. */
#ifndef SLICES_BASE_TEXT_H
#define SLICES_BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Copies a string into dst[size], always terminated. 0, or -ENAMETOOLONG when it did not fit (dst
 * then holds the beginning). */
int text_copy(char *dst, size_t size, const char *src);

/* printf into dst[size], always terminated. 0, or -ENAMETOOLONG when it did not fit. */
int text_format(char *dst, size_t size, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Reads a decimal number at *cursor and moves the cursor behind it. -EINVAL: no digit there.
 * -ERANGE: larger than 64 bits. Neither moves the cursor. Takes no sign and no blanks. */
int text_u64(const char **cursor, uint64_t *ret);

/* The whole string is one decimal number (a newline may follow). -EINVAL or -ERANGE otherwise. */
int text_whole_u64(const char *text, uint64_t *ret);

/* Makes text safe for a terminal, a log line or a mail: control bytes, DEL, backslash, bytes that
 * are no valid UTF-8, C1 controls and what turns the direction of text become \xNN; printable UTF-8
 * stays. Always terminated; cut at a whole character where it does not fit. Returns dst. */
char *text_escape(char *dst, size_t size, const char *src);

/* The same for what may have been escaped before, as keys are: a text without anything of that but
 * backslashes stays as it is, and so finds its slice when it is typed in again. */
char *text_show(char *dst, size_t size, const char *src);

bool text_starts_with(const char *text, const char *prefix);
/* Moves the cursor behind `expected` if that stands there. */
bool text_skip(const char **cursor, const char *expected);
bool text_ends_with(const char *text, const char *suffix);

/* Levenshtein distance of two short words (at most 63 bytes each; longer ones count as far apart):
 * for "did you mean". */
unsigned text_distance(const char *a, const char *b);

/* 64-bit FNV-1a (the offset basis and prime of the algorithm's public description): for tables and
 * checksums, not against an adversary. `seed` is the result of an earlier call, or TEXT_HASH_SEED.
 */
#define TEXT_HASH_SEED 0xcbf29ce484222325ull
uint64_t text_hash(uint64_t seed, const void *bytes, size_t length);

#endif
