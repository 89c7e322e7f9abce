#include "mom/cli/facts.h"

#include "mom/common/clock.h"
#include "slices/base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#define GOVERNOR_NAME "mom-governor"

/* Is it there, and is it ours? Where /proc is hidden from us its name stays unknown: then it is
 * believed. */
static bool governor_lives(const char *proc_root, int32_t pid)
{
    char path[PATH_MAX], name[64];
    if (pid <= 0 || (kill(pid, 0) < 0 && errno == ESRCH))
        return false;
    if (text_format(path, sizeof path, "%s/%d/comm", proc_root, (int)pid) < 0 ||
        file_read(AT_FDCWD, path, name, sizeof name) < 0)
        return true;
    name[strcspn(name, "\n")] = '\0';
    return strcmp(name, GOVERNOR_NAME) == 0;
}

static bool this_boot(const struct daemon *daemon, const char *proc_root)
{
    uint8_t boot[16];
    return clock_boot_id(proc_root, boot) < 0 || memcmp(boot, daemon->state.boot, sizeof boot) == 0;
}

int daemon_open(struct daemon *daemon, const struct paths *paths, struct mom_error *error)
{
    int r = live_open(&daemon->live, paths->run_dir, error);
    if (r == -ENOENT)
        return error_set(error, -ESRCH, "no daemon runs (%s has no live table)", paths->run_dir);
    if (r < 0)
        return r;
    r = live_read_state(&daemon->live, &daemon->state);
    if (r < 0)
        error_errno(error, r, "the live table");
    else if (!this_boot(daemon, paths->proc_root) ||
             !governor_lives(paths->proc_root, daemon->state.pid))
        r = error_set(error, -ESRCH, "no daemon runs");
    if (r < 0)
        live_close(&daemon->live);
    return r;
}

void daemon_close(struct daemon *daemon)
{
    live_close(&daemon->live);
}

/* The governor is trusted, its file is not: texts are ended here. */
static void end_texts(struct live_slice *s)
{
    s->slice.runtime[sizeof s->slice.runtime - 1] = '\0';
    s->slice.path[sizeof s->slice.path - 1] = '\0';
    s->slice.key[sizeof s->slice.key - 1] = '\0';
    s->slice.name[sizeof s->slice.name - 1] = '\0';
    s->owner[sizeof s->owner - 1] = '\0';
}

bool daemon_next(const struct daemon *daemon, uint32_t *index, struct live_slice *ret)
{
    uint32_t rows = live_rows(&daemon->live);
    while (*index < rows)
        if (live_read_slice(&daemon->live, (*index)++, ret) == 0) {
            end_texts(ret);
            return true;
        }
    return false;
}

double daemon_tick_age(const struct daemon *daemon, struct stamp now)
{
    return (double)(now.boot_usec - daemon->state.ticked.boot_usec) / (double)USEC_PER_SEC;
}

bool daemon_stale(const struct daemon *daemon, struct stamp now)
{
    enum { TICKS_MISSED = 3 };
    return now.boot_usec - daemon->state.ticked.boot_usec > TICKS_MISSED * daemon->state.tick_usec;
}

int database_open(const struct paths *paths, struct db **ret, struct mom_error *error)
{
    char path[PATH_MAX];
    int r = paths_database(paths, path, error);
    return r < 0 ? r : db_open(path, DB_READ, ret, error);
}

struct cell facts_verdict(const char *verdict)
{
    static const enum tone tones[LEAK_VERDICTS] = {
        [LEAK_SUSPECTED] = TONE_WARNING, [LEAK_CONFIRMED] = TONE_ALARM};
    for (size_t i = 0; i < LEAK_VERDICTS; i++)
        if (strcmp(verdict, leak_verdict_names[i]) == 0)
            return cell_toned(cell_text(verdict), tones[i]);
    return cell_text(verdict);
}

struct cell facts_protection(const struct live_slice *slice)
{
    if (slice->slice.protection != SLICE_UNPROTECTED)
        return cell_text(slice_protection_names[slice->slice.protection]);
    if (slice->protected_by_policy)
        return cell_text(slice_protection_names[SLICE_PROTECTED_POLICY]);
    return cell_text(slice->held ? "held" : "");
}
