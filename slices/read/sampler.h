/* Reads the numbers of one slice.
 *
 * Kept open per slice: its directory and the two cheap files (v2 memory.current and
 * memory.swap.current; v1 memory.usage_in_bytes and memory.memsw.usage_in_bytes). Those are read
 * every time; all else (memory.stat, memory.events, memory.pressure, pids.current, limits) by
 * openat when one of the two moved, and at least every `full_every` reads. What is not read keeps
 * its last value, with its `refreshed` bit clear. When descriptors run out, slices go on without
 * kept ones.
 *
 * Where each field comes from stands in sources.c.
 * Thread: the governor's. Allocates at sampler_open only. */
#ifndef SLICES_READ_SAMPLER_H
#define SLICES_READ_SAMPLER_H

#include "slices/base/error.h"
#include "slices/find/hierarchy.h"
#include "slices/read/badness.h"
#include "slices/sample.h"
#include "slices/slice.h"

#include <stdbool.h>
#include <stdint.h>

struct sampler;

int sampler_open(const struct hierarchy *hierarchy, uint32_t max_slices, uint32_t full_every,
    struct sampler **ret, struct mom_error *error);
void sampler_close(struct sampler *sampler);

/* Reads slice (its slot is slice->index; a slot whose serial has changed starts anew) into *sample,
 * which the caller keeps from call to call. 0, or -ENODEV/-ENOENT when the group has vanished or
 * another life stands at its path: *sample then keeps its last values with refreshed = 0, and this
 * slice is not looked at again (unless just its memory files have vanished: on v2 they may come
 * back). -EMFILE: not one descriptor was to be had; try again. Any other file that fails just
 * leaves its fields out. `force` reads everything. */
int sampler_read(struct sampler *sampler, const struct slice *slice, struct stamp now, bool force,
    struct sample *sample);

/* What its processes are asked from now on. At each read how bad they are (SAMPLE_BADNESS), by that
 * rule; BADNESS_NONE: no longer. When all is read which of the `machine`'s memory nodes they are
 * bound to (SAMPLE_MEMS); 0: there are not several. `proc_fd` stays the caller's. */
void sampler_ask(struct sampler *sampler, int proc_fd, enum badness_rule rule, uint64_t machine);

/* Closes what is kept for a vanished slice. */
void sampler_forget(struct sampler *sampler, const struct slice *slice);

/* How many slices are read without kept descriptors because the limit of open files was reached. */
uint32_t sampler_unkept(const struct sampler *sampler);

#endif
