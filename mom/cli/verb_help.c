/* help, completion, version: momctl about itself, from the tables of verbs.c. */
#include "mom/cli/manual.h"
#include "mom/cli/verbs.h"
#include "slices/base/text.h"

#include <string.h>

#ifndef MOM_VERSION
#define MOM_VERSION "unknown"
#endif

int verb_help(struct cli *cli)
{
    int used;
    if (cli->operands == 0) {
        verbs_print_help(stdout);
        return CLI_OK;
    }
    if (strcmp(cli->operand[0], "scdoc") == 0) /* for the build */
        return manual_write(cli->operands > 1 ? cli->operand[1] : "");
    const struct verb *verb = verb_find(cli->operand, cli->operands, &used);
    if (!verb)
        return cli_say(CLI_USAGE, "no verb: '%s'", cli->operand[0]);
    verb_print_help(verb, stdout);
    return CLI_OK;
}

static void print_options(unsigned which)
{
    for (unsigned i = 0; i < CLI_OPTIONS; i++)
        if (which >> i & 1)
            (void)printf(" --%s%s", cli_options[i].name, cli_options[i].argument ? "=" : "");
}

/* A bash pattern for each verb, and what may stand behind it. */
static void print_cases(void)
{
    for (size_t i = 0; i < verbs_count; i++) {
        const char *second = strchr(verbs[i].name, ' ');
        if (second)
            (void)printf("    '%.*s') words+=' %s' ;;&\n", (int)(second - verbs[i].name),
                verbs[i].name, second + 1);
        (void)printf("    '%s'*) words+='", verbs[i].name);
        print_options(verbs[i].options);
        (void)printf("'%s ;;&\n", strstr(verbs[i].operands, "SLICE") ? "; slices=yes" : "");
    }
}

static void print_first_words(void)
{
    for (size_t i = 0; i < verbs_count; i++) {
        size_t length = strcspn(verbs[i].name, " ");
        bool again = i > 0 && strncmp(verbs[i - 1].name, verbs[i].name, length + 1) == 0;
        if (!again)
            (void)printf(" %.*s", (int)length, verbs[i].name);
    }
}

/* Who makes a group names it, and may name it `$(reboot)`: keys never pass through compgen -W,
 * which would run that, and come out quoted. bash breaks words at colons, keys have one: what
 * stands before the last colon of the word is on the command line already. */
static const char completion_begin[] =
    "_momctl() {\n"
    "    local line=${COMP_LINE:0:COMP_POINT} verb= words= slices= key i\n"
    "    local word=${line##* } begun\n"
    "    begun=${word%\"${word##*:}\"}\n"
    "    for ((i = 1; i < COMP_CWORD; i++)); do\n"
    "        [[ ${COMP_WORDS[i]} == -* ]] || verb+=\"${verb:+ }${COMP_WORDS[i]}\"\n"
    "    done\n"
    "    case $verb in\n";
static const char completion_end[] =
    "    mapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$word\")\n"
    "    [[ $slices ]] || return 0\n"
    "    while IFS=, read -r key _; do\n"
    "        [[ $key == \"$word\"* && $key != \\\"* ]] || continue\n"
    "        printf -v key %q \"${key#\"$begun\"}\"\n"
    "        COMPREPLY+=(\"$key\")\n"
    "    done < <(momctl list -o csv --no-headers 2>/dev/null)\n"
    "}\n"
    "complete -o default -F _momctl momctl\n";

int verb_completion(struct cli *cli)
{
    if (strcmp(cli->operand[0], "bash") != 0)
        return cli_say(CLI_USAGE, "no completion for '%s'; there is bash", cli->operand[0]);
    (void)fputs(completion_begin, stdout);
    (void)fputs("    '') words='", stdout);
    print_first_words();
    (void)fputs("' ;;\n", stdout);
    print_cases();
    (void)fputs("    esac\n    [[ $word == -* ]] && words+='", stdout);
    print_options(CLI_GLOBAL_OPTIONS);
    (void)fputs("'\n", stdout);
    (void)fputs(completion_end, stdout);
    return CLI_OK;
}

int verb_version(struct cli *cli)
{
    (void)cli;
    (void)puts("mom " MOM_VERSION);
    return CLI_OK;
}
