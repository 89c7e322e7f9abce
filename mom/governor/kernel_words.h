/* What the kernel's log knows of how a boot ended: mom's order, which she writes there before the
 * node goes down, and the kernel's own word for its panic. Pure; any thread. */
#ifndef MOM_GOVERNOR_KERNEL_WORDS_H
#define MOM_GOVERNOR_KERNEL_WORDS_H

#include "slices/last_resort.h"

#include <stdbool.h>
#include <stdint.h>

#define KERNEL_WORDS_LINE_MAX 256

/* "decision 3f2a91c0-17: the node goes down by panic at 1795939984.123456: rule out", and that it
 * did not. */
void kernel_words_format_order(
    char line[KERNEL_WORDS_LINE_MAX], const uint8_t boot[16], const struct boot_order *order);
void kernel_words_format_withdrawal(
    char line[KERNEL_WORDS_LINE_MAX], const uint8_t boot[16], uint64_t decision);

/* What was found in that boot's log. */
struct kernel_words {
    char begin[40];          /* of lines about that boot's decisions */
    struct boot_order order; /* the newest */
    uint64_t withdrawn;      /* the newest decision that came to nothing */
    char panic[sizeof((struct boot_ended *)0)->panic];
};

void kernel_words_begin(struct kernel_words *words, const uint8_t boot[16]);

/* A line of the log (a pstore_visitor): lines come in any order, and may be anybody's. */
void kernel_words_take(void *words, const char *line);

/* The order that ended the boot; NULL: none did. */
const struct boot_order *kernel_words_order(const struct kernel_words *words);

#endif
