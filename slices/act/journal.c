/* The file is a table of rows without a header. A row counts when its check is right; the check is
 * written last, so that a row whose writer died half-way counts as empty, which is right: the
 * change that it was to announce has not been made. */
#include "slices/act/journal.h"

#include "slices/act/cage.h"
#include "slices/act/drop_in.h"
#include "slices/act/kernel_hints.h"
#include "slices/act/kernel_setting.h"
#include "slices/act/takeover.h"
#include "slices/act/watchdog.h"
#include "slices/base/text.h"
#include "slices/read/group.h"
#include "slices/read/visit.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/vfs.h>
#include <time.h>
#include <unistd.h>

const struct cage_kind cage_kinds[JOURNAL_KINDS] = {
    [JOURNAL_TEMP_FREEZER] = {"freezer.state", "FROZEN", "THAWED", "reset", true},
    [JOURNAL_FROZEN] = {"cgroup.freeze", "1", "0", NULL, false},
    [JOURNAL_FREEZE_CAGE] = {"freezer.state", "FROZEN", "THAWED", "freeze", true},
    [JOURNAL_FREEZE_OWN] = {"cgroup.freeze", "1", "0", NULL, false},
    [JOURNAL_MOVED] = {NULL, NULL, NULL, "move", false},
};

const char *const journal_kind_names[JOURNAL_KINDS] = {
    [JOURNAL_FREE] = "",
    [JOURNAL_TEMP_FREEZER] = "temporary freezer",
    [JOURNAL_HINTS] = "hints to the kernel",
    [JOURNAL_FROZEN] = "frozen",
    [JOURNAL_FREEZE_CAGE] = "freeze, in a temporary group",
    [JOURNAL_FREEZE_OWN] = "freeze",
    [JOURNAL_MOVED] = "move",
    [JOURNAL_LIMIT] = "limit",
    [JOURNAL_SETTING] = "setting of the kernel's",
    [JOURNAL_WATCHDOG] = "watchdog",
    [JOURNAL_OOM] = "OOM killer",
};

struct row {
    _Atomic uint64_t check; /* 0: empty */
    struct journal_entry entry;
};

/* --- The table ------------------------------------------------------------------------------- */

static struct row *row_at(const struct journal *journal, int row)
{
    bool exists = journal->file.base && row >= 0 && row < JOURNAL_ENTRIES;
    return exists ? (struct row *)journal->file.base + row : NULL;
}

static uint64_t checksum(const struct journal_entry *entry)
{
    return text_hash(TEXT_HASH_SEED, entry, sizeof *entry);
}

int journal_open(struct journal *journal, const char *run_dir, struct mom_error *error)
{
    char path[PATH_MAX];
    *journal = (struct journal){.lock = PTHREAD_MUTEX_INITIALIZER};
    if (text_format(path, sizeof path, "%s/journal", run_dir) < 0 ||
        text_format(journal->reload_file, PATH_MAX, "%s/%s", run_dir, DROP_IN_RELOAD_FILE) < 0)
        return error_errno(error, -ENAMETOOLONG, "%s", run_dir);
    return shared_file_create(
        path, JOURNAL_ENTRIES * sizeof(struct row), 0600, (gid_t)-1, &journal->file, error);
}

void journal_close(struct journal *journal)
{
    shared_file_close(&journal->file);
}

const struct journal_entry *journal_row(const struct journal *journal, int row)
{
    const struct row *found = row_at(journal, row);
    if (!found)
        return NULL;
    uint64_t check = atomic_load_explicit(&found->check, memory_order_acquire);
    const struct journal_entry *entry = &found->entry;
    bool valid = check != 0 && check == checksum(entry) && entry->kind > JOURNAL_FREE &&
                 entry->kind < JOURNAL_KINDS && entry->directory[0] == '/' &&
                 memchr(entry->directory, '\0', sizeof entry->directory) &&
                 memchr(entry->home, '\0', sizeof entry->home);
    return valid ? entry : NULL;
}

