#include "slices/find/tree_table.h"

#include "slices/base/text.h"

#include <errno.h>
#include <string.h>

/* --- Opening -------------------------------------------------------------------------------- */

static int take_memory(struct table *table, struct mom_error *error)
{
    size_t groups = table->group_capacity, slices = table->capacity;
    size_t buckets = (size_t)table->bucket_mask + 1;
    enum { PADDING = 8 * 64 }; /* arena_take aligns each of the blocks below */
    size_t size = groups * sizeof *table->groups + buckets * 2 * sizeof *table->by_name +
                  slices * (sizeof *table->slices + sizeof *table->living + sizeof *table->lost +
                               sizeof *table->free_slots) +
                  PADDING;
    int r = arena_open(&table->arena, size, error);
    if (r < 0)
        return r;
    table->groups = arena_take(&table->arena, groups, sizeof *table->groups);
    table->by_name = arena_take(&table->arena, buckets, sizeof *table->by_name);
    table->by_watch = arena_take(&table->arena, buckets, sizeof *table->by_watch);
    table->slices = arena_take(&table->arena, slices, sizeof *table->slices);
    table->living = arena_take(&table->arena, slices, sizeof *table->living);
    table->lost = arena_take(&table->arena, slices, sizeof *table->lost);
    table->free_slots = arena_take(&table->arena, slices, sizeof *table->free_slots);
    return 0;
}

int table_open(struct table *table, uint32_t capacity, const char *scope, struct mom_error *error)
{
    enum { CAPACITY_MOST = 1 << 20, DIRECTORIES_LEAST = 256 };
    *table = (struct table){.capacity = capacity};
    if (capacity == 0 || capacity > CAPACITY_MOST)
        return error_set(error, -EINVAL, "max_slices: 1 to %d", CAPACITY_MOST);
    if (text_copy(table->scope, sizeof table->scope, scope && *scope ? scope : "/") < 0)
        return error_errno(error, -ENAMETOOLONG, "--scope");
    for (size_t length = strlen(table->scope); length > 1 && table->scope[length - 1] == '/';)
        table->scope[--length] = '\0';
    if (table->scope[0] != '/')
        return error_set(error, -EINVAL, "--scope %s: must begin with '/'", scope);
    table->group_capacity = 2 * capacity + DIRECTORIES_LEAST;
    table->bucket_mask = 255;
    while (table->bucket_mask < table->group_capacity)
        table->bucket_mask = table->bucket_mask * 2 + 1;
    int r = take_memory(table, error);
    if (r < 0)
        return r;
    for (uint32_t i = table->group_capacity; i-- > 0;) {
        table->groups[i].next = table->free_groups;
        table->free_groups = &table->groups[i];
    }
    for (uint32_t i = capacity; i-- > 0;)
        table->free_slots[table->free_count++] = i;
    return 0;
}

void table_close(struct table *table)
{
    arena_close(&table->arena);
}

/* --- Groups --------------------------------------------------------------------------------- */

static struct group **name_bucket(
    const struct table *table, const struct group *parent, const char *name)
{
    uint64_t hash = text_hash(TEXT_HASH_SEED, &parent, sizeof parent);
    hash = text_hash(hash, name, strlen(name));
    /* FNV's low bits depend on low bits alone, so names that share a bucket are easily made; the
     * high ones depend on the parent's address too. */
    return &table->by_name[(hash >> 32) & table->bucket_mask];
}

static struct group **watch_bucket(const struct table *table, int watch)
{
    return &table->by_watch[(uint32_t)watch & table->bucket_mask];
}

struct group *table_find(const struct table *table, const struct group *parent, const char *name)
{
    struct group *group = *name_bucket(table, parent, name);
    while (group && (group->parent != parent || strcmp(group->name, name) != 0))
        group = group->name_chain;
    return group;
}

