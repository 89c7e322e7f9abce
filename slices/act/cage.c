#include "slices/act/cage.h"

#include "slices/act/backend.h"
#include "slices/base/file.h"
#include "slices/base/text.h"
#include "slices/read/group.h"
#include "slices/read/visit.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* "mom-reset-17", or after the group of a test run, so that its cleaning finds it. */
static int name_group(const struct attempt *attempt, const struct cage_kind *kind,
    const char *parent, char *path, size_t size)
{
    const char *first = attempt->action->path + 1;
    size_t length = strcspn(first, "/");
    if (!text_starts_with(first, "mom-test-")) {
        first = "mom";
        length = strlen(first);
    }
    return text_format(path, size, "%s/%.*s-%s-%llu", parent, (int)length, first, kind->made_for,
        (unsigned long long)attempt->action->decision);
}

static struct journal_entry new_entry(const struct attempt *attempt, enum journal_kind kind)
{
    return (struct journal_entry){
        .kind = kind,
        .decision = attempt->action->decision,
        .made = attempt->outcome->started,
        .life = attempt->action->life,
    };
}

int cage_shut(const struct cage *cage)
{
    return cage->kind->file ? file_write(cage->fd, cage->kind->file, cage->kind->shut) : 0;
}

int cage_make(struct attempt *attempt, enum journal_kind kind, const char *parent, struct cage *ret)
{
    struct journal *journal = attempt->actuator->options.journal;
    struct journal_entry entry = new_entry(attempt, kind);
    struct mom_error error;
    int r = name_group(attempt, &cage_kinds[kind], parent, entry.directory, sizeof entry.directory);
    if (r == 0)
        r = text_format(entry.home, sizeof entry.home, "%s%s",
            attempt->actuator->options.hierarchy->root, attempt->action->path);
    int row = r < 0 ? r : journal_add(journal, &entry);
    if (row < 0)
        return row;
    if (mkdir(entry.directory, 0755) < 0) {
        r = -errno;
        journal_strike(journal, row);
        return r;
    }
    *ret = (struct cage){&cage_kinds[kind], row, group_open(AT_FDCWD, entry.directory)};
    r = ret->fd < 0 ? ret->fd : cage_shut(ret);
    if (r < 0) {
        (void)journal_undo(journal, row, &error);
        if (ret->fd >= 0)
            (void)close(ret->fd);
    }
    return r;
}

int cage_take_own(struct attempt *attempt, enum journal_kind kind, struct cage *ret)
{
    const struct actuator_options *options = &attempt->actuator->options;
    struct journal_entry entry = new_entry(attempt, kind);
    int r = text_format(entry.directory, sizeof entry.directory, "%s%s", options->hierarchy->root,
        attempt->action->path);
    int row = r < 0 ? r : journal_add(options->journal, &entry);
    if (row < 0)
        return row;
    *ret = (struct cage){&cage_kinds[kind], row, fcntl(attempt->group_fd, F_DUPFD_CLOEXEC, 0)};
    return 0;
}

int cage_move_in(struct attempt *attempt, const struct cage *cage, int32_t pid)
{
    char text[16];
    (void)text_format(text, sizeof text, "%d", pid);
    if (attempt_spares(pid) || !attempt_is_member(attempt, pid))
        return 0;
    return file_write(cage->fd, "cgroup.procs", text) == 0;
}

/* Who can't be moved is killed where it is. */
static int move_in(void *context, int32_t pid)
{
    struct attempt *attempt = context;
    (void)cage_move_in(attempt, &attempt->cage, pid);
    return 0;
}

static int count_one(void *context, int32_t pid)
{
    (void)pid;
    ++*(uint32_t *)context;
    return 0;
}

/* Whoever has been moved in can't fork any more; those born before that are found by the next pass.
 * A pass costs about 20 us for each process. */
static int gather(struct attempt *attempt)
{
    enum { PASSES = 16 };
    for (int pass = 0; pass < PASSES && !attempt_timed_out(attempt); pass++) {
        uint32_t slice = 0, caged = 0;
        int r = processes_visit(attempt->group_fd, move_in, attempt);
        if (r == 0)
            r = processes_visit(attempt->group_fd, count_one, &slice);
        if (r == 0)
            r = processes_visit(attempt->cage.fd, count_one, &caged);
        if (r < 0 || slice == caged)
            return r;
    }
    return 0;
}

/* v1 says so in the file that was written, v2 among its events. */
static bool is_shut(const struct cage *cage)
{
    char text[128];
    bool tells = strcmp(cage->kind->file, "freezer.state") == 0;
    ssize_t n = file_read(cage->fd, tells ? cage->kind->file : "cgroup.events", text, sizeof text);
    return n >= 0 &&
           (tells ? text_starts_with(text, cage->kind->shut) : strstr(text, "frozen 1") != NULL);
}

/* Freezing takes a moment, and forever for a process in uninterruptible sleep. */
bool cage_wait(const struct cage *cage)
{
    enum { NAPS = 6 };
    unsigned nap = 0;
    for (int i = 0; i < NAPS; i++) {
        if (is_shut(cage))
            return true;
        attempt_nap(&nap);
    }
    return is_shut(cage);
}

int cage_kill(struct attempt *attempt)
{
    const struct cage *cage = &attempt->cage;
    int r = cage_shut(cage);
    if (r == 0 && cage->kind->made_for)
        r = gather(attempt);
    if (r == 0) {
        (void)cage_wait(cage);
        r = attempt_kill_members(attempt);
    }
    if (!cage->kind->dies_open)
        return r;
    int opened = file_write(cage->fd, cage->kind->file, cage->kind->open);
    return r < 0 ? r : opened;
}

void cage_leave(struct attempt *attempt)
{
    struct mom_error error;
    if (journal_undo(attempt->actuator->options.journal, attempt->cage.row, &error) < 0)
        (void)text_copy(attempt->outcome->error, sizeof attempt->outcome->error, error.text);
    if (attempt->cage.fd >= 0)
        (void)close(attempt->cage.fd);
}
