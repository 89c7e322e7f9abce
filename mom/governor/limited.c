#include "mom/governor/limited.h"

#include "slices/base/text.h"
#include "slices/memory_nodes.h"

#include <string.h>

/* A domain takes another's place when it is fuller by this part of its memory. */
#define FULLER 0.1
/* So many different sets of memory nodes are looked at. */
#define SETS_MAX 16

struct search {
    const struct limited *limited;
    const struct limited_view *view;
    char domain[SLICE_PATH_MAX]; /* the fullest that is not watched; "": none */
    double used;                 /* part of its memory */
};

static bool is_shared(const struct limited_view *view, const char *domain)
{
    const struct standing_source *slices = view->slices;
    struct watch *watch;
    const struct slice *slice;
    uint32_t count = 0;
    for (uint32_t place = 0; count < 2 && slices->next(slices->context, &place, &watch, &slice);)
        count += standing_holds(domain, slice->path, sample_known(&watch->sample, SAMPLE_MEMS));
    return count == 2;
}

static bool is_known(const struct limited *limited, const char *domain)
{
    for (uint32_t i = 1; i < DOMAINS_MAX; i++)
        if (limited->of[i].state != LIMITED_NONE && strcmp(limited->of[i].domain, domain) == 0)
            return true;
    return false;
}

static void offer(struct search *search, const char *domain, double used)
{
    if ((search->domain[0] != '\0' && used <= search->used) || !is_shared(search->view, domain))
        return;
    search->used = used;
    (void)text_copy(search->domain, sizeof search->domain, domain);
}

static void consider(struct search *search, const char *path)
{
    uint64_t limit, used;
    if (is_known(search->limited, path) ||
        domain_glance(search->view->hierarchy, path, &limit, &used) < 0 || limit == 0 ||
        limit >= search->view->node->value[NODE_MEM_TOTAL])
        return;
    offer(search, path, (double)used / (double)limit);
}

/* Memory nodes are always full of page cache, which is no reason to watch them. */
static double part_used(const char *domain, const struct node_sample *sample)
{
    uint64_t unused;
    enum node_field left = memory_nodes_named(domain, &unused) ? NODE_MEM_AVAILABLE : NODE_MEM_FREE;
    return 1 - (double)sample->value[left] / (double)sample->value[NODE_MEM_TOTAL];
}

static void consider_nodes(struct search *search, uint64_t nodes)
{
    char domain[MEMORY_NODES_NAME_MAX];
    struct domain_reader reader;
    struct node_sample sample;
    memory_nodes_name(nodes, domain);
    if (is_known(search->limited, domain) || domain_reader_open_mems(&reader, nodes) < 0)
        return;
    if (domain_read(&reader, search->view->node->at, search->view->node, &sample) == 0)
        offer(search, domain, part_used(domain, &sample));
    domain_reader_close(&reader);
}

static void consider_all_nodes(struct search *search)
{
    const struct standing_source *slices = search->view->slices;
    uint64_t set[SETS_MAX];
    uint32_t sets = 0;
    struct watch *watch;
    const struct slice *slice;
    for (uint32_t place = 0;
         sets < SETS_MAX && slices->next(slices->context, &place, &watch, &slice);) {
        uint64_t nodes = sample_known(&watch->sample, SAMPLE_MEMS);
        uint32_t i = 0;
        while (i < sets && set[i] != nodes)
            i++;
        if (nodes == 0 || i < sets)
            continue;
        set[sets++] = nodes;
        consider_nodes(search, nodes);
    }
}

/* The groups that are looked into, and those above the scope: its own limit and theirs bind as the
 * node's memory does. */
static void consider_all(struct search *search)
{
    char path[SLICE_PATH_MAX];
    const struct group *branch = NULL;
    while ((branch = tree_next_branch(search->view->tree, branch, path)))
        consider(search, path);
    (void)text_copy(path, sizeof path, search->view->scope);
    for (char *end; (end = strrchr(path, '/')) && path[1] != '\0';) {
        end[end == path] = '\0';
        consider(search, path);
    }
    consider_all_nodes(search);
}

static void leave(struct limited_group *group, uint64_t published)
{
    group->state = LIMITED_LEAVING;
    group->left = published + 1;
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
            (!found || part_used(group->domain, &group->sample) <
                           part_used(found->domain, &found->sample)))
            found = group;
    }
    return found;
}

static int open_reader(
    struct domain_reader *reader, const struct hierarchy *hierarchy, const char *domain)
{
    uint64_t nodes;
    return memory_nodes_named(domain, &nodes) ? domain_reader_open_mems(reader, nodes)
                                              : domain_reader_open(reader, hierarchy, domain);
}

/* One place a search, until there are none left; then the emptiest goes for one that is fuller. */
static bool take_in(struct limited *limited, const struct search *search, uint64_t published)
{
    const struct limited_view *view = search->view;
    struct limited_group *group = free_place(limited);
    if (!group) {
        group = emptiest(limited);
        if (group && search->used > part_used(group->domain, &group->sample) + FULLER)
            leave(group, published);
        return false;
    }
    if (open_reader(&group->reader, view->hierarchy, search->domain) < 0)
        return false;
    group->reader.swap_above = domain_swap_above(view->hierarchy, search->domain);
    if (domain_read(&group->reader, view->node->at, view->node, &group->sample) < 0) {
        domain_reader_close(&group->reader);
        return false;
    }
    (void)text_copy(group->domain, sizeof group->domain, search->domain);
    group->state = LIMITED_WATCHED;
    return true;
}

static void follow(
    struct limited *limited, const struct limited_view *view, uint64_t published, uint64_t taken)
{
    for (uint32_t i = 1; i < DOMAINS_MAX; i++) {
        struct limited_group *group = &limited->of[i];
        if (group->state == LIMITED_LEAVING && taken >= group->left) {
            domain_reader_close(&group->reader);
            group->state = LIMITED_NONE;
        }
        if (group->state == LIMITED_WATCHED)
            group->reader.swap_above = domain_swap_above(view->hierarchy, group->domain);
        if (group->state == LIMITED_WATCHED &&
            (domain_read(&group->reader, view->node->at, view->node, &group->sample) < 0 ||
                !is_shared(view, group->domain)))
            leave(group, published);
    }
}

void limited_update(
    struct limited *limited, const struct limited_view *view, uint64_t published, uint64_t taken)
{
    struct search search = {limited, view, "", 0};
    if (!node_has(view->node, NODE_MEM_TOTAL))
        return; /* what is watched stays so, with the numbers of the tick before */
    follow(limited, view, published, taken);
    do {
        search.domain[0] = '\0';
        consider_all(&search);
    } while (search.domain[0] != '\0' && take_in(limited, &search, published));
}

void limited_close(struct limited *limited)
{
    for (uint32_t i = 1; i < DOMAINS_MAX; i++)
        if (limited->of[i].state != LIMITED_NONE)
            domain_reader_close(&limited->of[i].reader);
    *limited = (struct limited){0};
}
