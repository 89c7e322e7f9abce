/* momctl: reads the command line by the tables of verbs.c, prepares the answer, runs the verb. */
#include "mom/cli/cli.h"
#include "mom/cli/moment.h"
#include "mom/cli/verbs.h"
#include "mom/common/clock.h"

#include <errno.h>
#include <langinfo.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { OPTION_BASE = 2000 }; /* getopt's value of cli_options[0]; above those of paths.h */

static int option_of(int letter)
{
    if (letter >= OPTION_BASE)
        return letter - OPTION_BASE;
    for (int i = 0; i < CLI_OPTIONS; i++)
        if (letter != 0 && cli_options[i].letter == letter)
            return i;
    return -1;
}

/* 0 or CLI_USAGE; getopt_long has then said what is wrong. */
static int read_options(struct cli *cli, int argc, char **argv)
{
    struct option all[CLI_OPTIONS + PATHS_OPTIONS + 1] = {{0}};
    for (int i = 0; i < CLI_OPTIONS; i++)
        all[i] = (struct option){cli_options[i].name,
            cli_options[i].argument ? required_argument : no_argument, NULL, OPTION_BASE + i};
    memcpy(all + CLI_OPTIONS, paths_options, sizeof paths_options);
    int letter;
    while ((letter = getopt_long(argc, argv, "o:hV", all, NULL)) != -1) {
        int option = option_of(letter);
        if (option >= 0)
            cli->option[option] = cli_options[option].argument ? optarg : "";
        else if (letter == '?')
            return CLI_USAGE;
        else if (paths_take(&cli->paths, letter, optarg) < 0)
            return cli_say(
                CLI_USAGE, "--%s is too long", paths_options[letter - PATHS_OPTION_FIRST].name);
    }
    cli->operands = argc - optind;
    cli->operand = argv + optind;
    return CLI_OK;
}

static int read_format(const char *name, enum output_format *ret)
{
    for (enum output_format i = 0; i < OUTPUT_FORMATS; i++)
        if (strcmp(name, output_format_names[i]) == 0) {
            *ret = i;
            return CLI_OK;
        }
    return cli_say(CLI_USAGE, "no output format: '%s'; there are table, json, jsonl and csv", name);
}

static const char *pager(void)
{
    const char *command = getenv("MOM_PAGER");
    if (!command)
        command = getenv("PAGER");
    return command && *command ? command : NULL;
}

static int open_output(struct cli *cli)
{
    bool terminal = isatty(STDOUT_FILENO);
    const char *no_color = getenv("NO_COLOR");
    struct output_settings settings = {
        .no_headers = cli->option[OPTION_NO_HEADERS] != NULL,
        .exact = cli->option[OPTION_BYTES] != NULL,
        .color = terminal && !(no_color && *no_color),
        .utf8 = strcmp(nl_langinfo(CODESET), "UTF-8") == 0,
        .pager = terminal && !cli->option[OPTION_NO_PAGER] ? pager() : NULL,
    };
    const char *format = cli->option[OPTION_OUTPUT];
    int code = format ? read_format(format, &settings.format) : CLI_OK;
    if (code == CLI_OK && output_open(&settings, stdout, &cli->output) < 0)
        code = cli_say(CLI_FAILED, "out of memory");
    return code;
}

/* --help and --version stand for the verbs of that name. */
static const struct verb *choose(struct cli *cli)
{
    char help[] = "help", version[] = "version", *instead = NULL;
    int used;
    if (cli->option[OPTION_VERSION])
        instead = version;
    else if (cli->option[OPTION_HELP])
        instead = help;
    if (instead)
        return verb_find(&instead, 1, &used);
    const struct verb *verb = verb_find(cli->operand, cli->operands, &used);
    if (verb) {
        cli->operand += used;
        cli->operands -= used;
    }
    return verb;
}

static int check_words(const struct cli *cli, const struct verb *verb)
{
    for (unsigned i = 0; i < CLI_OPTIONS; i++)
        if (cli->option[i] && !((CLI_GLOBAL_OPTIONS | verb->options) >> i & 1))
            return cli_say(CLI_USAGE, "%s takes no --%s", verb->name, cli_options[i].name);
    if (cli->operands < verb->least)
        return cli_say(CLI_USAGE, "%s needs %s; see momctl help", verb->name, verb->operands);
    if (cli->operands > verb->most)
        return cli_say(
            CLI_USAGE, "%s: one word too many: '%s'", verb->name, cli->operand[verb->most]);
    return CLI_OK;
}

static int no_verb(const struct cli *cli)
{
    if (cli->operands == 0) {
        verbs_print_help(stderr);
        return CLI_USAGE;
    }
    const char *near = verb_near(cli->operand[0]);
    return cli_say(CLI_USAGE, "no verb: '%s'%s%s%s", cli->operand[0],
        near ? "; did you mean '" : "; see momctl help", near ? near : "", near ? "'?" : "");
}

static int run(struct cli *cli)
{
    const struct verb *verb = choose(cli);
    if (!verb)
        return no_verb(cli);
    int code = check_words(cli, verb);
    if (code == CLI_OK)
        code = open_output(cli);
    if (code != CLI_OK)
        return code;
    code = verb->run(cli);
    struct mom_error error = {0};
    int written = output_close(cli->output, &error);
    return written < 0 && code == CLI_OK ? cli_failed(&error) : code;
}

int main(int argc, char **argv)
{
    struct cli cli = {.now = clock_now()};
    (void)setlocale(LC_CTYPE, "");
    paths_init(&cli.paths);
    int code = read_options(&cli, argc, argv);
    if (code != CLI_OK)
        return code;
    if (cli.option[OPTION_UTC]) {
        (void)setenv("TZ", "UTC0", 1);
        tzset();
    }
    return run(&cli);
}
