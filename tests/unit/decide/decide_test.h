/* What the tests of policy/decide share: a policy from text, slices and nodes built by hand. */
#ifndef TESTS_UNIT_DECIDE_DECIDE_TEST_H
#define TESTS_UNIT_DECIDE_DECIDE_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "policy/decide/decide.h"

#define MIB    (UINT64_C(1024) * 1024)
#define SECOND 1000000ll
#define MINUTE (60 * SECOND)

/* Times of the tests: seconds after an hour of uptime. */
struct stamp at(double seconds);

/* The built-in defaults and `text` over them; fails the test where it does not load. */
struct policy *load(const char *text);

/* A slice with its watch as the governor would have them. */
struct subject {
    struct slice slice;
    struct watch watch;
};

/* `anon` bytes resident and `swap` bytes swapped out, born long ago, policy as for that key. */
void subject_init(struct subject *subject, const struct policy *policy, uint64_t serial,
    const char *name, uint64_t anon, uint64_t swap);

/* Sets what the leak detector says; forecast in seconds, negative: none. */
void subject_leaks(
    struct subject *subject, enum leak_verdict verdict, enum leak_shape shape, double left_p50);

/* A node of 1 GiB and 512 MiB of swap with half of its memory available, swap empty, PSI at 0. */
struct node_sample node_of(double seconds, uint64_t available, uint64_t swap_free);

/* All of the subjects in one standing list. */
void stand(struct standing *standing, const struct policy *policy, struct subject *const *subject,
    size_t count, double seconds);

/* The same of those within a group. */
void stand_within(struct standing *standing, const char *domain, const struct policy *policy,
    struct subject *const *subject, size_t count, double seconds);

const struct evidence_item *evidence_of(const struct evidence *evidence, const char *name);

#endif
