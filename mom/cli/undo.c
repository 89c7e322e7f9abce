#include "mom/cli/undo.h"

#include "mom/common/clock.h"
#include "mom/common/lock.h"
#include "slices/act/drop_in.h"
#include "slices/act/journal.h"

#include <errno.h>
#include <limits.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

static const struct column columns[] = {
    {"group", "Group", ALIGN_LEFT},
    {"change", "Change", ALIGN_LEFT},
    {"made", "Made", ALIGN_LEFT},
    {"decision", "Decision", ALIGN_RIGHT},
    {"result", "Result", ALIGN_LEFT},
};
static const struct section section = {"changes", columns, COUNT(columns)};

/* A slice that holds more than its raised limit was before has so long to give it back, all of them
 * together: systemd ends what it runs after a stop later than that (TimeoutStopSec). */
#define PATIENCE_USEC (20 * USEC_PER_SEC)

static int undo_patiently(
    struct journal *journal, int row, int64_t until_usec, struct mom_error *error)
{
    int r;
    do
        r = journal_undo(journal, row, error);
    while (r == -EBUSY && clock_now().boot_usec < until_usec);
    return r;
}

/* False: it could not be undone. */
static bool undo_row(struct journal *journal, int row, int64_t until_usec, struct output *output)
{
    struct mom_error error = {0};
    const struct journal_entry *found = journal_row(journal, row);
    if (!found)
        return true;
    const struct journal_entry entry = *found;
    int r = undo_patiently(journal, row, until_usec, &error);
    const struct cell cells[] = {
        cell_text(entry.directory),
        cell_text(journal_kind_names[entry.kind]),
        cell_time(entry.made.unix_usec),
        cell_count(entry.decision),
        cell_text(r == 0 ? "undone" : error.text),
    };
    _Static_assert(COUNT(cells) == COUNT(columns), "a cell for each column");
    output_row(output, cells);
    return r >= 0; /* or somebody else has changed it since */
}

/* No daemon is there to do it. */
static int reload_systemd(const char *run_dir)
{
    char file[PATH_MAX];
    char program[] = "systemctl", verb[] = "daemon-reload";
    char *const words[] = {program, verb, NULL};
    pid_t pid;
    int status = 0;
    if (paths_join(file, sizeof file, run_dir, DROP_IN_RELOAD_FILE) < 0 || unlink(file) < 0)
        return CLI_OK; /* it has nothing to forget */
    int r = posix_spawnp(&pid, words[0], NULL, NULL, words, environ);
    if (r == 0 && waitpid(pid, &status, 0) == pid && status == 0)
        return CLI_OK;
    drop_in_note_reload(file);
    return cli_say(CLI_FAILED, "systemd may still go by limits that were mom's: `systemctl "
                               "daemon-reload` failed");
}

static int undo_all(struct cli *cli)
{
    struct journal journal;
    struct mom_error error = {0};
    int left = 0;
    if (journal_open(&journal, cli->paths.run_dir, &error) < 0)
        return cli_failed(&error);
    journal.patient = true;
    const int64_t until_usec = clock_now().boot_usec + PATIENCE_USEC;
    output_section(cli->output, &section);
    for (int step = 0; step < 2 * JOURNAL_ENTRIES; step++)
        left += !undo_row(&journal, journal_undo_next(&journal, step), until_usec, cli->output);
    journal_close(&journal);
    int code = reload_systemd(cli->paths.run_dir);
    return left ? cli_say(CLI_FAILED, "%d changes could not be undone", left) : code;
}

/* One that was killed holds its lock until the last of its threads has ended, which may be waiting
 * for a disk. */
#define DYING_USEC (10 * USEC_PER_SEC)

/* Keeps both locks until momctl ends, so that nobody starts meanwhile. */
static int lock_out_daemons(const char *run_dir)
{
    struct mom_error error = {0};
    int r = lock_take(run_dir, WARDEN_LOCK_FILE, &error);
    if (r == -EBUSY)
        return cli_say(CLI_FAILED, "momd runs, and what it changed is its own: stop it first");
    if (r >= 0)
        r = lock_await(run_dir, GOVERNOR_LOCK_FILE, DYING_USEC, &error);
    if (r == -EBUSY)
        return cli_say(CLI_FAILED, "a governor lives still, without momd: end it first");
    return r < 0 ? cli_failed(&error) : CLI_OK;
}

int undo_by_hand(struct cli *cli)
{
    if (access(cli->paths.run_dir, F_OK) < 0 && errno == ENOENT)
        return CLI_OK; /* none has run since the boot */
    int code = lock_out_daemons(cli->paths.run_dir);
    return code == CLI_OK ? undo_all(cli) : code;
}
