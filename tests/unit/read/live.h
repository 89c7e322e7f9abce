/* Groups of this machine's trees, v1 or v2, for live tests: all named mom-test-PID-..., all removed
 * again. */
#ifndef TESTS_UNIT_READ_LIVE_H
#define TESTS_UNIT_READ_LIVE_H

#include "slices/find/hierarchy.h"
#include "slices/slice.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* This machine's own trees. On v2 the groups directly below the root then have the controllers for
 * memory and pids. False, with the reason printed, where nothing can be written. */
bool live_open(struct hierarchy *ret);

/* The v2 tree. On a hybrid host that one has no memory controller and is for killing alone; the
 * tree for pids is v1's then. */
bool live_open_v2(struct hierarchy *ret);

/* The path "/mom-test-PID-NAME" below a tree. */
void live_path(char path[static SLICE_PATH_MAX], const char *name);

void live_make(const char *tree, const char *path);

/* In the memory tree, so that the groups in it have their memory accounted. On v2 it can hold no
 * processes then. */
void live_make_parent(const struct hierarchy *hierarchy, const char *path);
void live_write(const char *tree, const char *path, const char *file, const char *text);
uint64_t live_number(const char *tree, const char *path, const char *file);
bool live_exists(const char *tree, const char *path);

/* A slice as the tree would find it, of the group as it stands now. */
struct slice live_slice(const struct hierarchy *hierarchy, const char *path, uint64_t serial);

/* Forks a child, has it join the groups (path may be NULL) and do `work`; returns when the work is
 * done. The child then sleeps until it is killed, and dies with the test. */
pid_t live_spawn(const struct hierarchy *hierarchy, const char *memory_path, const char *pids_path,
    void (*work)(void *), void *argument);

/* Whether the child has died of SIGKILL; waits for up to `msec`. */
bool live_was_killed(pid_t child, int msec);
bool live_is_alive(pid_t child);

/* Kills the children that are left, removes the groups of this test program in all trees, and
 * closes what live_open has opened. */
void live_clean(struct hierarchy *hierarchy);

#endif
