#include "policy/file/layer.h"

#include "policy/file/settings.h"
#include "slices/base/text.h"

#include <string.h>

struct layer {
    struct policy *policy;
    struct problems *problems;
};

/* What a mapping of settings fills. */
struct target {
    unsigned scopes;   /* enum setting_scope: which settings may stand in it */
    const char *group; /* "mail." within a group, else "" */
    struct slice_policy *slice;
    struct rule *rule;
    struct penalty *penalty;
    struct match *match;
};

static void *object_of(const struct layer *layer, const struct target *target, unsigned scope)
{
    switch (scope) {
    case SCOPE_SLICE:
        return target->slice;
    case SCOPE_RULE:
        return target->rule;
    case SCOPE_PENALTY:
        return target->penalty;
    case SCOPE_MATCH:
        return target->match;
    default:
        return &layer->policy->globals;
    }
}

/* The key under which a setting stands in this mapping; NULL: it doesn't. */
static const char *key_in(const struct setting *setting, const struct target *target)
{
    size_t prefix = strlen(target->group);
    if (!(setting->scope & target->scopes) || strncmp(setting->name, target->group, prefix) != 0)
        return NULL;
    const char *key = setting->name + prefix;
    return strchr(key, '.') ? NULL : key;
}

/* Where else a key would be right, as the end of a sentence. */
static const char *elsewhere_hint(const char *key, char *buffer, size_t size)
{
    size_t count, used = 0;
    const struct setting *table = settings_table(&count);
    buffer[0] = '\0';
    for (size_t i = 0; i < count; i++) {
        const char *dot = strchr(table[i].name, '.');
        if (strcmp(dot ? dot + 1 : table[i].name, key) != 0)
            continue;
        const char *joint = used > 0 ? " or" : "; it belongs";
        if (dot)
            (void)text_format(buffer + used, size - used, "%s in `%.*s`", joint,
                (int)(dot - table[i].name), table[i].name);
        else
            (void)text_format(buffer + used, size - used, "%s %s", joint,
                table[i].scope == SCOPE_GLOBAL    ? "at the top of the file"
                : table[i].scope == SCOPE_SLICE   ? "in `slices` or `matches`"
                : table[i].scope == SCOPE_RULE    ? "in `rules`"
                : table[i].scope == SCOPE_PENALTY ? "in `penalties`"
                                                  : "in `matches`");
        used = strlen(buffer);
    }
    return buffer;
}

static void complain_unknown(
    const struct layer *layer, const struct node *key, const struct nearest *nearest)
{
    char shown[128], hint[96];
    if (*elsewhere_hint(key->text, hint, sizeof hint) == '\0')
        (void)nearest_hint(nearest, hint, sizeof hint);
    problem_at(layer->problems, &key->at, "unknown key `%s`%s",
        text_escape(shown, sizeof shown, key->text), hint);
}

/* False, with words, unless the node is of the kind that is needed. */
static bool expect(
    const struct layer *layer, const struct node *node, enum node_kind kind, const char *wanted)
{
    static const char *const kind_names[] = {
        [NODE_SCALAR] = "a single value", [NODE_LIST] = "a list", [NODE_MAP] = "a mapping"};
    if (node->kind == kind)
        return true;
    if (node->kind != NODE_REFUSED)
        problem_at(
            layer->problems, &node->at, "expected %s, found %s", wanted, kind_names[node->kind]);
    return false;
}

/* Nothing stands behind the colon, or what YAML calls null. */
static bool is_empty(const struct node *node)
{
    return node->kind == NODE_SCALAR && node->plain &&
           (strcmp(node->text, "") == 0 || strcmp(node->text, "~") == 0 ||
               strcmp(node->text, "null") == 0);
}

/* The text of a scalar; an empty one is taken for forgotten. */
static const char *scalar_text(
    const struct layer *layer, const struct node *node, const struct setting *setting)
{
    const struct value_type_info *type = &value_types[setting->type];
    char wanted[128];
    (void)text_format(
        wanted, sizeof wanted, "%s: a %s (%s)", setting->name, type->name, type->example);
    if (!expect(layer, node, NODE_SCALAR, wanted))
        return NULL;
    if (is_empty(node)) {
        problem_at(
            layer->problems, &node->at, "%s: no value; write \"\" for an empty one", setting->name);
        return NULL;
    }
    return node->text;
}

