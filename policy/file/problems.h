/* Telling what is wrong with a policy, each problem with its place and, where a word is nearly
 * right, the word that was probably meant. */
#ifndef POLICY_FILE_PROBLEMS_H
#define POLICY_FILE_PROBLEMS_H

#include "policy/file/policy.h"

#include <stddef.h>

struct problems {
    policy_say *say; /* may be NULL: counted only */
    void *context;
    unsigned count;
};

/* "file:line:column: message"; without a line (0) "file: message". */
void problem_at(struct problems *problems, const struct origin *at, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* The candidate that is nearest to a word. */
struct nearest {
    const char *word;
    const char *best; /* NULL: none is near enough */
    unsigned distance;
};
void nearest_offer(struct nearest *nearest, const char *candidate);

/* "; did you mean `X`?" or "", into buffer[size]. Returns buffer. */
const char *nearest_hint(const struct nearest *nearest, char *buffer, size_t size);

#endif
