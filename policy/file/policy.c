#include "policy/file/policy.h"

#include "policy/file/document.h"
#include "policy/file/layer.h"
#include "policy/file/settings.h"
#include "slices/base/file.h"
#include "slices/base/text.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const unsigned char default_text[] = {
#include "policy/default_policy.inc"
};

/* One load: the policy that is being made, and what has gone wrong so far. */
struct load {
    struct policy *policy;
    struct problems problems;
    int unreadable; /* -errno of the first file that can't be read */
};

const char *policy_default_text(size_t *ret_length)
{
    *ret_length = sizeof default_text;
    return (const char *)default_text;
}

uint64_t amount_of(const struct amount *amount, uint64_t whole)
{
    if (!amount->relative)
        return amount->bytes;
    double part = amount->ratio * (double)whole;
    return part < (double)whole ? (uint64_t)part : whole; /* 2^64 - 1 rounds up to 2^64 */
}

static void keep_text(struct policy *policy, const char *file, const char *text, size_t length)
{
    struct layer_text *kept = pool_take(&policy->pool, sizeof *kept);
    char *copy = pool_text(&policy->pool, text, length);
    if (!kept || !copy)
        return; /* the pool knows */
    *kept = (struct layer_text){.layer = {.file = file, .text = copy, .length = length}};
    *policy->texts_end = kept;
    policy->texts_end = &kept->next;
}

/* Lays one text over the policy. `file` must live as long as the policy, as origins point to it. */
static void load_text(struct load *load, const char *file, const char *text, size_t length)
{
    struct policy *policy = load->policy;
    struct pool scratch = {0};
    const struct node *root;
    if (document_read(&scratch, file, text, length, &load->problems, &root))
        layer_read(policy, root, &load->problems);
    policy->pool.exhausted |= scratch.exhausted;
    pool_free(&scratch);
    keep_text(policy, file, text, length);
    /* The length keeps two texts apart from their concatenation. */
    policy->hash = text_hash(policy->hash, &length, sizeof length);
    policy->hash = text_hash(policy->hash, text, length);
}

static bool is_unchanged(int fd, const struct stat *before)
{
    struct stat now;
    return fstat(fd, &now) == 0 && now.st_size == before->st_size &&
           now.st_mtim.tv_sec == before->st_mtim.tv_sec &&
           now.st_mtim.tv_nsec == before->st_mtim.tv_nsec;
}

static ssize_t read_open(int fd, char *buffer, size_t size)
{
    struct stat status;
    if (fstat(fd, &status) < 0)
        return -errno;
    if (!S_ISREG(status.st_mode))
        return S_ISDIR(status.st_mode) ? -EISDIR : -ENOTSUP;
    ssize_t n = file_pread(fd, buffer, size);
    return n < 0 || is_unchanged(fd, &status) ? n : -EBUSY;
}

/* The whole file into buffer. -EBUSY: it was written meanwhile, and half a policy may be a valid
 * one. */
static ssize_t read_whole(const char *path, char *buffer, size_t size)
{
    /* A FIFO would block without O_NONBLOCK; symbolic links are welcome here. */
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0)
        return -errno;
    ssize_t n = read_open(fd, buffer, size);
    (void)close(fd);
    return n;
}

static void load_file(struct load *load, const char *path)
{
    struct policy *policy = load->policy;
    const char *file = pool_text(&policy->pool, path, strlen(path));
    char *buffer = malloc(DOCUMENT_SIZE_MAX + 1);
    if (file && buffer) {
        ssize_t n = read_whole(path, buffer, DOCUMENT_SIZE_MAX + 1);
        if (n >= 0) {
            load_text(load, file, buffer, (size_t)n);
        } else {
            char reason[128];
            problem_at(&load->problems, &(struct origin){.file = file}, "%s",
                n == -EFBIG     ? "larger than 1 MiB"
                : n == -ENOTSUP ? "not a regular file"
                : n == -EBUSY   ? "it is being written; try again"
                                : strerror_r((int)-n, reason, sizeof reason));
            if (load->unreadable == 0)
                load->unreadable = (int)n;
        }
    }
    policy->pool.exhausted |= !buffer;
    free(buffer);
}

