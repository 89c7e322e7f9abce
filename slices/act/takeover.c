#include "slices/act/takeover.h"

#include "slices/base/file.h"
#include "slices/base/text.h"
#include "slices/read/group.h"
#include "slices/read/keyed.h"
#include "slices/read/visit.h"
#include "slices/sample.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

#define PAGE_MOST   65536 /* the kernel's are of up to 64 KiB */
#define ROOM_PART   8
#define LARGE_BYTES (1ull << 30)
#define LARGE_PART  32
/* So much of the room is in use when somebody waits. */
#define WAITS_PART 4

static const char oom_control[] = "memory.oom_control";

uint64_t takeover_room(uint64_t limit)
{
    uint64_t small = limit < LARGE_BYTES ? limit : LARGE_BYTES;
    uint64_t room = small / ROOM_PART + (limit - small) / LARGE_PART;
    return (limit - room) / PAGE_MOST * PAGE_MOST;
}

/* --- Reading --------------------------------------------------------------------------------- */

enum field { DISABLED, UNDER_OOM, HIGH, FILE_INACTIVE, FILE_ACTIVE, SLAB, SHMEM, FIELDS };

static const struct keyed_row rows_oom_control[] = {
    KEYED_ROW("oom_kill_disable", DISABLED), KEYED_ROW("under_oom", UNDER_OOM)};
static const struct keyed_row rows_events[] = {KEYED_ROW("high", HIGH)};
static const struct keyed_row rows_stat_v1[] = {KEYED_ROW("total_shmem", SHMEM)};
static const struct keyed_row rows_stat_v2[] = {KEYED_ROW("shmem", SHMEM),
    KEYED_ROW("inactive_file", FILE_INACTIVE), KEYED_ROW("active_file", FILE_ACTIVE),
    KEYED_ROW("slab_reclaimable", SLAB)};

static void take_field(void *context, int field, uint64_t value)
{
    uint64_t *fields = context;
    fields[field] = value;
}

static int read_oom_control(int group_fd, uint64_t fields[FIELDS])
{
    char text[256];
    ssize_t n = file_read(group_fd, oom_control, text, sizeof text);
    if (n < 0)
        return (int)n;
    keyed_parse(text, rows_oom_control, COUNT(rows_oom_control), take_field, fields);
    return 0;
}

static int read_state(const struct takeover *takeover, uint64_t fields[FIELDS])
{
    char text[512];
    ssize_t n = file_pread(takeover->state_fd, text, sizeof text);
    if (n < 0)
        return (int)n;
    if (takeover->version == HIERARCHY_V1)
        keyed_parse(text, rows_oom_control, COUNT(rows_oom_control), take_field, fields);
    else
        keyed_parse(text, rows_events, COUNT(rows_events), take_field, fields);
    return 0;
}

static int read_stat(const struct takeover *takeover, uint64_t fields[FIELDS])
{
    char text[8192];
    ssize_t n = file_read(takeover->group_fd, "memory.stat", text, sizeof text);
    if (n < 0)
        return (int)n;
    if (takeover->version == HIERARCHY_V1)
        keyed_parse(text, rows_stat_v1, COUNT(rows_stat_v1), take_field, fields);
    else
        keyed_parse(text, rows_stat_v2, COUNT(rows_stat_v2), take_field, fields);
    return 0;
}

/* --- Groups nested below (v1) ---------------------------------------------------------------- */

static int is_switched_off(void *context, int directory)
{
    uint64_t fields[FIELDS] = {0};
    (void)context;
    int r = read_oom_control(directory, fields);
    return r < 0 ? (group_vanished(r) ? 0 : r) : fields[DISABLED] != 0;
}

static int switch_on(void *context, int directory)
{
    (void)context;
    uint64_t fields[FIELDS] = {0};
    int r = read_oom_control(directory, fields);
    if (r == 0 && fields[DISABLED] != 0)
        r = file_write(directory, oom_control, "0");
    return group_vanished(r) ? 0 : r;
}