/* A pattern for `kind` that no kind fits is a slip. */
static bool check_pattern(const struct layer *layer, const struct node *node,
    const struct setting *setting, const char *pattern)
{
    if (!*pattern) {
        problem_at(layer->problems, &node->at, "%s: an empty glob fits nothing", setting->name);
        return false;
    }
    if (strcmp(setting->name, "kind") != 0)
        return true;
    struct nearest nearest = {.word = pattern};
    for (unsigned kind = 0; kind < SLICE_KINDS; kind++) {
        if (match_glob(pattern, slice_kind_names[kind]))
            return true;
        nearest_offer(&nearest, slice_kind_names[kind]);
    }
    char shown[96], hint[64];
    problem_at(layer->problems, &node->at, "kind: `%s` fits no kind of slice%s",
        text_escape(shown, sizeof shown, pattern), nearest_hint(&nearest, hint, sizeof hint));
    return false;
}

static bool take_globs(const struct layer *layer, const struct node *node,
    const struct setting *setting, struct globs *globs)
{
    bool list = node->kind == NODE_LIST;
    struct pool *pool = &layer->policy->pool;
    unsigned count = list ? node->children : 1;
    if (count == 0) {
        problem_at(layer->problems, &node->at, "%s: an empty list fits nothing", setting->name);
        return false;
    }
    *globs = (struct globs){.pattern = pool_take(pool, count * sizeof *globs->pattern)};
    for (const struct node *item = list ? node->first : node; item && globs->pattern;
         item = list ? item->next : NULL) {
        const char *text = scalar_text(layer, item, setting);
        if (text && check_pattern(layer, item, setting, text))
            globs->pattern[globs->count++] = pool_text(pool, text, strlen(text));
    }
    return globs->count == count && !pool->exhausted;
}

/* What joins the items where a YAML list may stand for one text; NULL: none may. */
static const char *joint_of(enum value_type type)
{
    return type == VALUE_ADDRESSES                          ? ","
           : type == VALUE_COMMAND || type == VALUE_RESTART ? " "
                                                            : NULL;
}

static const char *joined_text(const struct layer *layer, const struct node *node,
    const struct setting *setting, char *buffer, size_t size)
{
    const char *joint = joint_of(setting->type);
    if (node->kind != NODE_LIST || !joint)
        return scalar_text(layer, node, setting);
    buffer[0] = '\0';
    for (const struct node *item = node->first; item; item = item->next) {
        const char *text = scalar_text(layer, item, setting);
        size_t used = strlen(buffer);
        if (!text)
            return NULL;
        if (*joint == ' ' && (!*text || strchr(text, ' '))) {
            problem_at(layer->problems, &item->at,
                "%s: a word is empty or holds a blank; a script may hold what is needed",
                setting->name);
            return NULL;
        }
        if (text_format(buffer + used, size - used, "%s%s", used > 0 ? joint : "", text) < 0) {
            problem_at(layer->problems, &item->at, "%s: too long", setting->name);
            return NULL;
        }
    }
    return buffer;
}

static bool take_value(
    const struct layer *layer, const struct node *node, const struct setting *setting, void *object)
{
    if (setting->type == VALUE_GLOBS)
        return take_globs(layer, node, setting, (struct globs *)((char *)object + setting->offset));
    char joined[512];
    const char *text = joined_text(layer, node, setting, joined, sizeof joined);
    struct mom_error error;
    if (text && (setting->type == VALUE_COMMAND || setting->type == VALUE_RESTART))
        text = pool_text(&layer->policy->pool, text, strlen(text)); /* kept as it is */
    if (!text)
        return false;
    if (setting_parse(setting, text, object, &error) == 0)
        return true;
    problem_at(layer->problems, &node->at, "%s: %s", setting->name, error.text);
    return false;
}

/* Reads one key and value of a mapping. `nearest` has been offered what else may stand there. */
static void read_setting(const struct layer *layer, const struct node *node,
    const struct target *target, struct nearest *nearest)
{
    size_t count;
    const struct setting *setting = settings_table(&count), *end = setting + count;
    for (; setting < end; setting++) {
        const char *key = key_in(setting, target);
        if (key && strcmp(key, node->key->text) == 0)
            break;
        if (key)
            nearest_offer(nearest, key);
    }
    if (setting == end) {
        complain_unknown(layer, node->key, nearest);
        return;
    }
    if (!take_value(layer, node, setting, object_of(layer, target, setting->scope)))
        return;
    if (target->rule)
        target->rule->conditions |= setting->mark;
    if (setting->scope == SCOPE_GLOBAL &&
        setting->offset == offsetof(struct policy_globals, formula))
        layer->policy->formula_origin = node->at;
    if (setting->scope == SCOPE_SLICE && target->slice)
        target->slice->origin[setting->mark] = node->at;
    if (setting->scope == SCOPE_SLICE && target->match)
        target->match->says |= 1u << setting->mark;
}

