#include "mom/warden/reload.h"

#include "mom/common/paths.h"
#include "slices/act/drop_in.h"

#include <errno.h>
#include <unistd.h>

#define TIMEOUT_USEC (90 * 1000000ll) /* as systemd's own patience */

int reload_open(
    struct reload *reload, const char *command, const char *run_dir, struct mom_error *error)
{
    *reload = (struct reload){.command = command};
    return paths_join(reload->due_file, PATH_MAX, run_dir, DROP_IN_RELOAD_FILE) < 0
               ? error_errno(error, -ENAMETOOLONG, "%s", run_dir)
               : 0;
}

/* No longer due before it is begun: what is removed from now on is another reload's. */
void reload_round(struct reload *reload, struct programs *programs, int64_t now_usec)
{
    bool rests = reload->last_usec != 0 && now_usec - reload->last_usec < RELOAD_PAUSE_USEC;
    if (rests || unlink(reload->due_file) < 0)
        return;
    if (programs_run(programs, reload->command, TIMEOUT_USEC, now_usec))
        reload->last_usec = now_usec;
    else
        drop_in_note_reload(reload->due_file);
}

void reload_end(const struct reload *reload, const struct programs *programs)
{
    for (int i = 0; i < PROGRAMS_AT_ONCE; i++)
        if (programs->program[i].pid > 0 && programs->program[i].own)
            drop_in_note_reload(reload->due_file);
}
