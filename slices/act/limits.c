#include "slices/act/limits.h"

#include "slices/act/drop_in.h"
#include "slices/act/journal.h"
#include "slices/act/limit.h"
#include "slices/act/rates.h"
#include "slices/act/takeover.h"
#include "slices/base/text.h"
#include "slices/read/group.h"

#include <errno.h>

/* The kernel knows whole pages, of up to 64 KiB. */
#define PAGE_MOST 65536
static uint64_t whole_pages(uint64_t bytes)
{
    return bytes_sum(bytes, PAGE_MOST - 1) / PAGE_MOST * PAGE_MOST;
}

static int note(
    struct attempt *attempt, const struct limit_place *place, uint64_t before, uint64_t set)
{
    const struct actuator_options *options = &attempt->actuator->options;
    bool is_elsewhere = place->directory[0] != '\0';
    struct journal_entry entry = {.kind = JOURNAL_LIMIT,
        .decision = attempt->action->decision,
        .made = attempt->outcome->started,
        .life = attempt->action->life,
        .limit = place->kind,
        .disk = place->disk,
        .place = is_elsewhere ? place->life : attempt->action->life,
        .drop_in =
            options->hierarchy->version == HIERARCHY_V2 && drop_in_applies(attempt->action->path),
        .before = before,
        .set = set};
    int r = text_format(is_elsewhere ? entry.home : entry.directory, PATH_MAX, "%s%s",
        options->hierarchy->root, attempt->action->path);
    if (r == 0 && is_elsewhere)
        r = text_copy(entry.directory, PATH_MAX, place->directory);
    return r < 0 ? r : journal_add(options->journal, &entry);
}

/* Without it the limit is in force all the same, until systemd is told to reload. */
static void write_drop_in(struct attempt *attempt, const struct journal_entry *entry)
{
    uint64_t period_usec = 0;
    if (!entry || !entry->drop_in)
        return;
    if (entry->limit == LIMIT_CPU)
        (void)limit_period(attempt->group_fd, &period_usec);
    int r =
        drop_in_write(attempt->action->path, entry->limit, entry->disk, entry->set, period_usec);
    if (r < 0)
        (void)attempt_fail(attempt, r, "a daemon-reload of systemd would end this");
}

/* Of v2 the waiting room at its limit is memory.high: whoever lowers that ends it first. */
static void end_takeover(struct attempt *attempt)
{
    struct mom_error error;
    if (limit_is_throttling(attempt->group_fd))
        (void)journal_undo_oom(attempt->actuator->options.journal, &attempt->action->life, &error);
}

/* And whoever has raised the limit moves it along: who waits there would else run into the new one
 * before it has a room of its own. False: there is none. */
static bool move_room(struct attempt *attempt)
{
    struct journal *journal = attempt->actuator->options.journal;
    bool is_moved = takeover_move(journal, attempt->group_fd, &attempt->action->life) == 0;
    if (!is_moved)
        end_takeover(attempt);
    return is_moved;
}

static int take_back(struct journal *journal, int row, int r)
{
    struct mom_error error;
    (void)journal_undo(journal, row, &error);
    return r;
}

/* What mom has set it to earlier, and nobody else since, is left behind: there is one row of it,
 * with the limit from before she came. */
int limits_change(
    struct attempt *attempt, const struct limit_place *place, uint64_t before, uint64_t set)
{
    struct journal *journal = attempt->actuator->options.journal;
    int earlier = journal_find_limit(journal, &attempt->action->life, place->kind, place->disk, 0);
    const struct journal_entry *entry = journal_row(journal, earlier);
    int row = note(attempt, place, entry && entry->set == before ? entry->before : before, set);
    if (row < 0)
        return row;
    write_drop_in(attempt, journal_row(journal, row));
    int r = limit_write_on(place->fd, place->kind, place->disk, set);
    if (r < 0) {
        r = take_back(journal, row, r);
        write_drop_in(attempt, journal_row(journal, earlier));
    } else if (earlier != row) {
        journal_strike(journal, earlier);
    }
    return r;
}

static int change(struct attempt *attempt, enum limit_kind limit, uint64_t before, uint64_t set)
{
    const struct limit_place place = {.kind = limit, .fd = attempt->group_fd};
    return limits_change(attempt, &place, before, set);
}

enum action_result limits_throttle(struct attempt *attempt)
{
    int fd = attempt->group_fd;
    uint64_t before, has = group_memory(fd, attempt->actuator->options.hierarchy->version);
    end_takeover(attempt);
    if (attempt->action->bytes > 0 && limit_can_push_out(fd))
        has = limit_push_out(fd, attempt->action->bytes);
    uint64_t set = whole_pages(attempt->action->bytes > has ? attempt->action->bytes : has);
    int r = limit_read(fd, LIMIT_SOFT, &before);
    if (r < 0)
        return attempt_fail(attempt, r, "reading its limit");
    r = before > set ? change(attempt, LIMIT_SOFT, before, set) : 0;
    if (r < 0)
        return attempt_fail(attempt, r, "lowering its limit");
    rates_throttle(attempt);
    return RESULT_DONE;
}