static int is_drop_in(const struct dirent *entry)
{
    return entry->d_name[0] != '.' && text_ends_with(entry->d_name, ".yaml");
}

/* By bytes: the order must not depend on anybody's locale. */
static int by_name(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

static void load_drop_ins(struct load *load, const char *folder)
{
    struct dirent **entry;
    int count = scandir(folder, &entry, is_drop_in, by_name);
    if (count < 0 && errno != ENOENT) {
        load->unreadable = load->unreadable ? load->unreadable : -errno;
        char reason[128];
        problem_at(&load->problems, &(struct origin){.file = folder}, "%s",
            strerror_r(errno, reason, sizeof reason));
    }
    for (int i = 0; i < count; i++) {
        char path[PATH_MAX];
        if (text_format(path, sizeof path, "%s/%s", folder, entry[i]->d_name) == 0)
            load_file(load, path);
        free(entry[i]);
    }
    if (count >= 0)
        free(entry);
}

/* Every setting as the table has it. */
static void set_fallbacks(struct policy *policy)
{
    size_t count;
    const struct setting *table = settings_table(&count);
    for (size_t i = 0; i < count; i++) {
        void *object = table[i].scope == SCOPE_GLOBAL  ? (void *)&policy->globals
                       : table[i].scope == SCOPE_SLICE ? (void *)&policy->slices
                                                       : NULL;
        if (object)
            (void)setting_parse(&table[i], table[i].fallback, object, NULL);
    }
}

static void scale(struct slice_policy *slice, double time_scale)
{
    for (unsigned i = 0; i < SLICE_SETTINGS; i++) {
        const struct setting *setting = setting_of_slice((enum slice_setting)i);
        int64_t *usec = (void *)((char *)slice + setting->offset);
        if (setting->scaled)
            *usec = (int64_t)((double)*usec / time_scale);
    }
}

/* Begins with what no text says. -ENOMEM. */
static int load_begin_empty(struct load *load, policy_say *say, void *context)
{
    *load = (struct load){.policy = calloc(1, sizeof *load->policy), .problems = {say, context, 0}};
    if (!load->policy)
        return -ENOMEM;
    load->policy->hash = TEXT_HASH_SEED;
    load->policy->texts_end = &load->policy->texts;
    set_fallbacks(load->policy);
    return 0;
}

/* Begins with the built-in defaults. -ENOMEM. */
static int load_begin(struct load *load, policy_say *say, void *context)
{
    int r = load_begin_empty(load, say, context);
    if (r == 0)
        load_text(load, NULL, (const char *)default_text, sizeof default_text);
    return r;
}

/* What no setting can see by itself: all layers have had their say. */
static void check_whole(struct load *load)
{
    const struct policy *policy = load->policy;
    if (policy->globals.formula == FORMULA_OUTSIDE && policy->globals.scorer.program[0] == '\0')
        problem_at(&load->problems, &policy->formula_origin,
            "score: `outside` needs a program: `scorer.program` names none");
}

static void note_short(struct policy *policy)
{
    struct policy_globals *globals = &policy->globals;
    for (uint32_t i = 0; i < policy->rules; i++) {
        const struct rule *rule = &policy->rule[i];
        const struct amount *below = &rule->available_below;
        bool acts = rule->action == RULE_RESET || rule->action == RULE_REBOOT;
        if (!acts || !(rule->conditions & RULE_AVAILABLE_BELOW))
            continue;
        if (below->relative && below->ratio > globals->short_ratio)
            globals->short_ratio = below->ratio;
        if (!below->relative && below->bytes > globals->short_bytes)
            globals->short_bytes = below->bytes;
    }
}

uint64_t policy_short_below(const struct policy_globals *globals, uint64_t memory)
{
    const struct amount part = {.relative = true, .ratio = globals->short_ratio};
    uint64_t bytes = amount_of(&part, memory);
    return bytes > globals->short_bytes ? bytes : globals->short_bytes;
}

static int load_end(struct load *load, struct policy **ret)
{
    struct policy *policy = load->policy;
    check_whole(load);
    int r = policy->pool.exhausted     ? -ENOMEM
            : load->unreadable < 0     ? load->unreadable
            : load->problems.count > 0 ? -EINVAL
                                       : 0;
    if (r < 0) {
        policy_free(policy);
        return r;
    }
    note_short(policy);
    scale(&policy->slices, policy->globals.time_scale);
    for (struct match *match = policy->matches; match; match = match->next)
        scale(&match->value, policy->globals.time_scale);
    *ret = policy;
    return 0;
}

int policy_load(
    const struct policy_source *source, policy_say *say, void *context, struct policy **ret)
{
    struct load load;
    int r = load_begin(&load, say, context);
    if (r < 0)
        return r;
    if (source->file)
        load_file(&load, source->file);
    if (source->drop_ins)
        load_drop_ins(&load, source->drop_ins);
    return load_end(&load, ret);
}

int policy_load_text(const char *name, const char *text, size_t length, policy_say *say,
    void *context, struct policy **ret)
{
    struct load load;
    int r = load_begin(&load, say, context);
    if (r < 0)
        return r;
    const char *file = pool_text(&load.policy->pool, name, strlen(name));
    if (file)
        load_text(&load, file, text, length);
    return load_end(&load, ret);
}

int policy_load_layers(const struct policy_layer *layers, uint32_t count, policy_say *say,
    void *context, struct policy **ret)
{
    struct load load;
    int r = load_begin_empty(&load, say, context);
    if (r < 0)
        return r;
    for (uint32_t n = 0; n < count; n++) {
        const char *file = layers[n].file;
        if (file)
            file = pool_text(&load.policy->pool, file, strlen(file));
        load_text(&load, file, layers[n].text, layers[n].length);
    }
    return load_end(&load, ret);
}

bool policy_layer(const struct policy *policy, uint32_t n, struct policy_layer *ret)
{
    const struct layer_text *text = policy->texts;
    while (text && n-- > 0)
        text = text->next;
    if (text)
        *ret = text->layer;
    return text != NULL;
}

void policy_free(struct policy *policy)
{
    if (!policy)
        return;
    pool_free(&policy->pool);
    free(policy);
}

const struct policy_globals *policy_globals(const struct policy *policy)
{
    return &policy->globals;
}

const struct rule *policy_rules(const struct policy *policy, uint32_t *ret_count)
{
    *ret_count = policy->rules;
    return policy->rule;
}

const struct penalty *penalty_of(const struct penalties *penalties, uint32_t strikes)
{
    const struct penalty *reached = NULL;
    for (uint32_t i = 0; penalties && i < penalties->count; i++)
        if (strikes >= (uint32_t)penalties->row[i].strikes)
            reached = &penalties->row[i];
    return reached;
}

void policy_for_slice(
    const struct policy *policy, const struct slice *slice, struct slice_policy *ret)
{
    const unsigned all = (1u << SLICE_SETTINGS) - 1;
    *ret = policy->slices;
    ret->penalties = &policy->penalties;
    unsigned given = 0;
    for (const struct match *match = policy->matches; match && given != all; match = match->next) {
        unsigned news = match->says & ~given;
        if (!news || !match_fits(match, slice))
            continue;
        for (unsigned i = 0; i < SLICE_SETTINGS; i++) {
            const struct setting *setting = setting_of_slice((enum slice_setting)i);
            if (!(news >> i & 1))
                continue;
            memcpy((char *)ret + setting->offset, (const char *)&match->value + setting->offset,
                setting->size);
            ret->origin[i] = match->value.origin[i];
        }
        given |= news;
    }
}

uint64_t policy_hash(const struct policy *policy)
{
    return policy->hash;
}
