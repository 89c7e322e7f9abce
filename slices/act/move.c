#include "slices/act/move.h"

#include "slices/act/drop_in.h"
#include "slices/base/text.h"
#include "slices/read/group.h"
#include "slices/read/visit.h"

#include <errno.h>
#include <limits.h>
#include <unistd.h>

static int holds_any(void *context, int directory, const char *name)
{
    const enum hierarchy_version *version = context;
    (void)name;
    return !group_is_empty(*version, directory);
}

static enum action_result check_origin(struct attempt *attempt)
{
    enum hierarchy_version version = attempt->actuator->options.hierarchy->version;
    if (version == HIERARCHY_V2 && drop_in_applies(attempt->action->path))
        return attempt_refuse(attempt, "a unit of systemd's, which would take it for ended");
    int r = children_visit(attempt->group_fd, holds_any, &version);
    return r == 0 ? RESULT_DONE
                  : attempt_refuse(attempt, "it has groups of its own that hold processes");
}

static enum action_result check_target(struct attempt *attempt)
{
    const struct actuator_options *options = &attempt->actuator->options;
    const struct action *action = attempt->action;
    if (!actuator_reaches(attempt->actuator, action->to))
        return attempt_refuse(attempt, "the other group is outside the scope");
    if (slice_path_within(action->to, action->path))
        return attempt_refuse(attempt, "the other group is the slice's own");
    int fd = group_open(options->hierarchy->root_fd, action->to);
    if (fd < 0)
        return attempt_fail(attempt, fd, "opening the other group");
    (void)close(fd);
    return RESULT_DONE;
}

struct moving {
    struct attempt *attempt;
    struct cage cage;
    uint32_t moved, stayed;
};

static int move_one(void *context, int32_t pid)
{
    struct moving *moving = context;
    int moved = cage_move_in(moving->attempt, &moving->cage, pid);
    *(moved ? &moving->moved : &moving->stayed) += 1;
    return 0;
}

/* Who is born in the meantime is found by the next pass. */
static enum action_result move_all(struct attempt *attempt, const char *directory)
{
    enum { PASSES = 16 };
    struct moving moving = {.attempt = attempt};
    int r = cage_make(attempt, JOURNAL_MOVED, directory, &moving.cage);
    if (r < 0)
        return attempt_fail(attempt, r, "making a group for it");
    for (int pass = 0; pass < PASSES && r == 0 && !attempt_timed_out(attempt); pass++) {
        moving.moved = moving.stayed = 0;
        r = processes_visit(attempt->group_fd, move_one, &moving);
        if (moving.moved == 0)
            break;
    }
    (void)close(moving.cage.fd);
    if (r < 0)
        return attempt_fail(attempt, r, "moving it");
    return moving.moved + moving.stayed == 0 ? RESULT_DONE : RESULT_INCOMPLETE;
}

enum action_result move_begin(struct attempt *attempt)
{
    char directory[PATH_MAX];
    enum action_result result = check_target(attempt);
    if (result == RESULT_DONE)
        result = check_origin(attempt);
    if (result != RESULT_DONE)
        return result;
    if (text_format(directory, sizeof directory, "%s%s", attempt->actuator->options.hierarchy->root,
            attempt->action->to) < 0)
        return attempt_fail(attempt, -ENAMETOOLONG, "the other group");
    return move_all(attempt, directory);
}

static bool is_move(enum journal_kind kind)
{
    return kind == JOURNAL_MOVED;
}

enum action_result move_end(struct attempt *attempt)
{
    return attempt_undo(attempt, is_move, "moving it back");
}