enum action_result limits_reclaim(struct attempt *attempt)
{
    int fd = attempt->group_fd;
    uint64_t has = group_memory(fd, attempt->actuator->options.hierarchy->version);
    uint64_t most = has > attempt->action->bytes ? has - attempt->action->bytes : 0;
    if (!limit_can_push_out(fd))
        return attempt_fail(attempt, -ENOTSUP, "memory.reclaim");
    return limit_push_out(fd, most) <= most ? RESULT_DONE : RESULT_INCOMPLETE;
}

/* Together with swap it has as much more as alone. */
static int raise_both(struct attempt *attempt, uint64_t more)
{
    uint64_t before;
    int r = limit_read(attempt->group_fd, LIMIT_BOTH, &before);
    if (r == -ENOTSUP || (r == 0 && before > INT64_MAX - more)) /* there is none */
        return 0;
    return r < 0 ? r : change(attempt, LIMIT_BOTH, before, bytes_sum(before, more));
}

static int raise_one(struct attempt *attempt, enum limit_kind limit, uint64_t set)
{
    uint64_t before;
    int r = limit_read(attempt->group_fd, limit, &before);
    if (r < 0 || before >= set)
        return r;
    if (limit == LIMIT_HARD)
        r = raise_both(attempt, set - before);
    return r < 0 ? r : change(attempt, limit, before, set);
}

static int raise_all(struct attempt *attempt, uint64_t set)
{
    int r = raise_one(attempt, LIMIT_HARD, set);
    if (r == 0 && limit_is_throttling(attempt->group_fd) && /* of v1 the soft one is no limit */
        !move_room(attempt))
        r = raise_one(attempt, LIMIT_SOFT, set);
    return r;
}

enum action_result limits_raise(struct attempt *attempt)
{
    int r = raise_all(attempt, whole_pages(attempt->action->bytes));
    return r < 0 ? attempt_fail(attempt, r, "raising its limit") : RESULT_DONE;
}

/* 0 or -errno; another failure than that it still holds too much goes before. */
static int undo_all(struct attempt *attempt)
{
    end_takeover(attempt);
    struct journal *journal = attempt->actuator->options.journal;
    int failed = 0;
    for (int i = 0; i < JOURNAL_ENTRIES; i++) {
        struct mom_error error;
        const struct journal_entry *entry = journal_row(journal, i);
        if (!entry || entry->kind != JOURNAL_LIMIT ||
            !slice_life_equal(&entry->life, &attempt->action->life))
            continue;
        int r = journal_undo(journal, i, &error);
        if (r > 0)
            (void)text_copy(attempt->outcome->error, sizeof attempt->outcome->error, error.text);
        else if (r < 0 && (failed == 0 || failed == -EBUSY))
            failed = r;
    }
    return failed;
}

enum action_result limits_release(struct attempt *attempt)
{
    int r = undo_all(attempt);
    if (r < 0)
        (void)attempt_fail(attempt, r, "putting its limit back");
    return r == 0 ? RESULT_DONE : r == -EBUSY ? RESULT_INCOMPLETE : RESULT_FAILED;
}

/* For handlers of signals, and what they call. */
#define HEADROOM (16ull << 20)

void limits_give_headroom(struct attempt *attempt, struct headroom *ret)
{
    int fd = attempt->group_fd;
    uint64_t has = group_memory(fd, attempt->actuator->options.hierarchy->version);
    uint64_t set = whole_pages(bytes_sum(has, HEADROOM));
    *ret = (struct headroom){0};
    for (int i = 0; i < LIMITS_OF_MEMORY; i++)
        ret->given[i] = limit_read(fd, (enum limit_kind)i, &ret->before[i]) == 0 &&
                        (i == LIMIT_BOTH || ret->before[i] < set);
    (void)raise_all(attempt, set); /* as far as it goes */
}

void limits_take_headroom(struct attempt *attempt, const struct headroom *headroom)
{
    struct journal *journal = attempt->actuator->options.journal;
    struct mom_error error;
    for (int i = 0; i < LIMITS_OF_MEMORY; i++) {
        enum limit_kind limit = (enum limit_kind)i;
        int row = headroom->given[i]
                      ? journal_find_limit(journal, &attempt->action->life, limit, 0, 0)
                      : -1;
        const struct journal_entry *entry = journal_row(journal, row);
        int r = 0;
        if (entry && entry->before == headroom->before[i])
            r = journal_undo(journal, row, &error);
        else if (entry && entry->set != headroom->before[i])
            r = change(attempt, limit, entry->set, headroom->before[i]);
        if (r < 0)
            actuator_leave(attempt->actuator, row);
    }
}