static int switch_on_below(void *context, int directory, const char *name)
{
    (void)context;
    (void)name;
    return groups_visit(directory, switch_on, NULL);
}

int takeover_sweep(const struct takeover *takeover)
{
    if (takeover->version != HIERARCHY_V1)
        return 0;
    int r = children_visit(takeover->group_fd, switch_on_below, NULL);
    return r == -EAGAIN ? 0 : r; /* at the next one */
}

/* The group first: what is born below after that has its killer. */
int takeover_undo_v1(int group_fd)
{
    int r = file_write(group_fd, oom_control, "0");
    int below = r < 0 ? r : groups_visit(group_fd, switch_on, NULL);
    return below < 0 && !group_vanished(below) ? below : 0;
}

/* --- Taking over ----------------------------------------------------------------------------- */

static int note(struct journal *journal, const struct takeover *takeover, const char *directory,
    struct stamp now, uint64_t before)
{
    struct journal_entry entry = {.kind = JOURNAL_OOM,
        .made = now,
        .life = takeover->life,
        .place = takeover->life,
        .limit = LIMIT_SOFT,
        .before = before,
        .set = takeover->room};
    int r = text_copy(entry.directory, sizeof entry.directory, directory);
    return r < 0 ? r : journal_add(journal, &entry);
}

/* Without it the group is looked at by and by. */
static void ask_to_be_told(struct takeover *takeover)
{
    char text[32];
    takeover->event_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (takeover->event_fd < 0)
        return;
    (void)text_format(text, sizeof text, "%d %d", takeover->event_fd, takeover->state_fd);
    if (file_write(takeover->group_fd, "cgroup.event_control", text) < 0) {
        (void)close(takeover->event_fd);
        takeover->event_fd = -1;
    }
}

/* Old kernels refuse it for a group with others above or below (use_hierarchy; EINVAL): then it is
 * left to them. */
static int begin_v1(
    struct journal *journal, const char *directory, struct stamp now, struct takeover *takeover)
{
    struct mom_error error;
    int r = groups_visit(takeover->group_fd, is_switched_off, NULL);
    if (r != 0)
        return r < 0 ? r : -EBUSY;
    ask_to_be_told(takeover);
    int row = note(journal, takeover, directory, now, 0);
    if (row < 0)
        return row;
    r = file_write(takeover->group_fd, oom_control, "1");
    if (r < 0)
        (void)journal_undo(journal, row, &error);
    return r;
}

static int begin_v2(
    struct journal *journal, const char *directory, struct stamp now, struct takeover *takeover)
{
    uint64_t before;
    struct mom_error error;
    int r = limit_read(takeover->group_fd, LIMIT_SOFT, &before);
    if (r < 0)
        return r;
    if (before < takeover->limit)
        return -EBUSY;
    takeover->event_fd = takeover->state_fd;
    takeover->room = takeover_room(takeover->limit);
    int row = note(journal, takeover, directory, now, before);
    if (row < 0)
        return row;
    r = limit_write(takeover->group_fd, LIMIT_SOFT, takeover->room);
    if (r < 0)
        (void)journal_undo(journal, row, &error);
    return r;
}

int takeover_begin(struct journal *journal, int group_fd, const char *directory,
    const struct slice_life *life, struct stamp now, struct takeover *ret)
{
    bool is_v2 = limit_is_throttling(group_fd);
    struct takeover takeover = {.version = is_v2 ? HIERARCHY_V2 : HIERARCHY_V1,
        .group_fd = fcntl(group_fd, F_DUPFD_CLOEXEC, 0),
        .state_fd = openat(group_fd, is_v2 ? "memory.events" : oom_control, O_RDONLY | O_CLOEXEC),
        .event_fd = -1,
        .life = *life};
    int r = takeover.group_fd < 0 || takeover.state_fd < 0 ? -errno : 0;
    if (r == 0)
        r = limit_read(group_fd, LIMIT_HARD, &takeover.limit);
    if (r == 0 && takeover.limit >= INT64_MAX / 2) /* v1 has a number for none */
        r = -ENODATA;
    if (r == 0)
        r = (is_v2 ? begin_v2 : begin_v1)(journal, directory, now, &takeover);
    if (r < 0)
        takeover_close(&takeover);
    else
        *ret = takeover;
    return r;
}

