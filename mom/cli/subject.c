/* Which slice is meant. All slices of the live table and of the database are offered; the best fit
 * wins, and the same key in both is the same slice. */
#include "mom/cli/facts.h"
#include "policy/file/match.h"
#include "slices/base/text.h"

#include <errno.h>
#include <string.h>

enum { FITS_GLOB = 1, FITS_NAME, FITS_KEY };
enum { CANDIDATES_TOLD = 10 };

struct search {
    const char *word;
    struct subject *subject;
    int fit;         /* the best so far, 0: none */
    uint32_t others; /* further keys that fit as well */
    char other[CANDIDATES_TOLD][SLICE_KEY_MAX];
};

int subject_fit(const char *word, const char *key, const char *name, const char *path)
{
    if (strcmp(word, key) == 0)
        return FITS_KEY;
    if (strcmp(word, name) == 0 || strcmp(word, path) == 0)
        return FITS_NAME;
    return match_glob(word, key) || match_glob(word, name) || match_glob(word, path) ? FITS_GLOB
                                                                                     : 0;
}

static void note_other(struct search *search, const char *key)
{
    for (uint32_t i = 0; i < search->others && i < CANDIDATES_TOLD; i++)
        if (strcmp(search->other[i], key) == 0)
            return;
    if (search->others < CANDIDATES_TOLD)
        (void)text_copy(search->other[search->others], SLICE_KEY_MAX, key);
    search->others++;
}

/* True where the slice with this key is now the subject, and its facts are wanted. */
static bool offer(
    struct search *search, bool live, const char *key, const char *name, const char *path)
{
    int fit = subject_fit(search->word, key, name, path);
    if (search->fit && strcmp(search->subject->key, key) == 0) {
        search->fit = fit > search->fit ? fit : search->fit;
        return true; /* fits or not by its older name */
    }
    if (fit == 0 || fit < search->fit)
        return false;
    if (fit == search->fit) {
        if (live || !search->subject->live)
            note_other(search, key);
        return false;
    }
    search->fit = fit;
    search->others = 0;
    search->subject->live = search->subject->stored = false;
    (void)text_copy(search->subject->key, SLICE_KEY_MAX, key);
    return true;
}

static void search_live(struct search *search, const struct daemon *daemon)
{
    struct live_slice slice;
    uint32_t index = 0;
    while (daemon_next(daemon, &index, &slice))
        if (offer(search, true, slice.slice.key, slice.slice.name, slice.slice.path)) {
            search->subject->live = true;
            search->subject->now = slice;
        }
}

static int search_stored(void *context, const struct query_slice *row)
{
    struct search *search = context;
    struct subject *subject = search->subject;
    if (!offer(search, false, row->key, row->name, row->path))
        return 0;
    subject->stored = true;
    subject->past = *row;
    const char **const texts[] = {&subject->past.key, &subject->past.name, &subject->past.path,
        &subject->past.kind, &subject->past.runtime, &subject->past.leak, &subject->past.shape,
        &subject->past.channel};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        (void)text_copy(subject->text[i], SLICE_KEY_MAX, *texts[i]);
        *texts[i] = subject->text[i];
    }
    return 0;
}

static int tell(const struct search *search)
{
    if (search->fit == 0)
        return cli_say(CLI_NO_SLICE, "no such slice: '%s'", search->word);
    if (search->others == 0)
        return CLI_OK;
    (void)cli_say(CLI_USAGE, "'%s' fits %u slices:", search->word, search->others + 1);
    (void)cli_say(CLI_USAGE, "  %s", search->subject->key);
    for (uint32_t i = 0; i < search->others && i < CANDIDATES_TOLD; i++)
        (void)cli_say(CLI_USAGE, "  %s", search->other[i]);
    return CLI_USAGE;
}

int subject_find(const struct daemon *daemon, struct db *db, const char *word, struct subject *ret)
{
    memset(ret, 0, sizeof *ret);
    struct search search = {.word = word, .subject = ret};
    struct mom_error error = {0};
    if (daemon)
        search_live(&search, daemon);
    if (db && query_slices(db, NULL, search_stored, &search, &error) < 0)
        return cli_failed(&error);
    return tell(&search);
}

int subject_of(const struct cli *cli, const char *word, bool live_only, struct subject *ret)
{
    struct daemon daemon;
    struct db *db = NULL;
    struct mom_error no_daemon = {0}, no_database = {0};
    int live = daemon_open(&daemon, &cli->paths, &no_daemon);
    if (live < 0 && live_only)
        return cli_failed(&no_daemon);
    int stored = live_only ? -ENOENT : database_open(&cli->paths, &db, &no_database);
    if (live < 0 && stored < 0)
        return cli_failed(&no_database);
    int code = subject_find(live < 0 ? NULL : &daemon, stored < 0 ? NULL : db, word, ret);
    if (stored == 0)
        db_close(db);
    if (live == 0)
        daemon_close(&daemon);
    return code;
}
