#include "slices/act/throttle.h"

#include "slices/act/journal.h"
#include "slices/act/soft_limit.h"
#include "slices/base/text.h"
#include "slices/read/group.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

/* The kernel knows whole pages, of up to 64 KiB. */
#define PAGE_MOST 65536
static uint64_t whole_pages(uint64_t bytes)
{
    return bytes_sum(bytes, PAGE_MOST - 1) / PAGE_MOST * PAGE_MOST;
}

/* Rows of groups that are gone; returns how many are in use otherwise. */
static int strike_vanished(struct journal *journal)
{
    int used = 0;
    for (int i = 0; i < JOURNAL_ENTRIES; i++) {
        const struct journal_entry *entry = journal_row(journal, i);
        int fd = entry && entry->kind == JOURNAL_THROTTLED ? group_open(AT_FDCWD, entry->directory)
                                                           : -EINVAL;
        if (group_vanished(fd))
            journal_strike(journal, i);
        else
            used += entry != NULL;
        if (fd >= 0)
            (void)close(fd);
    }
    return used;
}

/* The row of what this life is throttled to already; -1: none. */
static int find_row(const struct journal *journal, const struct slice_life *life)
{
    for (int i = 0; i < JOURNAL_ENTRIES; i++) {
        const struct journal_entry *entry = journal_row(journal, i);
        if (entry && entry->kind == JOURNAL_THROTTLED && slice_life_equal(&entry->life, life))
            return i;
    }
    return -1;
}

static int note(struct attempt *attempt, uint64_t before, uint64_t set)
{
    const struct actuator_options *options = &attempt->actuator->options;
    struct journal_entry entry = {.kind = JOURNAL_THROTTLED,
        .decision = attempt->action->decision,
        .made = attempt->outcome->started,
        .life = attempt->action->life,
        .before = before,
        .set = set};
    if (strike_vanished(options->journal) >= JOURNAL_ENTRIES / 2)
        return -ENOSPC;
    int r = text_format(entry.directory, sizeof entry.directory, "%s%s", options->hierarchy->root,
        attempt->action->path);
    return r < 0 ? r : journal_add(options->journal, &entry);
}

/* From `before` to `set`. What it is throttled to already, and not by somebody else since, is left
 * behind: there is one row of it, with the limit from before mom came. */
static int lower(struct attempt *attempt, uint64_t before, uint64_t set)
{
    struct journal *journal = attempt->actuator->options.journal;
    int earlier = find_row(journal, &attempt->action->life);
    const struct journal_entry *entry = journal_row(journal, earlier);
    int row = note(attempt, entry && entry->set == before ? entry->before : before, set);
    if (row < 0)
        return row;
    int r = soft_limit_write(attempt->group_fd, set);
    if (r < 0)
        journal_strike(journal, row);
    else if (earlier != row)
        journal_strike(journal, earlier);
    return r;
}

enum action_result throttle_begin(struct attempt *attempt)
{
    int fd = attempt->group_fd;
    uint64_t before, has = group_memory(fd, attempt->actuator->options.hierarchy->version);
    uint64_t wanted = attempt->action->bytes > has ? attempt->action->bytes : has;
    uint64_t set = whole_pages(wanted);
    int r = soft_limit_read(fd, &before);
    if (r < 0)
        return attempt_fail(attempt, r, "reading its limit");
    r = before > set ? lower(attempt, before, set) : 0;
    return r < 0 ? attempt_fail(attempt, r, "lowering its limit") : RESULT_DONE;
}

enum action_result throttle_end(struct attempt *attempt)
{
    struct journal *journal = attempt->actuator->options.journal;
    struct mom_error error;
    int row = find_row(journal, &attempt->action->life);
    int r = row < 0 ? 0 : journal_undo(journal, row, &error);
    return r < 0 ? attempt_fail(attempt, r, "putting its limit back") : RESULT_DONE;
}
