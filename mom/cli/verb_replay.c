/* replay: the leak detector over recorded samples. */
#include "mom/cli/replay.h"
#include "mom/cli/verbs.h"

#include <errno.h>
#include <string.h>

static const enum replay_format formats[OUTPUT_FORMATS] = {
    [OUTPUT_TABLE] = REPLAY_TABLE,
    [OUTPUT_JSON] = REPLAY_JSON,
    [OUTPUT_JSONL] = REPLAY_JSONL,
    [OUTPUT_CSV] = REPLAY_CSV,
};

int verb_replay(struct cli *cli)
{
    const char *name = cli->option[OPTION_CSV];
    struct mom_error error = {0};
    if (!name)
        return cli_say(CLI_USAGE, "replay needs --csv=FILE");
    bool standard = strcmp(name, "-") == 0;
    FILE *in = standard ? stdin : fopen(name, "re");
    if (!in) {
        (void)error_errno(&error, -errno, "%s", name);
        return cli_failed(&error);
    }
    enum output_format format = output_settings(cli->output)->format;
    int r =
        replay_csv(in, standard ? "standard input" : name, formats[format], stdout, stderr, &error);
    if (!standard)
        (void)fclose(in);
    return r < 0 ? cli_failed(&error) : CLI_OK;
}
