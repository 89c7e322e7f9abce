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
static int name_group(const struct attempt *attempt, const char *root, char *path, size_t size)
{
    const char *first = attempt->action->path + 1;
    size_t length = strcspn(first, "/");
    if (!text_starts_with(first, "mom-test-")) {
        first = "mom";
        length = strlen(first);
    }
    return text_format(path, size, "%s/%.*s-reset-%llu", root, (int)length, first,
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

static int shut(const struct cage *cage)
{
    return file_write(cage->fd, cage->kind->file, cage->kind->shut);
}

int cage_make(struct attempt *attempt)
{
    const char *root = attempt->actuator->options.hierarchy->freezer;
    struct journal *journal = attempt->actuator->options.journal;
    struct journal_entry entry = new_entry(attempt, JOURNAL_TEMP_FREEZER);
    int r = name_group(attempt, root, entry.directory, sizeof entry.directory);
    int row = r < 0 ? r : journal_add(journal, &entry);
    if (row < 0)
        return row;
    if (mkdir(entry.directory, 0755) < 0) {
        r = -errno;
        journal_strike(journal, row);
        return r;
    }
    struct cage cage = {
        &cage_kinds[JOURNAL_TEMP_FREEZER], row, group_open(AT_FDCWD, entry.directory)};
    r = cage.fd < 0 ? cage.fd : shut(&cage);
    attempt->cage = cage;
    if (r < 0)
        cage_leave(attempt);
    return r;
}

int cage_take_own(struct attempt *attempt)
{
    const struct actuator_options *options = &attempt->actuator->options;
    struct journal_entry entry = new_entry(attempt, JOURNAL_FROZEN);
    int r = text_format(entry.directory, sizeof entry.directory, "%s%s", options->hierarchy->root,
        attempt->action->path);
    int row = r < 0 ? r : journal_add(options->journal, &entry);
    if (row < 0)
        return row;
    attempt->cage = (struct cage){
        &cage_kinds[JOURNAL_FROZEN], row, fcntl(attempt->group_fd, F_DUPFD_CLOEXEC, 0)};
    return 0;
}

static int move_in(void *context, int32_t pid)
{
    const struct attempt *attempt = context;
    char text[16];
    (void)text_format(text, sizeof text, "%d", pid);
    /* Who can't be moved is killed where it is. */
    if (!attempt_spares(pid) && attempt_is_member(attempt, pid))
        (void)file_write(attempt->cage.fd, "cgroup.procs", text);
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

/* Freezing takes a moment, and forever for a process in uninterruptible sleep. */
static void wait_until_shut(const struct cage *cage)
{
    enum { NAPS = 6 };
    unsigned nap = 0;
    for (int i = 0; i < NAPS; i++) {
        char text[32];
        if (file_read(cage->fd, cage->kind->file, text, sizeof text) < 0 ||
            text_starts_with(text, cage->kind->shut))
            return;
        attempt_nap(&nap);
    }
}

int cage_kill(struct attempt *attempt)
{
    const struct cage *cage = &attempt->cage;
    int r = shut(cage);
    if (r == 0 && cage->kind->temporary)
        r = gather(attempt);
    if (r == 0) {
        wait_until_shut(cage);
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
