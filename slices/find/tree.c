#include "slices/find/tree.h"

#include "slices/base/file.h"
#include "slices/base/text.h"
#include "slices/find/tree_walk.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#define PROBES_PER_UPDATE  256 /* of an open, a read and a close each: below a millisecond */
#define BLIND_RESCAN_TICKS 5   /* while inotify doesn't see everything */
#define EVENT_READS_MOST   64  /* per update: more than the kernel's default queue holds */

/* --- Opening -------------------------------------------------------------------------------- */

/* 16 bytes out of "1b4e28ba-2fa1-11d2-883f-0016d3cca427". Left zero where it can't be read: lives
 * are then told by mount and inode alone. */
static void read_boot_id(const char *proc_root, uint8_t boot[16])
{
    char path[PATH_MAX], text[64];
    if (text_format(path, sizeof path, "%s/sys/kernel/random/boot_id", proc_root) < 0 ||
        file_read(AT_FDCWD, path, text, sizeof text) < 0)
        return;
    size_t digits = 0;
    for (const char *c = text; isxdigit((unsigned char)*c) || *c == '-'; c++) {
        if (*c == '-' || digits >= 32)
            continue;
        unsigned value = (unsigned)(isdigit((unsigned char)*c) ? *c - '0' : tolower(*c) - 'a' + 10);
        boot[digits / 2] = (uint8_t)(16u * boot[digits / 2] + value);
        digits++;
    }
}

/* PROC_ROOT/self leads to our pid, its status to our parent's; 0 where that isn't told. */
static int own_pid(const char *proc_root)
{
    char path[PATH_MAX], target[16] = "";
    uint64_t pid;
    return text_format(path, sizeof path, "%s/self", proc_root) == 0 &&
                   readlink(path, target, sizeof target - 1) > 0 &&
                   text_whole_u64(target, &pid) == 0 && pid <= INT_MAX
               ? (int)pid
               : 0;
}

static int parent_pid(const char *proc_root, int pid)
{
    static const char label[] = "\nPPid:\t";
    char path[PATH_MAX], status[8192];
    uint64_t parent;
    if (text_format(path, sizeof path, "%s/%d/status", proc_root, pid) < 0 ||
        file_read(AT_FDCWD, path, status, sizeof status) < 0)
        return 0;
    const char *line = strstr(status, label);
    const char *cursor = line ? line + strlen(label) : "";
    return text_u64(&cursor, &parent) == 0 && parent <= INT_MAX ? (int)parent : 0;
}

static int find_kept_group(
    const struct tree_options *options, const char *given, int pid, char path[SLICE_PATH_MAX])
{
    if (given)
        return text_copy(path, SLICE_PATH_MAX, given);
    if (pid <= 0)
        return -ESRCH;
    int r = hierarchy_group_of(options->hierarchy, options->proc_root, pid, path, SLICE_PATH_MAX);
    /* Longer than a slice's path can be: what it begins with still protects what is above it. */
    if (r == -ENAMETOOLONG)
        *strrchr(path, '/') = '\0';
    return r == -ENAMETOOLONG ? 0 : r;
}

static int find_kept_groups(
    const struct tree_options *options, struct tree *tree, struct mom_error *error)
{
    int self = own_pid(options->proc_root);
    int r = find_kept_group(options, options->self_group, self, tree->kept[0]);
    if (r < 0) /* never without: mom might reset herself */
        return error_errno(error, r, "mom's own group (say it with --self-cgroup)");
    int starter = parent_pid(options->proc_root, self);
    if (find_kept_group(options, options->starter_group, starter, tree->kept[1]) < 0)
        tree->kept[1][0] = '\0'; /* it is gone, or in another pid namespace */
    if (find_kept_group(options, NULL, 1, tree->kept[2]) < 0)
        tree->kept[2][0] = '\0';
    return 0;
}

int tree_open(const struct tree_options *options, struct tree **ret, struct mom_error *error)
{
    struct stat status;
    struct tree *tree = calloc(1, sizeof *tree);
    if (!tree)
        return error_errno(error, -ENOMEM, "the tree");
    *tree = (struct tree){
        .hierarchy = options->hierarchy,
        .names = options->names,
        .serial_next = options->serial_first,
        .rescan_ticks = options->rescan_ticks,
        .inotify = inotify_init1(IN_NONBLOCK | IN_CLOEXEC),
        .anchor = -1,
        .rescan_due = true,
    };
    tree->is_blind = tree->inotify < 0;
    tree->root_uid = fstat(options->hierarchy->root_fd, &status) == 0 ? status.st_uid : 0;
    read_boot_id(options->proc_root, tree->boot);
    int r = table_open(&tree->table, options->max_slices, options->scope, error);
    if (r == 0)
        r = find_kept_groups(options, tree, error);
    if (r < 0) {
        tree_close(tree);
        return r;
    }
    *ret = tree;
    return 0;
}