static void read_settings(
    const struct layer *layer, const struct node *map, const struct target *target)
{
    if (!expect(layer, map, NODE_MAP, "a mapping of settings"))
        return;
    for (const struct node *node = map->first; node; node = node->next) {
        struct nearest nearest = {.word = node->key->text};
        if (node->key->kind == NODE_SCALAR)
            read_setting(layer, node, target, &nearest);
    }
}

/* How many settings of a scope a mapping gives, rightly or wrongly; of rules, conditions only. */
static unsigned mentions(const struct node *map, enum setting_scope scope)
{
    size_t count;
    unsigned found = 0;
    const struct setting *table = settings_table(&count);
    for (size_t i = 0; i < count; i++)
        if (table[i].scope == scope && (scope != SCOPE_RULE || table[i].mark) &&
            node_find(map, table[i].name))
            found++;
    return found;
}

static void check_required(
    const struct layer *layer, const struct node *map, enum setting_scope scope, const char *what)
{
    size_t count;
    const struct setting *table = settings_table(&count);
    for (size_t i = 0; i < count; i++)
        if (table[i].scope == scope && table[i].required && !node_find(map, table[i].name))
            problem_at(layer->problems, &map->at, "the %s has no `%s`", what, table[i].name);
}

static void check_rule(const struct layer *layer, const struct node *map, const struct rule *rule)
{
    check_required(layer, map, SCOPE_RULE, "rule");
    if (mentions(map, SCOPE_RULE) == 0)
        problem_at(layer->problems, &map->at, "the rule has no condition: it would always hold");
    for (uint32_t i = 0; i < layer->policy->rules; i++)
        if (rule->name[0] && strcmp(layer->policy->rule[i].name, rule->name) == 0)
            problem_at(layer->problems, &map->at, "a second rule named `%s`", rule->name);
}

static void read_rules(const struct layer *layer, const struct node *list)
{
    struct policy *policy = layer->policy;
    if (!expect(layer, list, NODE_LIST, "a list of rules"))
        return;
    policy->rules = 0;
    for (const struct node *node = list->first; node; node = node->next) {
        struct rule rule = {0};
        read_settings(
            layer, node, &(struct target){.scopes = SCOPE_RULE, .group = "", .rule = &rule});
        if (node->kind != NODE_MAP)
            continue;
        check_rule(layer, node, &rule);
        if (policy->rules == POLICY_RULES_MAX) {
            problem_at(layer->problems, &node->at, "more than %d rules", POLICY_RULES_MAX);
            break;
        }
        policy->rule[policy->rules++] = rule;
    }
}

/* Of two amounts of different kinds only the node can tell. */
static bool is_more(const struct amount *amount, const struct amount *than)
{
    return amount->relative == than->relative &&
           (amount->relative ? amount->ratio > than->ratio : amount->bytes > than->bytes);
}

static void complain_of_less(const struct layer *layer, const struct node *map, const char *what)
{
    problem_at(layer->problems, &map->at,
        "%s in the penalty before: who is reset more often would get away with less", what);
}

/* Against the row before it. */
static void check_penalty(
    const struct layer *layer, const struct node *map, const struct penalty *penalty)
{
    const struct penalties *penalties = &layer->policy->penalties;
    check_required(layer, map, SCOPE_PENALTY, "penalty");
    if (penalties->count == 0)
        return;
    const struct penalty *last = &penalties->row[penalties->count - 1];
    if (penalty->strikes > 0 && penalty->strikes <= last->strikes)
        problem_at(layer->problems, &map->at,
            "`strikes` must rise from penalty to penalty: %d after %d", penalty->strikes,
            last->strikes);
    if (penalty->probation_times < last->probation_times)
        complain_of_less(layer, map, "`probation_times` is less than");
    if (last->throttles && !penalty->throttles)
        complain_of_less(layer, map, "no `throttle_to`, and there is one");
    if (last->throttles && penalty->throttles && is_more(&penalty->throttle_to, &last->throttle_to))
        complain_of_less(layer, map, "`throttle_to` is more than");
}

