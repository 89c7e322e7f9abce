/* What the tests of policies share: loading a text while collecting what is said, and slices to ask
 * for. */
#ifndef TESTS_UNIT_POLICY_FILE_POLICY_TEST_H
#define TESTS_UNIT_POLICY_FILE_POLICY_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "policy/file/policy.h"
#include "slices/base/text.h"

#include <errno.h>
#include <string.h>

struct said {
    unsigned count;
    char text[64][700];
};

static inline void collect(void *context, const char *text)
{
    struct said *said = context;
    if (said->count < sizeof said->text / sizeof *said->text)
        (void)text_copy(said->text[said->count], sizeof said->text[0], text);
    said->count++;
}

/* A text that must load without a word. */
static inline struct policy *load_good(const char *text)
{
    struct said said = {0};
    struct policy *policy = NULL;
    int r = policy_load_text("t.yaml", text, strlen(text), collect, &said, &policy);
    if (said.count > 0)
        print_error("%s\n", said.text[0]);
    assert_int_equal(r, 0);
    assert_int_equal(said.count, 0);
    return policy;
}

/* A text that must be refused with exactly these lines, in this order. */
static inline void refused_bytes(
    const char *text, size_t length, const char *const *lines, unsigned count)
{
    struct said said = {0};
    struct policy *untouched = (struct policy *)&said, *policy = untouched;
    int r = policy_load_text("t.yaml", text, length, collect, &said, &policy);
    for (unsigned i = 0; i < count && i < said.count; i++)
        assert_string_equal(said.text[i], lines[i]);
    if (said.count > count)
        print_error("also said: %s\n", said.text[count]);
    assert_int_equal(said.count, count);
    assert_int_equal(r, -EINVAL);
    assert_ptr_equal(policy, untouched);
}

#define REFUSED(text, ...)                                                                         \
    refused_bytes(text, strlen(text), (const char *const[]){__VA_ARGS__},                          \
        sizeof((const char *const[]){__VA_ARGS__}) / sizeof(const char *))

static inline struct slice slice_of(
    enum slice_kind kind, const char *key, const char *path, const char *name)
{
    struct slice slice = {.kind = kind};
    (void)text_copy(slice.key, sizeof slice.key, key);
    (void)text_copy(slice.path, sizeof slice.path, path);
    (void)text_copy(slice.name, sizeof slice.name, name);
    return slice;
}

static inline struct slice_policy resolve(const struct policy *policy, const struct slice *slice)
{
    struct slice_policy resolved;
    policy_for_slice(policy, slice, &resolved);
    return resolved;
}

#endif
