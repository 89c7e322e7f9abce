/* How a group is judged, in this order:
 *
 *   its name says interior   > looked into
 *   its name says slice      > a slice; a user-UID.slice whose manager has app.slice: looked into
 *   its name says nothing    > a slice if it holds processes, else looked into and probed again
 *   deep, long-named, without memory accounting, or no room
 *                            > folds into its parent
 *
 * Folding must not be an escape. A parent that belongs to root is protected (killing system.slice
 * for one service too many would be worse than the alarm); one that belongs to somebody else is an
 * ordinary slice; and below a user-UID.slice any fold makes that user one slice for good. */
#include "slices/find/tree_walk.h"

#include "slices/base/file.h"
#include "slices/base/text.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

/* By the order of tree->kept. */
static const enum slice_protection protections[3] = {
    SLICE_PROTECTED_SELF, SLICE_PROTECTED_STARTER, SLICE_PROTECTED_INIT};

/* The part of a path that openat and its kin want below hierarchy->root_fd. */
static const char *relative(const char *path)
{
    return path[1] ? path + 1 : ".";
}

/* --- What a group's files say --------------------------------------------------------------- */

static bool has_file(const struct tree *tree, const char *path, const char *file)
{
    char name[PATH_MAX];
    return text_format(name, sizeof name, "%s/%s", relative(path), file) == 0 &&
           faccessat(tree->hierarchy->root_fd, name, F_OK, 0) == 0;
}

/* Whether the kernel accounts memory to the group at all: on v2 whoever owns the parent may switch
 * that off for its children. */
static bool is_accounted(const struct tree *tree, const char *path)
{
    return has_file(tree, path,
        tree->hierarchy->version == HIERARCHY_V2 ? "memory.current" : "memory.usage_in_bytes");
}

/* v2: whether those in the group are to have their memory accounted. No other controller's name
 * holds this word. */
static bool gives_memory(const struct tree *tree, const struct group *group)
{
    char path[SLICE_PATH_MAX], name[PATH_MAX], controllers[256];
    return table_path(&tree->table, group, NULL, path) == 0 &&
           text_format(name, sizeof name, "%s/cgroup.subtree_control", relative(path)) == 0 &&
           file_read(tree->hierarchy->root_fd, name, controllers, sizeof controllers) > 0 &&
           strstr(controllers, "memory");
}