int journal_find_limit(const struct journal *journal, const struct slice_life *life,
    enum limit_kind limit, dev_t disk, int from)
{
    for (int i = from; i < JOURNAL_ENTRIES; i++) {
        const struct journal_entry *entry = journal_row(journal, i);
        if (entry && entry->kind == JOURNAL_LIMIT && entry->limit == limit && entry->disk == disk &&
            slice_life_equal(&entry->life, life))
            return i;
    }
    return -1;
}

int journal_find_oom(const struct journal *journal, const struct slice_life *life)
{
    for (int i = 0; i < JOURNAL_ENTRIES; i++) {
        const struct journal_entry *entry = journal_row(journal, i);
        if (entry && entry->kind == JOURNAL_OOM && slice_life_equal(&entry->life, life))
            return i;
    }
    return -1;
}

void journal_strike(struct journal *journal, int row)
{
    struct row *struck = row_at(journal, row);
    if (struck)
        atomic_store_explicit(&struck->check, 0, memory_order_release);
}

/* A row as it was at some moment. */
struct seen {
    int row;
    uint64_t check;
    struct journal_entry entry;
};

static bool see(const struct journal *journal, int row, struct seen *ret)
{
    const struct row *found = row_at(journal, row);
    if (!found || !journal_row(journal, row))
        return false;
    ret->row = row;
    ret->check = atomic_load_explicit(&found->check, memory_order_acquire);
    memcpy(&ret->entry, &found->entry, sizeof ret->entry);
    return ret->check != 0 && ret->check == checksum(&ret->entry);
}

/* False: somebody else has struck it since, and may have taken it for something else. */
static bool strike_seen(struct journal *journal, struct seen *seen)
{
    struct row *row = row_at(journal, seen->row);
    return row && atomic_compare_exchange_strong(&row->check, &seen->check, 0);
}

bool journal_strike_if(struct journal *journal, int row, const struct journal_entry *entry)
{
    struct seen seen = {.row = row, .check = checksum(entry)};
    return strike_seen(journal, &seen);
}

/* Until it is released, not just for as long as a reset takes. */
static bool lasts(enum journal_kind kind)
{
    return kind == JOURNAL_LIMIT || kind == JOURNAL_FREEZE_CAGE || kind == JOURNAL_FREEZE_OWN ||
           kind == JOURNAL_MOVED || kind == JOURNAL_OOM;
}

/* Of another life of the same unit, or another change of this one: the file is theirs now. */
static bool shares_drop_in(const struct journal *journal, const struct seen *seen)
{
    for (int i = 0; i < JOURNAL_ENTRIES; i++) {
        const struct journal_entry *other = i == seen->row ? NULL : journal_row(journal, i);
        if (other && other->kind == JOURNAL_LIMIT && other->drop_in &&
            other->limit == seen->entry.limit && other->disk == seen->entry.disk &&
            strcmp(other->directory, seen->entry.directory) == 0)
            return true;
    }
    return false;
}

/* Noted before, since we may be killed in between, and behind, since a reload in between came too
 * early. */
static int undo_drop_in(const struct journal *journal, const struct seen *seen)
{
    if (!seen->entry.drop_in || shares_drop_in(journal, seen))
        return 0;
    drop_in_note_reload(journal->reload_file);
    int r = drop_in_remove(seen->entry.directory, seen->entry.limit, seen->entry.disk);
    drop_in_note_reload(journal->reload_file);
    return r;
}

/* `life` NULL: whichever. */
static bool is_gone(const char *directory, const struct slice_life *life)
{
    int fd = group_open(AT_FDCWD, directory);
    bool gone = group_vanished(fd) || (fd >= 0 && life && group_check(fd, life) < 0);
    if (fd >= 0)
        (void)close(fd);
    return gone;
}

