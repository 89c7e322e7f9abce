#include "slices/act/job.h"

#include "slices/base/file.h"
#include "slices/base/text.h"
#include "slices/read/group.h"
#include "slices/read/sources.h"
#include "slices/read/visit.h"
#include "slices/sample.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

/* What no child has. */
static uint64_t rest_of(const struct job_level *level)
{
    return level->whole > level->children ? level->whole - level->children : 0;
}

bool job_is_below(const struct job_level *level)
{
    return level->largest > 0 && (!level->has_processes || level->largest >= rest_of(level));
}

/* 0 where the group has no files that say it. */
static int read_bytes(enum hierarchy_version version, int group_fd, uint64_t *ret)
{
    char text[SOURCE_TEXT_MAX];
    unsigned long long swap;
    struct sample sample = {0};
    *ret = 0;
    ssize_t n = file_read(group_fd, "memory.stat", text, sizeof text);
    if (n < 0)
        return group_vanished((int)n) ? 0 : (int)n;
    if (version == HIERARCHY_V1)
        source_parse_stat_v1(text, &sample);
    else
        source_parse_stat_v2(text, &sample);
    if (version == HIERARCHY_V2 && file_read_u64(group_fd, "memory.swap.current", &swap) == 0)
        sample_set(&sample, SAMPLE_SWAP, swap);
    (void)sample_gives_back(&sample, ret);
    return 0;
}

/* One level, while it is looked at. */
struct look {
    enum hierarchy_version version;
    struct job_level level;
    uint32_t children;
    int largest_fd; /* -1: none */
    char largest_name[NAME_MAX + 1];
};

static int look_at_child(void *context, int directory, const char *name)
{
    struct look *look = context;
    uint64_t bytes;
    if (++look->children > JOB_CHILDREN_MAX)
        return 1;
    int r = read_bytes(look->version, directory, &bytes);
    if (r < 0)
        return r;
    look->level.children += bytes;
    if (bytes <= look->level.largest || group_is_empty(look->version, directory))
        return 0;
    int kept = fcntl(directory, F_DUPFD_CLOEXEC, 0);
    if (kept < 0)
        return -errno;
    if (look->largest_fd >= 0)
        (void)close(look->largest_fd);
    look->largest_fd = kept;
    look->level.largest = bytes;
    return text_copy(look->largest_name, sizeof look->largest_name, name);
}

/* Appends "/name", or nothing where it does not fit. */
static bool append(char path[static SLICE_PATH_MAX], const char *name)
{
    size_t length = strlen(path);
    if (length + 1 + strlen(name) >= SLICE_PATH_MAX)
        return false;
    return text_format(path + length, SLICE_PATH_MAX - length, "/%s", name) == 0;
}

static int look_once(struct look *look, int group_fd)
{
    look->level = (struct job_level){.has_processes = group_has_processes(group_fd)};
    look->children = 0;
    if (look->largest_fd >= 0)
        (void)close(look->largest_fd);
    look->largest_fd = -1;
    int r = read_bytes(look->version, group_fd, &look->level.whole);
    return r < 0 ? r : children_visit(group_fd, look_at_child, look);
}

/* A child that was renamed under our eyes may not have been seen: what it has is nobody's then. */
static bool misses_one(const struct job_level *level)
{
    return !level->has_processes && rest_of(level) > level->largest;
}

/* 1: *ret_fd is the child that is to go instead of the group; 0: the group is; or -errno. */
static int step_down(
    enum hierarchy_version version, int group_fd, char path[static SLICE_PATH_MAX], int *ret_fd)
{
    struct look look = {.version = version, .largest_fd = -1};
    int r = look_once(&look, group_fd);
    for (int i = 1; i < JOB_LOOKS_MAX && (r == -EAGAIN || (r == 0 && misses_one(&look.level))); i++)
        r = look_once(&look, group_fd);
    if (r == -EAGAIN)
        r = 0; /* by what was seen */
    if (r == 0 && job_is_below(&look.level) && append(path, look.largest_name)) {
        *ret_fd = look.largest_fd;
        return 1;
    }
    if (look.largest_fd >= 0)
        (void)close(look.largest_fd);
    return r < 0 ? r : 0;
}

int job_find(enum hierarchy_version version, int slice_fd, char path[static SLICE_PATH_MAX])
{
    int here = slice_fd, r = 1;
    for (int level = 0; r > 0 && level < JOB_LEVELS_MAX; level++) {
        int below = -1;
        r = step_down(version, here, path, &below);
        if (r != 0 && here != slice_fd)
            (void)close(here);
        if (r > 0)
            here = below;
    }
    return r < 0 ? r : here;
}
