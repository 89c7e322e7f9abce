/* A setting of the kernel's (/proc/sys) that is changed for a time. libc only; a write takes no
 * time. */
#ifndef SLICES_ACT_KERNEL_SETTING_H
#define SLICES_ACT_KERNEL_SETTING_H

#include "slices/act/journal.h"
#include "slices/slice.h"

#include <stdint.h>

/* Sets the file `path` to a number, which the journal knows of before. One that has it already is
 * left alone. 0 or -errno. */
int kernel_setting_change(
    struct journal *journal, const char *path, uint64_t value, struct stamp now);

/* Puts back what was changed, of all settings. Returns how many could not be. */
int kernel_settings_restore(struct journal *journal);

/* Undoes one row: 0; 1: somebody else has changed it since; -errno. For the journal. */
int kernel_setting_undo(const struct journal_entry *entry);

#endif
