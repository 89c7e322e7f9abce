/* Has systemd read its units again after a drop-in with a changed limit was removed: what it has
 * read while that was there it would go by for as long as nobody else tells it to. It reads all of
 * its units, so not for each: after a pause. libc only. */
#ifndef MOM_WARDEN_RELOAD_H
#define MOM_WARDEN_RELOAD_H

#include "mom/warden/programs.h"

/* Between two of them; what is removed meanwhile waits. */
#define RELOAD_PAUSE_USEC 10000000ll

struct reload {
    const char *command;     /* static */
    char due_file[PATH_MAX]; /* DROP_IN_RELOAD_FILE: who removes a drop-in makes it */
    int64_t last_usec;       /* boot time; 0: not yet */
};

/* `command`: RELOAD_COMMAND, but for tests. -ENAMETOOLONG. */
#define RELOAD_COMMAND "systemctl daemon-reload"
int reload_open(
    struct reload *reload, const char *command, const char *run_dir, struct mom_error *error);

/* Often. */
void reload_round(struct reload *reload, struct programs *programs, int64_t now_usec);

/* Before programs_end: one that is cut short stays due, for `momctl release` or the next start. */
void reload_end(const struct reload *reload, const struct programs *programs);

#endif
