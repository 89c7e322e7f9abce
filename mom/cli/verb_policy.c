/* policy check: what is wrong with it. policy show: what it says, and where it says so. */
#include "mom/cli/facts.h"
#include "mom/cli/verbs.h"
#include "mom/common/policy_source.h"
#include "policy/file/settings.h"
#include "slices/base/text.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

enum { SETTING_TEXT_MAX = 512 };

static void write_problem(void *context, const char *text)
{
    const struct cell cells[] = {cell_text(text)};
    output_row(context, cells);
}

int verb_policy_check(struct cli *cli)
{
    static const struct column columns[] = {{"problem", "Problem", ALIGN_LEFT}};
    static const struct section section = {"problems", columns, COUNT(columns)};
    struct options options = {.paths = cli->paths};
    struct policy *policy;
    char name[PATH_MAX], text[PATH_MAX + 32], escaped[2 * PATH_MAX];
    if (cli->operands && text_copy(options.policy_file, PATH_MAX, cli->operand[0]) < 0)
        return cli_say(CLI_USAGE, "the name of the file is too long");
    output_section(cli->output, &section);
    int r = policy_source_load(&options, write_problem, cli->output, &policy, name);
    if (r < 0)
        return r == -EINVAL ? CLI_BAD_CONFIG : cli_say(CLI_BAD_CONFIG, "%s", strerror(-r));
    policy_free(policy);
    (void)text_format(text, sizeof text, "%s: no problems", name);
    output_note(cli->output, text_escape(escaped, sizeof escaped, text));
    return CLI_OK;
}

static void tell_problem(void *context, const char *text)
{
    (void)context;
    (void)cli_say(CLI_BAD_CONFIG, "%s", text);
}

static enum slice_kind kind_named(const char *name)
{
    enum slice_kind kind = SLICE_GROUP;
    for (size_t i = 0; i < SLICE_KINDS; i++)
        if (strcmp(name, slice_kind_names[i]) == 0)
            kind = (enum slice_kind)i;
    return kind;
}

/* As the slice with this key would look: "PREFIX:REST", where the prefix tells the kind, or else
 * the runtime of a container. */
static int slice_of_key(const char *key, struct slice *ret)
{
    static const struct {
        const char *prefix;
        enum slice_kind kind;
    } kinds[] = {{"user:", SLICE_USER}, {"unit:", SLICE_SERVICE}, {"cgroup:", SLICE_GROUP}};
    const char *colon = strchr(key, ':');
    if (!colon || text_copy(ret->key, sizeof ret->key, key) < 0)
        return cli_say(CLI_USAGE, "no key: '%s'; for example docker:web, user:1000", key);
    (void)text_copy(ret->name, sizeof ret->name, colon + 1);
    ret->kind = SLICE_CONTAINER;
    for (size_t i = 0; i < COUNT(kinds); i++)
        if (text_starts_with(key, kinds[i].prefix))
            ret->kind = kinds[i].kind;
    uint64_t uid;
    if (ret->kind == SLICE_USER && text_whole_u64(colon + 1, &uid) == 0 && uid <= UINT32_MAX)
        ret->uid = (uid_t)uid;
    if (ret->kind == SLICE_GROUP)
        (void)text_copy(ret->path, sizeof ret->path, colon + 1);
    if (ret->kind == SLICE_CONTAINER)
        (void)text_format(ret->runtime, sizeof ret->runtime, "%.*s", (int)(colon - key), key);
    return CLI_OK;
}

static int slice_of_words(struct cli *cli, struct slice *ret)
{
    struct subject subject;
    if (cli->option[OPTION_KEY])
        return slice_of_key(cli->option[OPTION_KEY], ret);
    int code = subject_of(cli, cli->operand[0], false, &subject);
    if (code != CLI_OK)
        return code;
    if (subject.live) {
        *ret = subject.now.slice;
        return CLI_OK;
    }
    ret->kind = kind_named(subject.past.kind);
    (void)text_copy(ret->key, sizeof ret->key, subject.past.key);
    (void)text_copy(ret->name, sizeof ret->name, subject.past.name);
    (void)text_copy(ret->path, sizeof ret->path, subject.past.path);
    (void)text_copy(ret->runtime, sizeof ret->runtime, subject.past.runtime);
    return CLI_OK;
}

static void show_slice(
    struct output *output, const struct policy *policy, const struct slice *slice)
{
    static const struct column columns[] = {
        {"setting", "Setting", ALIGN_LEFT},
        {"value", "Value", ALIGN_LEFT},
        {"given_by", "Given by", ALIGN_LEFT},
        {"help", "Meaning", ALIGN_LEFT},
    };
    static const struct section section = {"settings", columns, COUNT(columns)};
    struct slice_policy applied;
    policy_for_slice(policy, slice, &applied);
    output_section(output, &section);
    for (size_t i = 0; i < SLICE_SETTINGS; i++) {
        const struct setting *setting = setting_of_slice((enum slice_setting)i);
        const struct origin *origin = &applied.origin[i];
        char value[SETTING_TEXT_MAX], origin_text[PATH_MAX + 32] = "built in";
        if (setting_format(setting, &applied, value, sizeof value) < 0)
            continue;
        if (origin->file)
            (void)text_format(origin_text, sizeof origin_text, "%s:%u:%u", origin->file,
                origin->line, origin->column);
        const struct cell cells[] = {cell_text(setting->name), cell_text(value),
            cell_text(origin_text), cell_text(setting->help)};
        _Static_assert(COUNT(cells) == COUNT(columns), "a cell for each column");
        output_row(output, cells);
    }
}

static void show_globals(struct output *output, const struct policy *policy)
{
    static const struct column columns[] = {
        {"setting", "Setting", ALIGN_LEFT},
        {"value", "Value", ALIGN_LEFT},
        {"help", "Meaning", ALIGN_LEFT},
    };
    static const struct section section = {"settings", columns, COUNT(columns)};
    size_t count;
    const struct setting *table = settings_table(&count);
    output_section(output, &section);
    for (const struct setting *setting = table; setting < table + count; setting++) {
        char value[SETTING_TEXT_MAX];
        if (setting->scope != SCOPE_GLOBAL ||
            setting_format(setting, policy_globals(policy), value, sizeof value) < 0)
            continue;
        const struct cell cells[] = {
            cell_text(setting->name), cell_text(value), cell_text(setting->help)};
        _Static_assert(COUNT(cells) == COUNT(columns), "a cell for each column");
        output_row(output, cells);
    }
}

int verb_policy_show(struct cli *cli)
{
    bool of_slice = cli->operands || cli->option[OPTION_KEY];
    struct slice slice = {0};
    struct policy *policy;
    const struct options options = {.paths = cli->paths};
    int code = of_slice ? slice_of_words(cli, &slice) : CLI_OK;
    if (code != CLI_OK)
        return code;
    int r = policy_source_load(&options, tell_problem, NULL, &policy, NULL);
    if (r < 0)
        return r == -EINVAL ? CLI_BAD_CONFIG : cli_say(CLI_BAD_CONFIG, "%s", strerror(-r));
    if (of_slice)
        show_slice(cli->output, policy, &slice);
    else
        show_globals(cli->output, policy);
    policy_free(policy);
    return CLI_OK;
}