int takeover_move(struct journal *journal, int group_fd, const struct slice_life *life)
{
    uint64_t limit;
    struct mom_error error;
    int old = journal_find_oom(journal, life);
    const struct journal_entry *entry = journal_row(journal, old);
    if (!entry)
        return -ENODATA;
    int r = limit_read(group_fd, LIMIT_HARD, &limit);
    if (r == 0 && entry->before < limit)
        r = -EBUSY;
    if (r < 0)
        return r;
    const struct journal_entry was = *entry;
    struct journal_entry moved = was;
    moved.set = takeover_room(limit);
    int row = journal_add(journal, &moved);
    if (row < 0)
        return row;
    r = limit_write(group_fd, LIMIT_SOFT, moved.set);
    if (r < 0) {
        (void)journal_undo(journal, row, &error);
    } else if (!journal_strike_if(journal, old, &was)) { /* given back meanwhile: nobody watches */
        (void)limit_write(group_fd, LIMIT_SOFT, was.before);
        (void)journal_strike_if(journal, row, &moved);
        r = -ENODATA;
    }
    return r;
}

void takeover_close(struct takeover *takeover)
{
    if (takeover->event_fd >= 0 && takeover->event_fd != takeover->state_fd)
        (void)close(takeover->event_fd);
    if (takeover->state_fd >= 0)
        (void)close(takeover->state_fd);
    if (takeover->group_fd >= 0)
        (void)close(takeover->group_fd);
    takeover->event_fd = takeover->state_fd = takeover->group_fd = -1;
}

/* --- Looking --------------------------------------------------------------------------------- */

static uint64_t less(uint64_t a, uint64_t b)
{
    return a > b ? a - b : 0;
}

static bool waits_in_room(struct takeover *takeover, uint64_t usage, const uint64_t fields[FIELDS])
{
    unsigned long long swap = 0;
    uint64_t beyond = takeover->room + (takeover->limit - takeover->room) / WAITS_PART;
    uint64_t droppable = fields[FILE_INACTIVE] + fields[FILE_ACTIVE] + fields[SLAB];
    bool is_stuck = usage >= beyond && less(usage, droppable) >= takeover->room;
    (void)file_read_u64(takeover->group_fd, "memory.swap.current", &swap);
    bool swaps_on = swap > takeover->swap;
    takeover->swap = swap;
    if (!is_stuck)
        takeover->highs = fields[HIGH];
    return is_stuck && !swaps_on && fields[HIGH] > takeover->highs;
}

/* The room is where it belongs, which may be elsewhere than at the last look. */
static bool has_room(struct takeover *takeover, uint64_t limit)
{
    uint64_t high;
    if (limit_read(takeover->group_fd, LIMIT_SOFT, &high) < 0 || high != takeover_room(limit))
        return false;
    takeover->room = high;
    takeover->limit = limit;
    return true;
}

int takeover_look(struct takeover *takeover, struct takeover_look *ret)
{
    uint64_t fields[FIELDS] = {0};
    int r = read_state(takeover, fields);
    if (r == 0)
        r = limit_read(takeover->group_fd, LIMIT_HARD, &ret->limit);
    if (r < 0)
        return group_vanished(r) || r == -ENOTSUP ? -ENODEV : r;
    ret->usage = group_memory(takeover->group_fd, takeover->version);
    bool is_v2 = takeover->version == HIERARCHY_V2;
    if (is_v2 && !has_room(takeover, ret->limit))
        return -ESTALE;
    if (is_v2 ? ret->usage >= takeover->room : fields[UNDER_OOM] != 0)
        r = read_stat(takeover, fields);
    if (r < 0)
        return group_vanished(r) ? -ENODEV : r;
    ret->waits = is_v2 ? waits_in_room(takeover, ret->usage, fields) : fields[UNDER_OOM] != 0;
    ret->outlives = fields[SHMEM];
    return 0;
}
