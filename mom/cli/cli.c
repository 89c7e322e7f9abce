#include "mom/cli/cli.h"

#include "mom/cli/moment.h"
#include "slices/base/text.h"

#include <errno.h>
#include <stdarg.h>

static const struct {
    int code;
    enum cli_exit exit;
} exits[] = {
    {-EACCES, CLI_DENIED},
    {-EPERM, CLI_DENIED},
    {-ESRCH, CLI_NO_DAEMON},
    {-ECONNREFUSED, CLI_NO_DAEMON},
};

int cli_say(int code, const char *format, ...)
{
    char text[1024], escaped[2048];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    (void)fprintf(stderr, "momctl: %s\n", text_show(escaped, sizeof escaped, text));
    return code;
}

int cli_failed(const struct mom_error *error)
{
    int code = CLI_FAILED;
    for (size_t i = 0; i < sizeof exits / sizeof *exits; i++)
        if (exits[i].code == error->code)
            code = (int)exits[i].exit;
    return cli_say(code, "%s", error->text);
}

int cli_period(const struct cli *cli, int64_t *ret_since, int64_t *ret_until)
{
    const char *since = cli->option[OPTION_SINCE], *until = cli->option[OPTION_UNTIL];
    struct mom_error error = {0};
    if (moment_parse(since ? since : "-24h", cli->now.unix_usec, ret_since, &error) < 0 ||
        moment_parse(until ? until : "now", cli->now.unix_usec, ret_until, &error) < 0)
        return cli_say(CLI_USAGE, "%s", error.text);
    if (*ret_since > *ret_until)
        return cli_say(CLI_USAGE, "--since lies after --until");
    return CLI_OK;
}
