/* What a reset of a slice is worth when the node is short.
 *
 *   score = weight(leak) x (resident + swapped / 2 + growth x 60 s)        in bytes
 *
 *   resident   anon + kernel part: the memory that comes free at once
 *   swapped    swap - swapcached, by half: it makes room on the swap device, but no memory until
 *              the kernel has swapped something else out there. An idle slice that was swapped out
 *              must not go for that: it is the one that suffers from the others.
 *   growth     smoothed over a minute, so growth x 60 s is about what was taken in the last minute
 *              (and would be taken in the next): what has just grown counts twice. Who shrinks gets
 *              no bonus.
 *   weight     none 1, suspected 1.5, confirmed 4: a leak will be as large again soon, whereas
 *              large and steady is just large. A shape that ends (bounded, saturating) weighs 1.
 *
 * tmpfs and shared memory don't count, as they may outlive the processes; nor does page cache,
 * which the kernel takes back by itself. No term comes from lifetime totals, so age is no guilt. */
#ifndef POLICY_DECIDE_SCORE_H
#define POLICY_DECIDE_SCORE_H

#include "policy/leak/leak.h"

#include <stdint.h>

struct watch;

/* Bytes of memory and swap that a reset would free now: the footprint less shared memory. 0 while
 * unknown. */
uint64_t score_gives_back(const struct watch *watch);

double score_slice(const struct watch *watch);

/* The verdict, but none where the shape says that the growth ends. */
enum leak_verdict score_leak(const struct leak_report *report);

#endif
