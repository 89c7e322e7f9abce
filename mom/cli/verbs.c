#include "mom/cli/verbs.h"

#include "slices/base/text.h"

#include <string.h>

#define BIT(option) (1u << (option))
#define PERIOD      (BIT(OPTION_SINCE) | BIT(OPTION_UNTIL))

const struct verb verbs[] = {
    {"status", "", 0, 0, "what the daemon, the node and the database are doing", 0, verb_status},
    {"list", "[GLOB]", 0, 1, "the slices: sizes, limits, growth, what is thought of them", 0,
        verb_list},
    {"show", "SLICE", 1, 1, "all that is known of one slice", 0, verb_show},
    {"history", "SLICE", 1, 1, "how a slice grew, over all its lives", PERIOD | BIT(OPTION_TIER),
        verb_history},
    {"leaks", "", 0, 0, "slices that leak: since when, how fast, when it hurts",
        BIT(OPTION_ALL) | BIT(OPTION_DISMISS) | BIT(OPTION_WHY), verb_leaks},
    {"next", "", 0, 0, "who would go if memory were short now, and every term of the score", 0,
        verb_next},
    {"events", "[GLOB]", 0, 1, "decisions, their outcomes, holds, dismissals, and notes", PERIOD,
        verb_events},
    {"boots", "", 0, 0, "boots: how far the history of each goes, and how it ended", 0, verb_boots},
    {"why", "ID", 1, 1, "one decision with its evidence and what came of it", 0, verb_why},
    {"policy check", "[FILE]", 0, 1, "what is wrong with the policy", 0, verb_policy_check},
    {"policy show", "[SLICE]", 0, 1, "which settings apply to a slice, and which line gave them",
        BIT(OPTION_KEY), verb_policy_show},
    {"reset", "SLICE", 1, 1, "kill the whole slice, or its largest job, now", BIT(OPTION_WHY),
        verb_reset},
    {"reclaim", "SLICE SIZE", 2, 2, "push so much of a slice's memory out to swap, now",
        BIT(OPTION_WHY), verb_reclaim},
    {"throttle", "SLICE SIZE", 2, 2, "let a slice have no more than that without delay, for a time",
        BIT(OPTION_FOR) | BIT(OPTION_WHY), verb_throttle},
    {"raise", "SLICE SIZE", 2, 2, "raise a slice's own limits so far, for a time",
        BIT(OPTION_FOR) | BIT(OPTION_WHY), verb_raise},
    {"freeze", "SLICE", 1, 1, "let a slice stand still for a time",
        BIT(OPTION_FOR) | BIT(OPTION_WHY), verb_freeze},
    {"move", "SLICE GROUP", 2, 2,
        "let a slice's processes take memory at another group's cost, for a time",
        BIT(OPTION_FOR) | BIT(OPTION_WHY), verb_move},
    {"hold", "SLICE", 1, 1, "exempt a slice from all actions for a while",
        BIT(OPTION_FOR) | BIT(OPTION_WHY), verb_hold},
    {"release", "[SLICE]", 0, 1,
        "end a hold, a throttle, a raise, a freeze or a move; with --all all of them, or without a "
        "daemon undo what it left behind",
        BIT(OPTION_ALL) | BIT(OPTION_BY_HAND), verb_release},
    {"replay", "", 0, 0,
        "decide a recorded time again: the same decisions, or what another policy would have done",
        PERIOD | BIT(OPTION_DB) | BIT(OPTION_POLICY) | BIT(OPTION_CSV), verb_replay},
    {"mail queue", "", 0, 0, "mails that wait: for whom, since when, why", 0, verb_mail_queue},
    {"mail list", "", 0, 0, "all mails, also those that were sent or given up", 0, verb_mail_list},
    {"mail show", "ID", 1, 1, "one mail as it is sent, and what came of it", 0, verb_mail_show},
    {"mail retry", "[ID]", 0, 1,
        "try a mail again now, also one that was given up; with --all every one that waits",
        BIT(OPTION_ALL), verb_mail_retry},
    {"mail drop", "ID", 1, 1, "send a mail to nobody who has not got it yet", 0, verb_mail_drop},
    {"help", "[VERB]", 0, 2, "this, or more about one verb", 0, verb_help},
    {"completion", "SHELL", 1, 1, "a script for the shell's completion (bash)", 0, verb_completion},
    {"version", "", 0, 0, "which mom this is", 0, verb_version},
};
const size_t verbs_count = sizeof verbs / sizeof *verbs;

