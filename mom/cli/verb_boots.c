/* boots: when each began, how far its history goes, how it ended. */
#include "db/query.h"
#include "mom/cli/facts.h"
#include "mom/cli/verbs.h"
#include "slices/base/text.h"

#include <inttypes.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

static const struct column columns[] = {
    {"boot", "Boot", ALIGN_LEFT},
    {"begun", "Begun", ALIGN_LEFT},
    {"history_until", "History until", ALIGN_LEFT},
    {"gap_seconds", "Gap before", ALIGN_RIGHT},
    {"ended", "Ended", ALIGN_LEFT},
    {"way", "Way", ALIGN_LEFT},
    {"decision", "Decision", ALIGN_LEFT},
    {"panic", "Panic", ALIGN_LEFT},
};
static const struct section section = {"boots", columns, COUNT(columns)};

struct listing {
    struct output *output;
    int64_t newest_unix_usec; /* of all before */
};

static int write_boot(void *context, const struct query_boot *boot)
{
    struct listing *listing = context;
    int64_t gap_usec = boot->first_unix_usec - listing->newest_unix_usec;
    char id[32] = "";
    if (boot->decision != 0)
        (void)text_format(id, sizeof id, "%s-%" PRIu64, boot->id, boot->decision);
    const struct cell cells[] = {
        cell_text(boot->id),
        cell_time(boot->first_unix_usec),
        cell_time(boot->last_unix_usec),
        listing->newest_unix_usec != 0 && gap_usec >= 0 ? cell_duration((double)gap_usec / 1e6)
                                                        : cell_absent(),
        cell_toned(cell_text(boot->how), *boot->how ? TONE_ALARM : TONE_PLAIN),
        cell_text(boot->way),
        cell_text(id),
        cell_text(boot->panic),
    };
    _Static_assert(COUNT(cells) == COUNT(columns), "a cell for each column");
    output_row(listing->output, cells);
    if (boot->last_unix_usec > listing->newest_unix_usec)
        listing->newest_unix_usec = boot->last_unix_usec;
    return 0;
}

int verb_boots(struct cli *cli)
{
    struct db *db;
    struct mom_error error = {0};
    struct listing listing = {.output = cli->output};
    if (database_open(&cli->paths, &db, &error) < 0)
        return cli_failed(&error);
    output_section(cli->output, &section);
    int r = query_boots(db, write_boot, &listing, &error);
    db_close(db);
    return r < 0 ? cli_failed(&error) : CLI_OK;
}
