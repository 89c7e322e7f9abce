/* One run of momctl: what was asked for, as the verbs see it. */
#ifndef MOM_CLI_CLI_H
#define MOM_CLI_CLI_H

#include "mom/cli/output.h"
#include "mom/common/paths.h"
#include "slices/base/error.h"

#include <stdint.h>

enum cli_exit {
    CLI_OK,
    CLI_FAILED,
    CLI_USAGE,
    CLI_NO_DAEMON, /* the database can still be asked */
    CLI_NO_SLICE,
    CLI_DENIED,
    CLI_BAD_CONFIG
};

/* Rows of cli_options (verbs.c). */
enum cli_option {
    OPTION_OUTPUT,
    OPTION_NO_HEADERS,
    OPTION_NO_PAGER,
    OPTION_BYTES,
    OPTION_UTC,
    OPTION_HELP,
    OPTION_VERSION,
    OPTION_SINCE, /* from here on: of some verbs only */
    OPTION_UNTIL,
    OPTION_TIER,
    OPTION_ALL,
    OPTION_WHY,
    OPTION_FOR,
    OPTION_CSV,
    OPTION_DB,
    OPTION_POLICY,
    OPTION_KEY,
    OPTION_BY_HAND,
    OPTION_DISMISS,
    CLI_OPTIONS
};

struct cli {
    struct paths paths;
    struct stamp now;
    const char *option[CLI_OPTIONS]; /* NULL: not given; "": a flag that was */
    int operands;                    /* words behind the verb */
    char **operand;
    struct output *output;
};

/* Tells `error` on stderr and gives the exit code that fits its errno. */
int cli_failed(const struct mom_error *error);

/* Tells a message on stderr, escaped, and returns `code`. */
int cli_say(int code, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The times of --since (one day ago where it is not given) and --until (now). CLI_OK or CLI_USAGE.
 */
int cli_period(const struct cli *cli, int64_t *ret_since, int64_t *ret_until);

#endif
