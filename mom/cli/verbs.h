/* The verbs of momctl, and its options, as tables: the parser, the help, the completion and the
 * manual's synopsis are made from them. */
#ifndef MOM_CLI_VERBS_H
#define MOM_CLI_VERBS_H

#include "mom/cli/cli.h"

#include <stddef.h>
#include <stdio.h>

struct verb {
    const char *name; /* one word or two: "list", "policy show" */
    const char *operands;
    int least, most; /* how many operands it takes */
    const char *help;
    unsigned options; /* bits (1 << enum cli_option), beside the global ones */
    int (*run)(struct cli *cli);
};
extern const struct verb verbs[];
extern const size_t verbs_count;

struct cli_option_info {
    const char *name;
    char letter;          /* 0: none */
    const char *argument; /* NULL: a flag */
    const char *help;
};
extern const struct cli_option_info cli_options[CLI_OPTIONS];

/* Options that every verb takes. */
#define CLI_GLOBAL_OPTIONS ((1u << OPTION_SINCE) - 1)

/* The verb that the first of the words name, and how many of them it takes. NULL: none. */
const struct verb *verb_find(char *const *word, int words, int *ret_used);

/* "did you mean" for a word that is no verb; NULL when nothing is near. */
const char *verb_near(const char *word);

/* All verbs and options, for people. */
void verbs_print_help(FILE *file);
void verb_print_help(const struct verb *verb, FILE *file);

int verb_status(struct cli *cli);
int verb_list(struct cli *cli);
int verb_show(struct cli *cli);
int verb_history(struct cli *cli);
int verb_leaks(struct cli *cli);
int leaks_dismiss(struct cli *cli); /* leaks --dismiss */
int verb_next(struct cli *cli);
int verb_events(struct cli *cli);
int verb_boots(struct cli *cli);
int verb_why(struct cli *cli);
int verb_policy_check(struct cli *cli);
int verb_policy_show(struct cli *cli);
int verb_release(struct cli *cli);
int verb_reset(struct cli *cli);
int verb_reclaim(struct cli *cli);
int verb_throttle(struct cli *cli);
int verb_raise(struct cli *cli);
int verb_freeze(struct cli *cli);
int verb_move(struct cli *cli);
int verb_hold(struct cli *cli);
int verb_replay(struct cli *cli);
int verb_mail_queue(struct cli *cli);
int verb_mail_list(struct cli *cli);
int verb_mail_show(struct cli *cli);
int verb_mail_retry(struct cli *cli);
int verb_mail_drop(struct cli *cli);
int verb_help(struct cli *cli);
int verb_completion(struct cli *cli);
int verb_version(struct cli *cli);

#endif