/* The group is gone, or another life stands there. A cage has no life of its own. */
static bool is_over(const struct journal_entry *entry)
{
    const struct slice_life *life = cage_kinds[entry->kind].made_for ? NULL
                                    : entry->kind == JOURNAL_LIMIT   ? &entry->place
                                                                     : &entry->life;
    return is_gone(entry->directory, life);
}

/* The slice is gone, and its group in another tree has outlived it. */
static bool is_orphaned(const struct journal_entry *entry)
{
    return entry->kind == JOURNAL_LIMIT && entry->home[0] && is_gone(entry->home, &entry->life);
}

/* Returns how many rows are in use otherwise: by takeovers, or by all others. */
static int sweep(struct journal *journal, bool takeovers)
{
    int used = 0;
    for (int i = 0; i < JOURNAL_ENTRIES; i++) {
        struct seen seen;
        struct mom_error error;
        if (!see(journal, i, &seen))
            continue;
        if (lasts(seen.entry.kind) && is_over(&seen.entry) && undo_drop_in(journal, &seen) == 0)
            (void)strike_seen(journal, &seen);
        else if (!is_orphaned(&seen.entry) || journal_undo(journal, i, &error) < 0)
            used += (seen.entry.kind == JOURNAL_OOM) == takeovers;
    }
    return used;
}

void journal_sweep(struct journal *journal)
{
    (void)pthread_mutex_lock(&journal->lock);
    (void)sweep(journal, false);
    (void)pthread_mutex_unlock(&journal->lock);
}

/* From behind the last one on, so that a row that was just struck is not taken again at once. */
static int take_free_row(struct journal *journal, const struct journal_entry *entry)
{
    bool takes_over = entry->kind == JOURNAL_OOM;
    int most = takes_over ? JOURNAL_TAKEOVERS : JOURNAL_OTHERS / 2;
    if (lasts(entry->kind) && sweep(journal, takes_over) >= most)
        return -ENOSPC;
    for (int n = 0; n < JOURNAL_ENTRIES; n++) {
        int i = (journal->next + n) % JOURNAL_ENTRIES;
        struct row *row = row_at(journal, i);
        if (!row || journal_row(journal, i))
            continue;
        journal->next = i + 1;
        atomic_store_explicit(&row->check, 0, memory_order_seq_cst);
        memcpy(&row->entry, entry, sizeof *entry);
        atomic_store_explicit(&row->check, checksum(&row->entry), memory_order_release);
        return i;
    }
    return -ENOSPC;
}

int journal_add(struct journal *journal, const struct journal_entry *entry)
{
    (void)pthread_mutex_lock(&journal->lock);
    int row = take_free_row(journal, entry);
    (void)pthread_mutex_unlock(&journal->lock);
    return row;
}

/* --- Undoing --------------------------------------------------------------------------------- */

static bool is_cgroup(int fd)
{
    struct statfs fs;
    return fstatfs(fd, &fs) == 0 &&
           (fs.f_type == CGROUP_SUPER_MAGIC || fs.f_type == CGROUP2_SUPER_MAGIC);
}

/* Only a group named after its decision is ever emptied and removed. */
static bool is_temporary(const struct journal_entry *entry)
{
    char ending[48];
    (void)text_format(ending, sizeof ending, "-%s-%llu", cage_kinds[entry->kind].made_for,
        (unsigned long long)entry->decision);
    return text_ends_with(entry->directory, ending);
}

static int move_out(void *context, int32_t pid)
{
    const int *to = context;
    char text[16];
    (void)text_format(text, sizeof text, "%d", pid);
    int r = file_write(*to, "cgroup.procs", text);
    return r == -ESRCH ? 0 : r;
}

/* Moves all into the group `to`. Processes may still fork meanwhile: until none is left, for up to
 * a second. */