static void link_to_parent(struct group *group, struct group *parent)
{
    group->parent = parent;
    if (!parent)
        return;
    group->depth = parent->depth + 1;
    group->sibling_next = parent->children;
    if (parent->children)
        parent->children->sibling_prev = group;
    parent->children = group;
}

static void unlink_from_parent(const struct group *group)
{
    if (group->sibling_next)
        group->sibling_next->sibling_prev = group->sibling_prev;
    if (group->sibling_prev)
        group->sibling_prev->sibling_next = group->sibling_next;
    else if (group->parent)
        group->parent->children = group->sibling_next;
}

static void append(struct table *table, struct group *group)
{
    group->prev = table->last;
    if (table->last)
        table->last->next = group;
    else
        table->first = group;
    table->last = group;
}

static void unlink_from_list(struct table *table, const struct group *group)
{
    if (group->prev)
        group->prev->next = group->next;
    else
        table->first = group->next;
    if (group->next)
        group->next->prev = group->prev;
    else
        table->last = group->prev;
}

struct group *table_add(struct table *table, struct group *parent, const char *name)
{
    struct group *group = table->free_groups;
    if (!group || strlen(name) >= sizeof group->name)
        return NULL;
    table->free_groups = group->next;
    *group = (struct group){.in_use = true, .watch = -1};
    (void)text_copy(group->name, sizeof group->name, name);
    struct group **bucket = name_bucket(table, parent, name);
    group->name_chain = *bucket;
    *bucket = group;
    link_to_parent(group, parent);
    append(table, group);
    return group;
}

void table_remove(struct table *table, struct group *group)
{
    struct group **link = name_bucket(table, group->parent, group->name);
    while (*link != group)
        link = &(*link)->name_chain;
    *link = group->name_chain;
    unlink_from_parent(group);
    unlink_from_list(table, group);
    *group = (struct group){.next = table->free_groups};
    table->free_groups = group;
}

void table_set_watch(struct table *table, struct group *group, int watch)
{
    if (group->watch >= 0) {
        struct group **link = watch_bucket(table, group->watch);
        while (*link != group)
            link = &(*link)->watch_chain;
        *link = group->watch_chain;
    }
    group->watch = watch;
    if (watch >= 0) {
        struct group **bucket = watch_bucket(table, watch);
        group->watch_chain = *bucket;
        *bucket = group;
    }
}

struct group *table_watched(const struct table *table, int watch)
{
    struct group *group = *watch_bucket(table, watch);
    while (group && group->watch != watch)
        group = group->watch_chain;
    return group;
}

int table_path(const struct table *table, const struct group *group, const char *name,
    char path[SLICE_PATH_MAX])
{
    const char *parts[TABLE_DEPTH_MAX + 2];
    size_t count = 0, used = 0;
    if (name)
        parts[count++] = name;
    for (; group->parent; group = group->parent)
        parts[count++] = group->name;
    if (strcmp(table->scope, "/") != 0 || count == 0)
        used = strlen(strcpy(path, table->scope));
    while (count-- > 0) {
        if (text_format(path + used, SLICE_PATH_MAX - used, "/%s", parts[count]) < 0)
            return -ENAMETOOLONG;
        used += strlen(path + used);
    }
    return 0;
}

/* --- Slices --------------------------------------------------------------------------------- */

struct slice *table_take_slice(struct table *table, const struct slice *draft, uint32_t reserve)
{
    if (table->free_count <= reserve)
        return NULL;
    uint32_t index = table->free_slots[--table->free_count];
    table->slices[index] = *draft;
    table->slices[index].index = index;
    table->living[index] = true;
    table->count++;
    return &table->slices[index];
}

void table_lose_slice(struct table *table, const struct slice *slice)
{
    table->living[slice->index] = false;
    table->count--;
    table->lost[table->lost_count++] = slice;
}

void table_forget_lost(struct table *table)
{
    while (table->lost_count > 0)
        table->free_slots[table->free_count++] = table->lost[--table->lost_count]->index;
}
