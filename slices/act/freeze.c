#include "slices/act/freeze.h"

#include "slices/act/cage.h"
#include "slices/base/file.h"
#include "slices/base/text.h"
#include "slices/read/group.h"
#include "slices/read/visit.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

bool freeze_is_on(int group_fd)
{
    unsigned long long frozen;
    return file_read_u64(group_fd, "cgroup.freeze", &frozen) == 0 && frozen != 0;
}

static enum action_result report(struct attempt *attempt, int r, bool stands_still)
{
    if (r < 0)
        return attempt_fail(attempt, r, "freezing it");
    return stands_still ? RESULT_DONE : RESULT_INCOMPLETE;
}

/* --- v2 -------------------------------------------------------------------------------------- */

static enum action_result freeze_own(struct attempt *attempt)
{
    struct cage cage;
    if (freeze_is_on(attempt->group_fd))
        return RESULT_DONE;
    int r = cage_take_own(attempt, JOURNAL_FREEZE_OWN, &cage);
    if (r < 0)
        return report(attempt, r, false);
    r = cage_shut(&cage);
    bool stands_still = r == 0 && cage_wait(&cage);
    if (r < 0)
        journal_strike(attempt->actuator->options.journal, cage.row);
    (void)close(cage.fd);
    return report(attempt, r, stands_still);
}

/* --- v1 -------------------------------------------------------------------------------------- */

enum { ORIGINS_MAX = 8, PASSES = 16 };

/* A group of the freezer's tree that holds processes of the slice, and the cage right below it. */
struct origin {
    dev_t device;
    ino_t inode;
    struct cage cage;
};

struct roundup {
    struct attempt *attempt;
    struct origin origin[ORIGINS_MAX];
    uint32_t origins, moved;
    int failed; /* -errno */
};

/* Who stands still already, by mom or by somebody else, stays where it is. */
static bool is_frozen(int origin_fd)
{
    char text[32];
    ssize_t n = file_read(origin_fd, "freezer.state", text, sizeof text);
    return n >= 0 && !text_starts_with(text, "THAWED");
}

static struct origin *find_origin(struct roundup *roundup, const struct stat *status)
{
    for (uint32_t i = 0; i < roundup->origins; i++) {
        struct origin *origin = &roundup->origin[i];
        if (origin->device == status->st_dev && origin->inode == status->st_ino)
            return origin;
    }
    return NULL;
}

static int new_origin(
    struct roundup *roundup, const char *directory, const struct stat *status, struct origin **ret)
{
    struct origin *origin = &roundup->origin[roundup->origins];
    if (roundup->origins == ORIGINS_MAX)
        return -E2BIG;
    int r = cage_make(roundup->attempt, JOURNAL_FREEZE_CAGE, directory, &origin->cage);
    if (r < 0)
        return r;
    origin->device = status->st_dev;
    origin->inode = status->st_ino;
    roundup->origins++;
    *ret = origin;
    return 0;
}

/* 1: it is to be moved into *ret; 0: it stays where it is; -errno. */
static int origin_of(struct roundup *roundup, int32_t pid, struct origin **ret)
{
    const struct actuator_options *options = &roundup->attempt->actuator->options;
    char path[PATH_MAX], directory[PATH_MAX];
    struct stat status;
    int r = hierarchy_freezer_of(options->proc_root, pid, path, sizeof path);
    if (r < 0)
        return r == -ESRCH ? 0 : r;
    if (text_format(directory, sizeof directory, "%s%s", options->hierarchy->freezer,
            path[1] ? path : "") < 0)
        return -ENAMETOOLONG;
    int fd = group_open(AT_FDCWD, directory);
    if (fd < 0)
        return group_vanished(fd) ? 0 : fd;
    r = fstat(fd, &status) < 0 ? -errno : !is_frozen(fd);
    (void)close(fd);
    if (r <= 0)
        return r;
    *ret = find_origin(roundup, &status);
    r = *ret ? 0 : new_origin(roundup, directory, &status, ret);
    return r < 0 ? r : 1;
}

static int round_up(void *context, int32_t pid)
{
    struct roundup *roundup = context;
    struct origin *origin;
    if (attempt_spares(pid) || !attempt_is_member(roundup->attempt, pid))
        return 0;
    int r = origin_of(roundup, pid, &origin);
    if (r > 0)
        roundup->moved += (uint32_t)cage_move_in(roundup->attempt, &origin->cage, pid);
    roundup->failed = r < 0 ? r : roundup->failed;
    return 0;
}

/* Whoever has been moved can't fork any more; those born before that are found by the next pass. */
static enum action_result freeze_by_moving(struct attempt *attempt)
{
    struct roundup roundup = {.attempt = attempt};
    if (!attempt->actuator->options.hierarchy->freezer[0])
        return report(attempt, -ENOTSUP, false);
    int r = 0;
    for (int pass = 0; pass < PASSES && r == 0 && !attempt_timed_out(attempt); pass++) {
        roundup.moved = 0;
        r = processes_visit(attempt->group_fd, round_up, &roundup);
        if (roundup.moved == 0)
            break;
    }
    bool stands_still = roundup.moved == 0 && roundup.failed == 0;
    for (uint32_t i = 0; i < roundup.origins; i++) {
        stands_still &= cage_wait(&roundup.origin[i].cage);
        (void)close(roundup.origin[i].cage.fd);
    }
    return report(attempt, r < 0 ? r : roundup.failed, stands_still);
}

enum action_result freeze_begin(struct attempt *attempt)
{
    return attempt->actuator->options.hierarchy->version == HIERARCHY_V2
               ? freeze_own(attempt)
               : freeze_by_moving(attempt);
}

static bool is_freeze(enum journal_kind kind)
{
    return kind == JOURNAL_FREEZE_CAGE || kind == JOURNAL_FREEZE_OWN;
}

enum action_result freeze_end(struct attempt *attempt)
{
    return attempt_undo(attempt, is_freeze, "letting it go on");
}
