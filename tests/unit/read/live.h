/* Groups of this machine's v1 trees for live tests: all named mom-test-PID-..., all removed again.
 */
#ifndef TESTS_UNIT_READ_LIVE_H
#define TESTS_UNIT_READ_LIVE_H

#include "slices/find/hierarchy.h"
#include "slices/slice.h"

#include <stdbool.h>
#include <sys/types.h>

/* Fills in the v1 trees at /sys/fs/cgroup. False, with the reason printed, where there are none to
 * write to. */
bool live_open(struct hierarchy *ret);

/* The same over the v2 tree of a hybrid host, which has no memory controller: for killing alone.
 * The tree for pids is v1's still. */
bool live_open_v2(struct hierarchy *ret);

/* The path "/mom-test-PID-NAME" below a tree. */
void live_path(char path[static SLICE_PATH_MAX], const char *name);

void live_make(const char *tree, const char *path);
void live_write(const char *tree, const char *path, const char *file, const char *text);
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

/* Kills the children that are left and removes the groups of this test program in all trees. */
void live_clean(const struct hierarchy *hierarchy);

#endif