const struct cli_option_info cli_options[CLI_OPTIONS] = {
    [OPTION_OUTPUT] = {"output", 'o', "FORMAT", "table (default), json, jsonl or csv"},
    [OPTION_NO_HEADERS] = {"no-headers", 0, NULL, "leave out the column titles"},
    [OPTION_NO_PAGER] = {"no-pager", 0, NULL, "never start $MOM_PAGER or $PAGER"},
    [OPTION_BYTES] = {"bytes", 0, NULL, "sizes in bytes in tables"},
    [OPTION_UTC] = {"utc", 0, NULL, "times in UTC, both ways"},
    [OPTION_HELP] = {"help", 'h', NULL, "as the verb help"},
    [OPTION_VERSION] = {"version", 'V', NULL, "as the verb version"},
    [OPTION_SINCE] = {"since", 0, "TIME", "from when on (default: a day ago)"},
    [OPTION_UNTIL] = {"until", 0, "TIME", "up to when (default: now)"},
    [OPTION_TIER] = {"tier", 0, "TIER", "how fine: raw, 1min, 10min or 1h (default: what fits)"},
    [OPTION_ALL] = {"all", 0, NULL, "all slices"},
    [OPTION_WHY] = {"why", 0, "TEXT", "the reason, for the record"},
    [OPTION_FOR] = {"for", 0, "TIME", "how long: 2h, 90min, \"1d 12h\""},
    [OPTION_CSV] = {"csv", 0, "FILE", "only the leak detector, over these samples (-: stdin)"},
    [OPTION_DB] = {"db", 0, "FILE", "a database (default: this host's)"},
    [OPTION_POLICY] = {"policy", 0, "FILE", "another policy file (default: the policy of then)"},
    [OPTION_KEY] = {"key", 0, "KEY", "a key instead of a slice: docker:web, user:1000"},
    [OPTION_DISMISS] = {"dismiss", 0, "SLICE",
        "its leak is none; asks for more growth, for longer"},
    [OPTION_BY_HAND] = {"by-hand", 0, NULL, "ask no daemon; refused while one runs"},
};

static bool words_are(const char *name, char *const *word, int words)
{
    const char *blank = strchr(name, ' ');
    if (!blank)
        return words >= 1 && strcmp(name, word[0]) == 0;
    size_t length = (size_t)(blank - name);
    return words >= 2 && strlen(word[0]) == length && strncmp(name, word[0], length) == 0 &&
           strcmp(blank + 1, word[1]) == 0;
}

const struct verb *verb_find(char *const *word, int words, int *ret_used)
{
    for (size_t i = 0; i < verbs_count; i++)
        if (words_are(verbs[i].name, word, words)) {
            *ret_used = strchr(verbs[i].name, ' ') ? 2 : 1;
            return &verbs[i];
        }
    return NULL;
}

const char *verb_near(const char *word)
{
    enum { NEAR = 2 };
    const char *best = NULL;
    unsigned least = NEAR + 1;
    for (size_t i = 0; i < verbs_count; i++) {
        unsigned distance = text_distance(word, verbs[i].name);
        size_t length = strcspn(verbs[i].name, " ");
        bool first_word = strlen(word) == length && strncmp(word, verbs[i].name, length) == 0;
        if (first_word)
            return verbs[i].name;
        if (distance < least) {
            least = distance;
            best = verbs[i].name;
        }
    }
    return best;
}

/* The verb's line: "history SLICE [--since=TIME] ...". */
static void print_synopsis(const struct verb *verb, FILE *file)
{
    (void)fprintf(file, "%s%s%s", verb->name, *verb->operands ? " " : "", verb->operands);
    for (unsigned i = 0; i < CLI_OPTIONS; i++) {
        const struct cli_option_info *option = &cli_options[i];
        if (verb->options & BIT(i))
            (void)fprintf(file, " [--%s%s%s]", option->name, option->argument ? "=" : "",
                option->argument ? option->argument : "");
    }
}

static void print_options(unsigned which, FILE *file)
{
    for (unsigned i = 0; i < CLI_OPTIONS; i++) {
        const struct cli_option_info *option = &cli_options[i];
        if (!(which & BIT(i)))
            continue;
        char words[64];
        (void)text_format(words, sizeof words, "--%s%s%s", option->name,
            option->argument ? "=" : "", option->argument ? option->argument : "");
        char letter[] = {option->letter ? '-' : ' ', option->letter ? option->letter : ' ',
            option->letter ? ',' : ' ', '\0'};
        (void)fprintf(file, "  %s %-16s  %s\n", letter, words, option->help);
    }
}

void verb_print_help(const struct verb *verb, FILE *file)
{
    (void)fputs("momctl ", file);
    print_synopsis(verb, file);
    (void)fprintf(file, "\n\n%s\n", verb->help);
    if (verb->options)
        (void)fputc('\n', file);
    print_options(verb->options, file);
}

void verbs_print_help(FILE *file)
{
    (void)fputs("momctl [OPTIONS] VERB ...\n\nVerbs:\n", file);
    for (size_t i = 0; i < verbs_count; i++) {
        char words[40];
        (void)text_format(words, sizeof words, "%s %s", verbs[i].name, verbs[i].operands);
        (void)fprintf(file, "  %-20s  %s\n", words, verbs[i].help);
    }
    (void)fputs("\nOptions:\n", file);
    print_options(CLI_GLOBAL_OPTIONS, file);
    (void)fputs("\nPaths:", file);
    for (size_t i = 0; i < PATHS_OPTIONS; i++)
        (void)fprintf(file, " --%s", paths_options[i].name);
    (void)fputs(
        "\n\nSLICE is a key, a name, a path, or a glob that fits one slice only; for orders also "
        "its\ngroup's folder below /sys/fs/cgroup.\n"
        "Exit status: 0 ok, 1 failure, 2 usage, 3 no daemon, 4 no such slice, 5 denied, "
        "6 bad policy.\n",
        file);
}