static bool holds_processes(const struct tree *tree, const char *path)
{
    char name[PATH_MAX], byte;
    if (text_format(name, sizeof name, "%s/cgroup.procs", relative(path)) < 0)
        return false;
    int fd = openat(tree->hierarchy->root_fd, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (fd < 0)
        return false;
    bool holds = read(fd, &byte, 1) == 1;
    (void)close(fd);
    return holds;
}

static bool has_user_units(const struct tree *tree, const char *path, uid_t uid)
{
    char app[SLICE_PATH_MAX];
    return text_format(app, sizeof app, "%s/user@%u.service/app.slice", path, uid) == 0 &&
           is_accounted(tree, app);
}

static bool is_roots(const struct tree *tree, uid_t uid)
{
    return uid == 0 || uid == tree->root_uid;
}

static enum slice_protection protection_of(
    const struct tree *tree, const char *path, enum slice_protection otherwise)
{
    for (size_t i = 0; i < sizeof protections / sizeof *protections; i++)
        if (*tree->kept[i] && slice_path_within(tree->kept[i], path))
            return protections[i];
    return otherwise;
}

/* --- Slices come and go --------------------------------------------------------------------- */

/* The user-UID.slice at or above the group. */
static struct group *user_of(struct group *group)
{
    while (group && !group->is_user)
        group = group->parent;
    return group;
}

static void draft_slice(const struct tree *tree, const struct group *group, struct slice *draft)
{
    *draft =
        (struct slice){.uid = group->uid, .life = {.mount = group->mount, .inode = group->inode}};
    memcpy(draft->life.boot, tree->boot, sizeof draft->life.boot);
    (void)table_path(&tree->table, group, NULL, draft->path);
}

/* Leaves `reserve` slots for those that stand in for others. */
static bool give_slice(
    struct tree *tree, struct group *group, struct slice *draft, uint32_t reserve)
{
    draft->serial = tree->serial_next;
    group->slice = table_take_slice(&tree->table, draft, reserve);
    if (!group->slice)
        return false;
    tree->serial_next++;
    tree->changes.born++;
    return true;
}

static void lose_slice(struct tree *tree, struct group *group)
{
    if (!group->slice)
        return;
    table_lose_slice(&tree->table, group->slice);
    group->slice = NULL;
    group->is_stand_in = false;
    tree->changes.vanished++;
}

static void drop(struct tree *tree, struct group *group);

static void drop_children(struct tree *tree, const struct group *group)
{
    while (group->children)
        drop(tree, group->children);
}

static void unwatch(struct tree *tree, struct group *group)
{
    if (group->watch >= 0)
        (void)inotify_rm_watch(tree->inotify, group->watch);
    table_set_watch(&tree->table, group, -1);
}

/* Forgets the group with all that hangs below it; its slices are lost. */
static void drop(struct tree *tree, struct group *group)
{
    drop_children(tree, group); /* TABLE_DEPTH_MAX deep at most */
    lose_slice(tree, group);
    unwatch(tree, group);
    struct group *user = user_of(group->parent);
    if (user)
        user->units--;
    table_remove(&tree->table, group);
}

/* --- Folding -------------------------------------------------------------------------------- */

static bool stand_in(struct tree *tree, struct group *group)
{
    if (group->slice)
        return true;
    struct slice draft;
    draft_slice(tree, group, &draft);
    names_plain(&draft);
    draft.protection = protection_of(
        tree, draft.path, is_roots(tree, group->uid) ? SLICE_PROTECTED_FOLDED : SLICE_UNPROTECTED);
    group->is_stand_in = give_slice(tree, group, &draft, 0);
    return group->is_stand_in;
}

/* Something in `group` can't be a slice of its own. */
static void fold(struct tree *tree, struct group *group)
{
    tree->changes.folded++;
    struct group *user = user_of(group);
    if (user) {
        user->collapse_due = true; /* later: its groups are being walked */
        return;
    }
    while (group && !stand_in(tree, group))
        group = group->parent;
    if (group)
        group->folded++;
}

/* Makes a user one slice, whatever his manager does from now on. */
static void collapse(struct tree *tree, struct group *user)
{
    struct slice draft;
    bool is_session;
    drop_children(tree, user);
    unwatch(tree, user);
    user->looked_into = user->due = user->collapse_due = false;
    user->is_whole = true;
    draft_slice(tree, user, &draft);
    (void)names_resolve(tree->names, &draft, &is_session);
    draft.protection = protection_of(tree, draft.path, SLICE_UNPROTECTED);
    if (!user->slice && !give_slice(tree, user, &draft, 0))
        user->collapse_due = tree->rescan_due = true;
}

/* --- Judging -------------------------------------------------------------------------------- */

/* What the name says, as far as it may be believed. */
static enum names_verdict resolve(
    const struct tree *tree, const struct group *group, struct slice *draft, bool *ret_session)
{
    enum names_verdict verdict = names_resolve(tree->names, draft, ret_session);
    bool is_path_key = draft->kind == SLICE_SERVICE || draft->kind == SLICE_SCOPE || *ret_session;
    if (verdict == NAMES_SLICE && group->is_foreign && !is_path_key) {
        names_plain(draft);
        draft->uid = group->uid;
        return NAMES_UNKNOWN;
    }
    /* Processes in a "x.slice" of root's are stray ones; in a user's own they are his hide-out. */
    bool is_roots_own = !group->is_foreign && is_roots(tree, group->uid);
    return verdict == NAMES_INTERIOR && !is_roots_own ? NAMES_UNKNOWN : verdict;
}

static void look_into(struct group *group)
{
    group->looked_into = group->due = true;
}

static void make_slice(struct tree *tree, struct group *group, struct slice *draft)
{
    struct table *table = &tree->table;
    uint32_t reserve = table->capacity / 8 + (table->capacity > 1);
    bool accounted = is_accounted(tree, draft->path);
    if (accounted && give_slice(tree, group, draft, reserve)) {
        group->ask_again = draft->kind == SLICE_CONTAINER || draft->kind == SLICE_POD;
        return;
    }
    group->parent->withholds_memory |= !accounted && !gives_memory(tree, group->parent);
    /* Room that lost slices hold is free at the next update: nothing need fold for that. */
    if (accounted && table->lost_count > 0 && table->free_count <= reserve)
        tree->rescan_due = true;
    else
        fold(tree, group->parent);
    drop(tree, group);
}

static void judge(struct tree *tree, struct group *group)
{
    struct slice draft;
    bool is_session = false;
    draft_slice(tree, group, &draft);
    enum names_verdict verdict = resolve(tree, group, &draft, &is_session);
    group->is_user = verdict == NAMES_SLICE && draft.kind == SLICE_USER;
    group->may_fill = verdict == NAMES_UNKNOWN || verdict == NAMES_IGNORED;
    if (verdict == NAMES_INTERIOR || (group->may_fill && !holds_processes(tree, draft.path)) ||
        (group->is_user && has_user_units(tree, draft.path, draft.uid))) {
        look_into(group);
        return;
    }
    group->may_fill = false;
    draft.protection =
        protection_of(tree, draft.path, is_session ? SLICE_PROTECTED_SESSION : SLICE_UNPROTECTED);
    make_slice(tree, group, &draft);
}

/* Whether a known group would be judged otherwise today. A slice stays one as long as it lives,
 * even when it has become empty. */
static bool is_outdated(const struct tree *tree, struct group *group, const char *path)
{
    if (group->may_fill)
        return holds_processes(tree, path);
    if (!group->slice || group->is_stand_in || group->is_whole)
        return false;
    if (group->is_user)
        return has_user_units(tree, path, group->slice->uid);
    if (!is_accounted(tree, path))
        return true;
    if (!group->ask_again)
        return false;
    struct slice draft;
    bool is_session;
    draft_slice(tree, group, &draft);
    (void)resolve(tree, group, &draft, &is_session);
    group->ask_again = false;
    return strcmp(draft.key, group->slice->key) != 0;
}

static struct group *take_in(
    struct tree *tree, struct group *parent, const char *name, const struct stat *status)
{
    struct group *group = table_add(&tree->table, parent, name);
    if (!group)
        return NULL;
    group->mount = status->st_dev;
    group->inode = status->st_ino;
    group->uid = status->st_uid;
    if (!parent)
        return group;
    group->is_foreign = parent->is_foreign || !is_roots(tree, parent->uid);
    struct group *user = user_of(parent);
    /* One user can't use up the table. */
    if (user && ++user->units > tree->table.capacity / 4)
        user->collapse_due = true;
    return group;
}

void walk_meet(struct tree *tree, struct group *parent, const char *name)
{
    char path[SLICE_PATH_MAX];
    struct stat status;
    if (parent->depth >= TABLE_DEPTH_MAX || table_path(&tree->table, parent, name, path) < 0) {
        fold(tree, parent);
        return;
    }
    bool is_there =
        fstatat(tree->hierarchy->root_fd, relative(path), &status, AT_SYMLINK_NOFOLLOW) == 0 &&
        S_ISDIR(status.st_mode);
    struct group *group = table_find(&tree->table, parent, name);
    if (group && is_there && group->inode == status.st_ino && group->mount == status.st_dev &&
        !is_outdated(tree, group, path)) {
        group->seen = true;
        return;
    }
    if (group)
        drop(tree, group);
    if (!is_there)
        return;
    group = take_in(tree, parent, name, &status);
    if (!group) {
        fold(tree, parent);
        return;
    }
    group->seen = true;
    judge(tree, group);
}

/* --- Directories ---------------------------------------------------------------------------- */

static void watch(struct tree *tree, struct group *group, const char *path)
{
    char absolute[PATH_MAX + SLICE_PATH_MAX];
    if (group->watch >= 0)
        return;
    (void)text_format(absolute, sizeof absolute, "%s%s", tree->hierarchy->root, path);
    int watch = inotify_add_watch(tree->inotify, absolute,
        IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO | IN_ONLYDIR | IN_DONT_FOLLOW);
    if (watch < 0 && errno == ENOENT)
        return; /* it has vanished: whoever lists it finds that out */
    if (watch < 0) {
        tree->changes.unreadable++;
        tree->is_blind = true;
        return;
    }
    /* The same directory under an older name: that one is about to be found missing. */
    struct group *other = table_watched(&tree->table, watch);
    if (other) {
        table_set_watch(&tree->table, other, -1);
        tree->rescan_due = true;
    }
    table_set_watch(&tree->table, group, watch);
}

struct listing {
    struct tree *tree;
    struct group *group;
};

static int meet_entry(void *context, const char *name, unsigned char type)
{
    const struct listing *listing = context;
    if (type == DT_DIR || type == DT_UNKNOWN)
        walk_meet(listing->tree, listing->group, name);
    return 0;
}

static void drop_unseen(struct tree *tree, struct group *group)
{
    for (struct group *next, *child = group->children; child; child = next) {
        next = child->sibling_next;
        if (!child->seen)
            drop(tree, child);
    }
}

/* False: the directory has vanished. The watch comes before the listing, so that nothing can come
 * between the two unseen. */
static bool list(struct tree *tree, struct group *group)
{
    char path[SLICE_PATH_MAX];
    group->due = false;
    if (table_path(&tree->table, group, NULL, path) < 0)
        return false;
    watch(tree, group, path);
    int fd = openat(
        tree->hierarchy->root_fd, relative(path), O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
    group->withholds_memory = false; /* those that are met say so again */
    for (struct group *child = group->children; child; child = child->sibling_next)
        child->seen = false;
    struct listing listing = {.tree = tree, .group = group};
    int r = fd < 0 ? -errno
                   : directory_visit(fd, tree->buffer, sizeof tree->buffer, meet_entry, &listing);
    if (fd >= 0)
        (void)close(fd);
    if (r == -ENOENT || r == -ENOTDIR) /* before it was opened, or since */
        return false;
    if (r < 0) {
        tree->changes.unreadable += group->watch >= 0; /* else watch has counted it */
        tree->rescan_due = true; /* try again, and keep until then what was known */
        return true;
    }
    drop_unseen(tree, group);
    return true;
}

void walk_directories(struct tree *tree, bool everything)
{
    struct table *table = &tree->table;
    if (everything)
        tree->changes.folded = 0; /* what an event counted is met again */
    for (struct group *group = table->first; everything && group; group = group->next) {
        group->due = group->looked_into;
        group->folded = 0;
    }
    for (struct group *group = table->first; group;) {
        struct group *before = group->prev;
        if (group->due && !list(tree, group)) {
            drop(tree, group); /* with all below it, which the list holds further back */
            group = before ? before->next : table->first;
        } else {
            group = group->next;
        }
    }
    for (struct group *group = table->first; group; group = group->next) {
        if (group->collapse_due)
            collapse(tree, group);
        if (everything && group->is_stand_in && group->folded == 0)
            lose_slice(tree, group);
    }
}

void walk_scope(struct tree *tree)
{
    struct table *table = &tree->table;
    struct stat status;
    bool is_there = fstatat(tree->hierarchy->root_fd, relative(table->scope), &status,
                        AT_SYMLINK_NOFOLLOW) == 0 &&
                    S_ISDIR(status.st_mode);
    struct group *group = table->first;
    if (group && (!is_there || group->inode != status.st_ino || group->mount != status.st_dev))
        drop(tree, group);
    if (is_there && !table->first)
        look_into(take_in(tree, NULL, "", &status)); /* an empty table has room */
}

void walk_probe(struct tree *tree, uint32_t budget)
{
    struct table *table = &tree->table;
    for (uint32_t i = 0; i < table->group_capacity && budget > 0; i++) {
        const struct group *group = &table->groups[tree->probe_next];
        tree->probe_next = (tree->probe_next + 1) % table->group_capacity;
        bool withholds = group->in_use && group->withholds_memory;
        bool may_turn = group->in_use && group->parent &&
                        (group->may_fill || (group->is_user && !group->is_whole));
        budget -= withholds || may_turn;
        if (withholds && gives_memory(tree, group))
            tree->rescan_due = true; /* what folded may be slices by now */
        if (!may_turn)
            continue;
        char name[NAME_MAX + 1]; /* the group may be dropped while it is met */
        (void)text_copy(name, sizeof name, group->name);
        walk_meet(tree, group->parent, name);
    }
}