void tree_close(struct tree *tree)
{
    if (!tree)
        return;
    if (tree->inotify >= 0)
        (void)close(tree->inotify);
    table_close(&tree->table);
    free(tree);
}

/* --- Updating ------------------------------------------------------------------------------- */

static void take_event(struct tree *tree, const struct inotify_event *event)
{
    struct group *group = table_watched(&tree->table, event->wd);
    if (event->mask & IN_Q_OVERFLOW)
        tree->rescan_due = true;
    else if (group && event->mask & IN_IGNORED)
        table_set_watch(&tree->table, group, -1);
    else if (group && event->mask & IN_ISDIR && event->len > 0)
        walk_meet(tree, group, event->name); /* what is there now counts, not what the event says */
}

static void take_events(struct tree *tree)
{
    for (int reads = 0; reads < EVENT_READS_MOST && tree->inotify >= 0; reads++) {
        ssize_t length = read(tree->inotify, tree->buffer, sizeof tree->buffer);
        if (length <= 0)
            return;
        for (ssize_t offset = 0; offset < length;) {
            const struct inotify_event *event = (const void *)(tree->buffer + offset);
            offset += (ssize_t)(sizeof *event + event->len);
            take_event(tree, event);
        }
    }
}

/* While the scope isn't there, watches the nearest directory above it that is, so that tree_fd
 * tells when it may have appeared. */
static void watch_for_scope(struct tree *tree)
{
    if (tree->anchor >= 0)
        (void)inotify_rm_watch(tree->inotify, tree->anchor);
    tree->anchor = -1;
    char path[PATH_MAX + SLICE_PATH_MAX];
    size_t root_length = strlen(tree->hierarchy->root);
    (void)text_format(path, sizeof path, "%s%s", tree->hierarchy->root, tree->table.scope);
    while (!tree->table.first && tree->anchor < 0 && strlen(path) > root_length) {
        *strrchr(path, '/') = '\0';
        tree->anchor = inotify_add_watch(tree->inotify, path, IN_CREATE | IN_MOVED_TO | IN_ONLYDIR);
    }
}

void tree_update(struct tree *tree, struct tree_changes *ret)
{
    tree->changes = (struct tree_changes){0};
    table_forget_lost(&tree->table);
    walk_scope(tree);
    take_events(tree);
    tree->updates++;
    uint32_t period = tree->is_blind ? BLIND_RESCAN_TICKS : tree->rescan_ticks;
    bool rescan = tree->rescan_due || (period > 0 && tree->updates >= period);
    if (rescan) {
        tree->changes.rescanned = true;
        tree->updates = 0;
        tree->rescan_due = false;
        tree->is_blind = tree->inotify < 0;
    } else {
        walk_probe(tree, PROBES_PER_UPDATE);
    }
    walk_directories(tree, rescan);
    if (!tree->table.first || tree->anchor >= 0)
        watch_for_scope(tree);
    *ret = tree->changes;
}

/* --- Looking -------------------------------------------------------------------------------- */

uint32_t tree_capacity(const struct tree *tree)
{
    return tree->table.capacity;
}

const struct slice *tree_slice(const struct tree *tree, uint32_t index)
{
    return index < tree->table.capacity && tree->table.living[index] ? &tree->table.slices[index]
                                                                     : NULL;
}

uint32_t tree_count(const struct tree *tree)
{
    return tree->table.count;
}

uint32_t tree_vanished(const struct tree *tree, const struct slice *const **ret)
{
    *ret = tree->table.lost;
    return tree->table.lost_count;
}

const struct group *tree_next_branch(
    const struct tree *tree, const struct group *previous, char path[SLICE_PATH_MAX])
{
    const struct group *group = previous ? previous->next : tree->table.first;
    while (group && (!group->looked_into || table_path(&tree->table, group, NULL, path) < 0))
        group = group->next;
    return group;
}

uint64_t tree_serial_next(const struct tree *tree)
{
    return tree->serial_next;
}

int tree_fd(const struct tree *tree)
{
    return tree->inotify;
}
