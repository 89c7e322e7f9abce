/* Every path that mom uses has a flag, and the flags mean the same for all programs; the warden
 * hands them on as they are. */
#ifndef MOM_COMMON_PATHS_H
#define MOM_COMMON_PATHS_H

#include "slices/base/error.h"

#include <getopt.h>
#include <limits.h>
#include <stddef.h>

struct paths {
    char cgroup_root[PATH_MAX]; /* --cgroup-root; "": this machine's, by libcgroup */
    char proc_root[PATH_MAX];   /* --proc-root; /proc */
    char run_dir[PATH_MAX];     /* --run-dir; /run/mom */
    char state_dir[PATH_MAX]; /* --state-dir; /var/lib/mom: the ledger, and the recorder's folder */
    char etc_dir[PATH_MAX];   /* --etc-dir; as installed, /etc/mom */
    char scope[PATH_MAX];     /* --scope; "": everything */
    char self_cgroup[PATH_MAX]; /* --self-cgroup; "": from /proc/self/cgroup */
};

/* Rows for getopt_long; the values start at PATHS_OPTION_FIRST. */
#define PATHS_OPTION_FIRST 1000
#define PATHS_OPTIONS      7
extern const struct option paths_options[PATHS_OPTIONS];

void paths_init(struct paths *paths);

/* Takes one option of ours. -ENOENT: not ours; -ENAMETOOLONG. */
int paths_take(struct paths *paths, int option, const char *value);

/* In run dir and state dir: what is the unprivileged recorder's. All else there is root's. */
#define RECORDER_FOLDER "recorder"

/* `dir`/`name` into buffer[size]; -ENAMETOOLONG. */
int paths_join(char *buffer, size_t size, const char *dir, const char *name);

/* A file or folder of the recorder's in the state dir; -ENAMETOOLONG, with words. */
int paths_of_recorder(
    const struct paths *paths, const char *name, char ret[PATH_MAX], struct mom_error *error);
int paths_database(const struct paths *paths, char ret[PATH_MAX], struct mom_error *error);

#endif
