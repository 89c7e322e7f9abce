/* The command line that momd and the programs it starts have in common: momd hands its own words
 * on. */
#ifndef MOM_COMMON_OPTIONS_H
#define MOM_COMMON_OPTIONS_H

#include "mom/common/paths.h"

#include <stdbool.h>

/* Exit codes, after sysexits.h. */
enum { EXIT_USAGE = 64, EXIT_CANT_START = 71, EXIT_DENIED = 77, EXIT_BAD_CONFIG = 78 };

struct options {
    struct paths paths;
    char policy_file[PATH_MAX]; /* -c; "": etc_dir/mom.yaml where there is one, else built in */
    bool foreground;            /* -f */
    bool dry_run;               /* --dry-run */
    bool once;                  /* --once */
    bool check_config;          /* --check-config */
    bool setgid_sendmail;       /* --setgid-sendmail */
    bool verbose;               /* -v */
};

/* Returns -1 to go on, or the status to exit with (help and version were asked for, or wrong
 * usage). */
int options_parse(struct options *options, int argc, char **argv);

#endif
