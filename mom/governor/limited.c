#include "mom/governor/limited.h"

#include "slices/base/text.h"

#include <string.h>

/* A group takes another's place when it is fuller by this part of its limit. */
#define FULLER 0.1

struct search {
    struct limited *limited;
    const struct hierarchy *hierarchy;
    const struct tree *tree;
    const struct node_sample *node;
    char path[SLICE_PATH_MAX]; /* the fullest that is not watched; "": none */
    double used;               /* part of its limit */
};

static bool is_shared(const struct tree *tree, const char *path)
{
    uint32_t slices = 0;
    for (uint32_t i = 0; i < tree_capacity(tree) && slices < 2; i++) {
        const struct slice *slice = tree_slice(tree, i);
        slices += slice && slice_path_within(slice->path, path);
    }
    return slices == 2;
}

static bool is_known(const struct limited *limited, const char *path)
{
    for (uint32_t i = 1; i < DOMAINS_MAX; i++)
        if (limited->of[i].state != LIMITED_NONE && strcmp(limited->of[i].path, path) == 0)
            return true;
    return false;
}

static void consider(struct search *search, const char *path)
{
    uint64_t limit, used;
    if (is_known(search->limited, path) ||
        domain_glance(search->hierarchy, path, &limit, &used) < 0 || limit == 0 ||
        limit >= search->node->value[NODE_MEM_TOTAL])
        return;
    double part = (double)used / (double)limit;
    if ((search->path[0] != '\0' && part <= search->used) || !is_shared(search->tree, path))
        return;
    search->used = part;
    (void)text_copy(search->path, sizeof search->path, path);
}

/* The groups that are looked into, and those above the scope: its own limit and theirs bind as the
 * node's memory does. */
static void consider_all(struct search *search, const char *scope)
{
    char path[SLICE_PATH_MAX];
    const struct group *branch = NULL;
    while ((branch = tree_next_branch(search->tree, branch, path)))
        consider(search, path);
    (void)text_copy(path, sizeof path, scope);
    for (char *end; (end = strrchr(path, '/')) && path[1] != '\0';) {
        end[end == path] = '\0';
        consider(search, path);
    }
}

static void leave(struct limited_group *group, uint64_t published)
{
    group->state = LIMITED_LEAVING;
    group->left = published + 1;
}

static double part_used(const struct node_sample *sample)
{
    return 1 - (double)sample->value[NODE_MEM_FREE] / (double)sample->value[NODE_MEM_TOTAL];
}

static struct limited_group *free_place(struct limited *limited)
{
    for (uint32_t i = 1; i < DOMAINS_MAX; i++)
        if (limited->of[i].state == LIMITED_NONE)
            return &limited->of[i];
    return NULL;
}

/* Of those that are watched. */
static struct limited_group *emptiest(struct limited *limited)
{
    struct limited_group *found = NULL;
    for (uint32_t i = 1; i < DOMAINS_MAX; i++) {
        struct limited_group *group = &limited->of[i];
        if (group->state == LIMITED_WATCHED &&
            (!found || part_used(&group->sample) < part_used(&found->sample)))
            found = group;
    }
    return found;
}

/* One place a search, until there are none left; then the emptiest goes for one that is fuller. */
static bool take_in(struct search *search, uint64_t published)
{
    struct limited_group *group = free_place(search->limited);
    if (!group) {
        group = emptiest(search->limited);
        if (group && search->used > part_used(&group->sample) + FULLER)
            leave(group, published);
        return false;
    }
    if (domain_reader_open(&group->reader, search->hierarchy, search->path) < 0)
        return false;
    group->reader.swap_above = domain_swap_above(search->hierarchy, search->path);
    if (domain_read(&group->reader, search->node->at, search->node, &group->sample) < 0) {
        domain_reader_close(&group->reader);
        return false;
    }
    (void)text_copy(group->path, sizeof group->path, search->path);
    group->state = LIMITED_WATCHED;
    return true;
}

static void follow(struct limited *limited, const struct hierarchy *hierarchy,
    const struct tree *tree, const struct node_sample *node, uint64_t published, uint64_t taken)
{
    for (uint32_t i = 1; i < DOMAINS_MAX; i++) {
        struct limited_group *group = &limited->of[i];
        if (group->state == LIMITED_LEAVING && taken >= group->left) {
            domain_reader_close(&group->reader);
            group->state = LIMITED_NONE;
        }
        if (group->state == LIMITED_WATCHED)
            group->reader.swap_above = domain_swap_above(hierarchy, group->path);
        if (group->state == LIMITED_WATCHED &&
            (domain_read(&group->reader, node->at, node, &group->sample) < 0 ||
                !is_shared(tree, group->path)))
            leave(group, published);
    }
}

void limited_update(struct limited *limited, const struct hierarchy *hierarchy,
    const struct tree *tree, const char *scope, const struct node_sample *node, uint64_t published,
    uint64_t taken)
{
    struct search search = {limited, hierarchy, tree, node, "", 0};
    if (!node_has(node, NODE_MEM_TOTAL))
        return; /* what is watched stays so, with the numbers of the tick before */
    follow(limited, hierarchy, tree, node, published, taken);
    do {
        search.path[0] = '\0';
        consider_all(&search, scope);
    } while (search.path[0] != '\0' && take_in(&search, published));
}

void limited_close(struct limited *limited)
{
    for (uint32_t i = 1; i < DOMAINS_MAX; i++)
        if (limited->of[i].state != LIMITED_NONE)
            domain_reader_close(&limited->of[i].reader);
    *limited = (struct limited){0};
}
