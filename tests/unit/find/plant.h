/* Plants what the tests of slices/find look at: folders and files below a temporary root. Each
 * fails the test that calls it when the disk does not play along. */
#ifndef TESTS_UNIT_FIND_PLANT_H
#define TESTS_UNIT_FIND_PLANT_H

#include "slices/find/tree.h"

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

#define A64 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

struct plant {
    char root[64]; /* "/tmp/mom-test-XXXXXX" */
};

void plant_open(struct plant *plant);
void plant_close(struct plant *plant);

/* Makes the file below the root with the folders above it. */
void plant_file(const struct plant *plant, const char *path, const char *text);

/* Makes a v2 group with those above it, and gives it processes. */
void plant_group(const struct plant *plant, const char *path, bool is_populated);
void plant_owner(const struct plant *plant, const char *path, unsigned uid);
void plant_remove(const struct plant *plant, const char *path); /* with all below it */

/* Copies tests/fixtures/find/NAME to the root's "NAME", owned by root and writable by no one else
 * (as a checkout need not be). False when the test doesn't run as root. */
bool plant_fixture(const struct plant *plant, const char *name);

/* The slice with this key, or NULL. */
const struct slice *plant_find(const struct tree *tree, const char *key);

/* The slice, whose key must be there. */
const struct slice *plant_expect(const struct tree *tree, const char *key);

#endif