static void read_penalties(const struct layer *layer, const struct node *list)
{
    struct penalties *penalties = &layer->policy->penalties;
    if (!expect(layer, list, NODE_LIST, "a list of penalties"))
        return;
    penalties->count = 0;
    for (const struct node *node = list->first; node; node = node->next) {
        struct penalty penalty = {.probation_times = 1};
        read_settings(layer, node,
            &(struct target){.scopes = SCOPE_PENALTY, .group = "", .penalty = &penalty});
        if (node->kind != NODE_MAP)
            continue;
        penalty.throttles = node_find(node, "throttle_to") != NULL;
        check_penalty(layer, node, &penalty);
        if (penalties->count == POLICY_PENALTIES_MAX) {
            problem_at(layer->problems, &node->at, "more than %d penalties", POLICY_PENALTIES_MAX);
            break;
        }
        penalties->row[penalties->count++] = penalty;
    }
}

static void check_match(const struct layer *layer, const struct node *map)
{
    if (mentions(map, SCOPE_MATCH) == 0)
        problem_at(layer->problems, &map->at,
            "the match has no condition; what is meant for every slice belongs in `slices`");
    if (mentions(map, SCOPE_SLICE) == 0)
        problem_at(layer->problems, &map->at, "the match gives no setting");
}

static void read_matches(const struct layer *layer, const struct node *list)
{
    struct policy *policy = layer->policy;
    if (!expect(layer, list, NODE_LIST, "a list of matches"))
        return;
    struct match *lower = policy->matches, **end = &policy->matches;
    for (const struct node *node = list->first; node; node = node->next) {
        if (policy->match_count == POLICY_MATCHES_MAX) {
            problem_at(layer->problems, &node->at, "more than %d matches", POLICY_MATCHES_MAX);
            break;
        }
        struct match *match = pool_take(&policy->pool, sizeof *match);
        if (!match)
            break;
        read_settings(layer, node,
            &(struct target){.scopes = SCOPE_MATCH | SCOPE_SLICE,
                .group = "",
                .slice = &match->value,
                .match = match});
        if (node->kind == NODE_MAP)
            check_match(layer, node);
        *end = match;
        end = &match->next;
        policy->match_count++;
    }
    *end = lower;
}

static void read_slices(const struct layer *layer, const struct node *map)
{
    read_settings(layer, map,
        &(struct target){.scopes = SCOPE_SLICE, .group = "", .slice = &layer->policy->slices});
}

static void read_group(const struct layer *layer, const struct node *map)
{
    char prefix[32];
    (void)text_format(prefix, sizeof prefix, "%s.", map->key->text);
    read_settings(layer, map, &(struct target){.scopes = SCOPE_GLOBAL, .group = prefix});
}

/* What stands at the top of a file beside single settings. */
static const struct section {
    const char *name;
    void (*read)(const struct layer *, const struct node *);
} sections[] = {
    {"guard", read_group},
    {"raises", read_group},
    {"last_resort", read_group},
    {"scorer", read_group},
    {"watchdog", read_group},
    {"mail", read_group},
    {"database", read_group},
    {"slices", read_slices},
    {"rules", read_rules},
    {"penalties", read_penalties},
    {"matches", read_matches},
};

static void read_top(const struct layer *layer, const struct node *node)
{
    struct nearest nearest = {.word = node->key->text};
    for (size_t i = 0; i < sizeof sections / sizeof *sections; i++) {
        if (strcmp(sections[i].name, node->key->text) == 0) {
            /* A section in which every line is commented out says nothing. */
            if (!is_empty(node))
                sections[i].read(layer, node);
            return;
        }
        nearest_offer(&nearest, sections[i].name);
    }
    read_setting(layer, node, &(struct target){.scopes = SCOPE_GLOBAL, .group = ""}, &nearest);
}

void layer_read(struct policy *policy, const struct node *root, struct problems *problems)
{
    const struct layer layer = {policy, problems};
    if (!root || is_empty(root) || !expect(&layer, root, NODE_MAP, "a mapping of settings"))
        return;
    for (const struct node *node = root->first; node; node = node->next)
        if (node->key->kind == NODE_SCALAR)
            read_top(&layer, node);
}
