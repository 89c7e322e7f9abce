#include "mom/cli/manual.h"

#include "mom/cli/verbs.h"
#include "policy/file/settings.h"

#include <string.h>

/* scdoc(5) takes these for marks. */
static void put(const char *text)
{
    for (; *text; text++) {
        if (strchr("*_\\<>[]#`", *text))
            (void)putchar('\\');
        (void)putchar(*text);
    }
}

static void put_option(const struct cli_option_info *option)
{
    (void)printf("*--%s*", option->name);
    if (option->argument)
        (void)printf("=_%s_", option->argument);
}

static void write_options(unsigned which)
{
    for (unsigned i = 0; i < CLI_OPTIONS; i++) {
        if (!(which >> i & 1))
            continue;
        if (cli_options[i].letter)
            (void)printf("*-%c*, ", cli_options[i].letter);
        put_option(&cli_options[i]);
        (void)fputs("\n\t", stdout);
        put(cli_options[i].help);
        (void)fputs("\n\n", stdout);
    }
}

static void write_verb(const struct verb *verb)
{
    (void)printf("*%s*%s", verb->name, *verb->operands ? " " : "");
    put(verb->operands);
    for (unsigned i = 0; i < CLI_OPTIONS; i++)
        if (verb->options >> i & 1) {
            (void)fputs(" \\[", stdout);
            put_option(&cli_options[i]);
            (void)fputs("\\]", stdout);
        }
    (void)fputs("\n\t", stdout);
    put(verb->help);
    (void)fputs("\n\n", stdout);
}

static void write_verbs(void)
{
    unsigned some = 0;
    (void)fputs("# VERBS\n\n", stdout);
    for (size_t i = 0; i < verbs_count; i++) {
        write_verb(&verbs[i]);
        some |= verbs[i].options;
    }
    (void)fputs("# OPTIONS\n\n", stdout);
    write_options(CLI_GLOBAL_OPTIONS);
    (void)fputs("Options of some verbs:\n\n", stdout);
    write_options(some);
}

static void write_setting(const struct setting *setting)
{
    (void)putchar('*');
    put(setting->name);
    (void)putchar('*');
    if (setting->fallback && *setting->fallback) {
        (void)fputs(" (default ", stdout);
        put(setting->fallback);
        (void)putchar(')');
    }
    (void)fputs("\n\t", stdout);
    put(setting->help);
    if (setting->least || setting->most)
        (void)printf(" %s %s to %s.", setting->or_zero ? "Zero, or from" : "From",
            setting->least ? setting->least : "any", setting->most ? setting->most : "any");
    for (unsigned i = 0; i < setting->words.count; i++)
        (void)printf("%s%s%s", i ? ", " : " One of: ", setting->words.name[i],
            i + 1 == setting->words.count ? "." : "");
    if (setting->scaled)
        (void)fputs(" Divided by time\\_scale.", stdout);
    (void)fputs("\n\n", stdout);
}

static void write_settings(void)
{
    static const struct {
        enum setting_scope scope;
        const char *title;
    } parts[] = {
        {SCOPE_GLOBAL, "# SETTINGS OF THE WHOLE"},
        {SCOPE_SLICE, "# SETTINGS OF SLICES\n\nIn *slices* for all, in an entry of *matches* for "
                      "those that fit it."},
        {SCOPE_MATCH,
            "# WHAT AN ENTRY OF MATCHES LOOKS AT\n\nOne pattern or a list of them; \\* and "
            "? as in a shell, but \\* crosses slashes. All that are given must fit."},
        {SCOPE_RULE, "# AN ENTRY OF RULES"},
        {SCOPE_PENALTY, "# AN ENTRY OF PENALTIES"},
    };
    size_t count;
    const struct setting *table = settings_table(&count);
    for (size_t part = 0; part < sizeof parts / sizeof *parts; part++) {
        (void)printf("%s\n\n", parts[part].title);
        for (size_t i = 0; i < count; i++)
            if (table[i].scope == parts[part].scope)
                write_setting(&table[i]);
    }
}

int manual_write(const char *part)
{
    static const struct {
        const char *name;
        void (*write)(void);
    } parts[] = {{"verbs", write_verbs}, {"settings", write_settings}};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        if (strcmp(part, parts[i].name) == 0) {
            parts[i].write();
            return CLI_OK;
        }
    return cli_say(CLI_USAGE, "help scdoc: verbs or settings");
}