static int empty_and_remove(int group_fd, int to, const char *directory)
{
    enum { TRIES = 100 };
    const struct timespec pause = {.tv_nsec = 10000000};
    int parent = openat(group_fd, "..", O_PATH | O_DIRECTORY | O_CLOEXEC);
    int r = parent < 0 ? -errno : -EBUSY;
    for (int i = 0; i < TRIES && r == -EBUSY; i++) {
        if (i > 0)
            (void)nanosleep(&pause, NULL);
        r = processes_visit(group_fd, move_out, &to);
        if (r == 0 && unlinkat(parent, strrchr(directory, '/') + 1, AT_REMOVEDIR) < 0)
            r = -errno;
    }
    if (parent >= 0)
        (void)close(parent);
    return r;
}

/* Back to where it hangs. */
static int dissolve(int group_fd, const char *directory)
{
    int parent = openat(group_fd, "..", O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (parent < 0)
        return -errno;
    int r = empty_and_remove(group_fd, parent, directory);
    (void)close(parent);
    return r;
}

/* Back to the slice. Where that is gone there is no way back: it is left as it is. */
static int bring_home(int group_fd, const struct journal_entry *entry, struct mom_error *error)
{
    int home = group_open(AT_FDCWD, entry->home), r;
    if (home >= 0 && group_check(home, &entry->life) == 0) {
        r = empty_and_remove(group_fd, home, entry->directory);
    } else if (!group_has_processes(group_fd)) {
        r = dissolve(group_fd, entry->directory);
    } else {
        (void)error_set(error, 0, "%s is gone: what was moved from there stays in %s", entry->home,
            entry->directory);
        r = 1;
    }
    if (home >= 0)
        (void)close(home);
    return r;
}

static int undo_hints(int group_fd)
{
    int proc_fd = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (proc_fd < 0)
        return -errno;
    int r = kernel_hints_undo(group_fd, proc_fd);
    (void)close(proc_fd);
    return r;
}

/* Killed between a change and the striking of the one before it, a limit has two rows. */
static bool is_of_another_row(const struct journal *journal, const struct seen *seen, uint64_t now)
{
    const struct journal_entry *entry = &seen->entry;
    for (int i = 0; i < JOURNAL_ENTRIES; i++) {
        const struct journal_entry *other = i == seen->row ? NULL : journal_row(journal, i);
        if (other && other->kind == entry->kind && other->limit == entry->limit &&
            other->disk == entry->disk && other->set == now &&
            slice_life_equal(&other->life, &entry->life))
            return true;
    }
    return false;
}

/* Who works with more than the limit has taken it back before the limit is written: v2 can hold him
 * off for that moment. */
static int squeeze_below(struct journal *journal, int group_fd, const struct journal_entry *entry)
{
    struct journal_entry soft = *entry;
    struct mom_error error;
    soft.limit = LIMIT_SOFT;
    soft.drop_in = false;
    soft.set = limit_gentle(entry->before);
    if (journal_find_limit(journal, &entry->life, LIMIT_SOFT, 0, 0) >= 0 ||
        limit_read(group_fd, LIMIT_SOFT, &soft.before) < 0 || soft.before <= soft.set)
        return -EBUSY;
    int row = journal_add(journal, &soft);
    if (row < 0)
        return -EBUSY;
    int r = limit_write(group_fd, LIMIT_SOFT, soft.set);
    uint64_t most = soft.set + (entry->before - soft.set) / 2;
    if (r == 0)
        r = group_memory(group_fd, HIERARCHY_V2) < most
                ? limit_write(group_fd, entry->limit, entry->before)
                : -EBUSY;
    int undone = journal_undo(journal, row, &error);
    return r < 0 ? r : undone;
}

static int write_limit_back(
    struct journal *journal, int group_fd, const struct journal_entry *entry)
{
    if (entry->limit >= (enum limit_kind)LIMITS_OF_MEMORY)
        return limit_write_on(group_fd, entry->limit, entry->disk, entry->before);
    int r = limit_write_gently(group_fd, entry->limit, entry->before);
    bool squeezes = r == -EBUSY && journal->patient && limit_is_throttling(group_fd);
    return squeezes ? squeeze_below(journal, group_fd, entry) : r;
}

static int leave_alone(const struct journal_entry *entry, int group_fd, struct mom_error *error)
{
    (void)error_set(error, 0, "%s/%s was changed by somebody else meanwhile: it is left as it is",
        entry->directory, limit_file(group_fd, entry->limit));
    return 1;
}

static int put_limit_back(
    struct journal *journal, int group_fd, const struct seen *seen, struct mom_error *error)
{
    const struct journal_entry *entry = &seen->entry;
    uint64_t now;
    int r = limit_read_on(group_fd, entry->limit, entry->disk, &now);
    if (r == -ENOTSUP) /* the controller was taken away, and the limit with it */
        return 0;
    if (r < 0 || now == entry->before || is_of_another_row(journal, seen, now))
        return r;
    return now == entry->set ? write_limit_back(journal, group_fd, entry)
                             : leave_alone(entry, group_fd, error);
}

/* v1 has memory alone never above memory and swap together: it goes first. */
static int undo_hard_limit(
    struct journal *journal, const struct slice_life *life, struct mom_error *error)
{
    int r = 0, i = journal_find_limit(journal, life, LIMIT_HARD, 0, 0);
    for (; i >= 0 && r >= 0; i = journal_find_limit(journal, life, LIMIT_HARD, 0, i + 1))
        r = journal_undo(journal, i, error);
    return r;
}

/* Both can't be put back below what somebody else has set the hard one to. */
static int undo_both(
    struct journal *journal, int group_fd, const struct seen *seen, struct mom_error *error)
{
    uint64_t hard;
    int first = undo_hard_limit(journal, &seen->entry.life, error);
    if (first < 0)
        return first;
    if (limit_read(group_fd, LIMIT_HARD, &hard) == 0 && hard > seen->entry.before)
        return leave_alone(&seen->entry, group_fd, error);
    int r = put_limit_back(journal, group_fd, seen, error);
    return r == 0 ? first : r;
}

/* The waiting room of v2 was made within the limits as they are, so it goes first. */
static int undo_limit(
    struct journal *journal, int group_fd, const struct seen *seen, struct mom_error *error)
{
    if (group_check(group_fd, &seen->entry.place) < 0)
        return 0;
    if (limit_is_throttling(group_fd) && seen->entry.limit < (enum limit_kind)LIMITS_OF_MEMORY) {
        int r = journal_undo_oom(journal, &seen->entry.life, error);
        if (r < 0)
            return r;
    }
    return seen->entry.limit == LIMIT_BOTH ? undo_both(journal, group_fd, seen, error)
                                           : put_limit_back(journal, group_fd, seen, error);
}

static int undo_takeover(
    struct journal *journal, int group_fd, const struct seen *seen, struct mom_error *error)
{
    if (group_check(group_fd, &seen->entry.life) < 0)
        return 0;
    return limit_is_throttling(group_fd) ? put_limit_back(journal, group_fd, seen, error)
                                         : takeover_undo_v1(group_fd);
}

static int undo_in(
    struct journal *journal, int group_fd, const struct seen *seen, struct mom_error *error)
{
    const struct journal_entry *entry = &seen->entry;
    if (entry->kind == JOURNAL_HINTS)
        return is_cgroup(group_fd) ? undo_hints(group_fd) : -EPERM;
    if (entry->kind == JOURNAL_LIMIT)
        return is_cgroup(group_fd) ? undo_limit(journal, group_fd, seen, error) : -EPERM;
    if (entry->kind == JOURNAL_OOM)
        return is_cgroup(group_fd) ? undo_takeover(journal, group_fd, seen, error) : -EPERM;
    const struct cage_kind *kind = &cage_kinds[entry->kind];
    if (!is_cgroup(group_fd) || (kind->made_for && !is_temporary(entry)))
        return -EPERM;
    if (!kind->made_for && group_check(group_fd, &entry->life) < 0)
        return 0;
    if (entry->kind == JOURNAL_MOVED)
        return bring_home(group_fd, entry, error);
    int r = file_write(group_fd, kind->file, kind->open);
    return r == 0 && kind->made_for ? dissolve(group_fd, entry->directory) : r;
}

/* It is no group. */
static int undo_setting(struct journal *journal, struct seen *seen, struct mom_error *error)
{
    const char *path = seen->entry.directory;
    int r = kernel_setting_undo(&seen->entry);
    if (r < 0)
        return error_errno(error, r, "undoing %s", path);
    if (r > 0)
        (void)error_set(
            error, 0, "%s was changed by somebody else meanwhile: it is left as it is", path);
    (void)strike_seen(journal, seen);
    return r;
}

static int undo_watchdog(struct journal *journal, struct seen *seen, struct mom_error *error)
{
    const struct journal_entry *entry = &seen->entry;
    int r = watchdog_undo(entry->directory, entry->disk, WATCHDOG_SYS_ROOT, error);
    if (r >= 0)
        (void)strike_seen(journal, seen);
    return r;
}

int journal_undo(struct journal *journal, int row, struct mom_error *error)
{
    struct seen seen;
    if (!see(journal, row, &seen))
        return 0;
    const struct journal_entry *entry = &seen.entry;
    if (entry->kind == JOURNAL_SETTING)
        return undo_setting(journal, &seen, error);
    if (entry->kind == JOURNAL_WATCHDOG)
        return undo_watchdog(journal, &seen, error);
    int group_fd = group_open(AT_FDCWD, entry->directory);
    int r = group_fd < 0 ? group_fd : undo_in(journal, group_fd, &seen, error);
    if (group_fd >= 0)
        (void)close(group_fd);
    if (r < 0 && !group_vanished(r))
        return error_errno(error, r, "undoing %s", entry->directory);
    /* Not before: with it goes what systemd knows of the limit. */
    int removed = undo_drop_in(journal, &seen);
    if (removed < 0)
        return error_errno(error, removed, "removing the drop-in of %s", entry->directory);
    (void)strike_seen(journal, &seen);
    return r > 0;
}

int journal_undo_oom(
    struct journal *journal, const struct slice_life *life, struct mom_error *error)
{
    int result = 0;
    for (int i = 0; i < JOURNAL_ENTRIES; i++) {
        const struct journal_entry *entry = journal_row(journal, i);
        if (!entry || entry->kind != JOURNAL_OOM || !slice_life_equal(&entry->life, life))
            continue;
        int r = journal_undo(journal, i, error);
        result = result < 0 || r == 0 ? result : r;
    }
    return result;
}

int journal_undo_next(const struct journal *journal, int step)
{
    int row = step % JOURNAL_ENTRIES;
    bool at_last = step >= JOURNAL_ENTRIES;
    const struct journal_entry *entry = journal_row(journal, row);
    return entry && (entry->kind == JOURNAL_LIMIT) == at_last ? row : -1;
}

static bool is_spared(const struct journal *journal, int row)
{
    const struct journal_entry *entry = journal_row(journal, row);
    return journal->spares_watchdog && entry && entry->kind == JOURNAL_WATCHDOG;
}

int journal_undo_all(struct journal *journal, void (*say)(const char *text))
{
    int left = 0;
    for (int i = 0; i < 2 * JOURNAL_ENTRIES; i++) {
        struct mom_error error = {0};
        int row = journal_undo_next(journal, i);
        int r = row < 0 || is_spared(journal, row) ? 0 : journal_undo(journal, row, &error);
        left += r < 0;
        if (say && r != 0)
            say(error.text);
    }
    return left;
}
