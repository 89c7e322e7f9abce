#include "mom/common/paths.h"

#include "slices/base/text.h"

#include <errno.h>
#include <string.h>

#ifndef MOM_ETC_DIR
#define MOM_ETC_DIR "/etc/mom"
#endif

static const struct {
    const char *preset;
    size_t offset;
} table[PATHS_OPTIONS] = {
    {"", offsetof(struct paths, cgroup_root)},
    {"/proc", offsetof(struct paths, proc_root)},
    {"/run/mom", offsetof(struct paths, run_dir)},
    {"/var/lib/mom", offsetof(struct paths, state_dir)},
    {MOM_ETC_DIR, offsetof(struct paths, etc_dir)},
    {"", offsetof(struct paths, scope)},
    {"", offsetof(struct paths, self_cgroup)},
};

const struct option paths_options[PATHS_OPTIONS] = {
    {"cgroup-root", required_argument, NULL, PATHS_OPTION_FIRST},
    {"proc-root", required_argument, NULL, PATHS_OPTION_FIRST + 1},
    {"run-dir", required_argument, NULL, PATHS_OPTION_FIRST + 2},
    {"state-dir", required_argument, NULL, PATHS_OPTION_FIRST + 3},
    {"etc-dir", required_argument, NULL, PATHS_OPTION_FIRST + 4},
    {"scope", required_argument, NULL, PATHS_OPTION_FIRST + 5},
    {"self-cgroup", required_argument, NULL, PATHS_OPTION_FIRST + 6},
};

static char *field(struct paths *paths, int number)
{
    return (char *)paths + table[number].offset;
}

void paths_init(struct paths *paths)
{
    for (int i = 0; i < PATHS_OPTIONS; i++)
        (void)text_copy(field(paths, i), PATH_MAX, table[i].preset);
}

int paths_take(struct paths *paths, int option, const char *value)
{
    int number = option - PATHS_OPTION_FIRST;
    if (number < 0 || number >= PATHS_OPTIONS)
        return -ENOENT;
    return text_copy(field(paths, number), PATH_MAX, value);
}

int paths_join(char *buffer, size_t size, const char *dir, const char *name)
{
    return text_format(buffer, size, "%s/%s", dir, name);
}

int paths_of_recorder(
    const struct paths *paths, const char *name, char ret[PATH_MAX], struct mom_error *error)
{
    int r = text_format(ret, PATH_MAX, "%s/" RECORDER_FOLDER "/%s", paths->state_dir, name);
    return r < 0 ? error_errno(error, r, "%s", paths->state_dir) : 0;
}

int paths_database(const struct paths *paths, char ret[PATH_MAX], struct mom_error *error)
{
    return paths_of_recorder(paths, "mom.db", ret, error);
}
