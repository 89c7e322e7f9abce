#include "mom/cli/oom_kills.h"

#include "slices/base/text.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

struct oom_row {
    char key[SLICE_KEY_MAX], name[SLICE_NAME_MAX];
    struct oom_kills kills;
    struct query_oom_kills past;
};

struct oom_kills oom_kills_of(const struct live_slice *now, const struct query_oom_kills *past)
{
    bool counted = now && sample_has(&now->sample, SAMPLE_EVENT_OOM_KILL);
    bool same = past && (now ? slice_life_equal(&now->slice.life, &past->life) : past->life_lasts);
    uint64_t stored = same ? past->in_life : 0;
    uint64_t in_life = counted ? now->sample.value[SAMPLE_EVENT_OOM_KILL] : stored;
    uint64_t ever = past ? past->ever : 0;
    if (in_life > stored) /* the recorder is behind */
        ever += in_life - stored;
    return (struct oom_kills){
        .in_life = counted || same ? cell_count(in_life) : cell_absent(),
        .ever = past ? cell_count(ever) : cell_absent(),
        .newest = past ? cell_time(past->newest_unix_usec) : cell_absent(),
        .any = in_life > 0 || ever > 0,
    };
}

static struct oom_row *add_row(struct oom_list *list, const char *key, const char *name)
{
    if (list->count == list->room) {
        size_t room = list->room ? 2 * list->room : 16;
        struct oom_row *more = reallocarray(list->row, room, sizeof *more);
        if (!more)
            return NULL;
        list->row = more;
        list->room = room;
    }
    struct oom_row *row = &list->row[list->count++];
    memset(row, 0, sizeof *row);
    (void)text_copy(row->key, sizeof row->key, key);
    (void)text_copy(row->name, sizeof row->name, name);
    return row;
}

int oom_list_take(struct oom_list *list, const struct query_slice *past)
{
    if (past->oom_kills.ever == 0)
        return 0;
    struct oom_row *row = add_row(list, past->key, past->name);
    if (!row)
        return -ENOMEM;
    row->past = past->oom_kills;
    return 0;
}

static int by_key(const void *a, const void *b)
{
    return strcmp(((const struct oom_row *)a)->key, ((const struct oom_row *)b)->key);
}

static int key_of(const void *key, const void *row)
{
    return strcmp(key, ((const struct oom_row *)row)->key);
}

/* What the daemon sees: a slice that is not there now has no present life, whatever the database
 * was not told of its end. */
static int add_living(struct oom_list *list, const struct daemon *daemon, bool stored)
{
    static const struct query_oom_kills nothing;
    struct live_slice slice;
    uint32_t index = 0;
    size_t known = list->count;
    for (size_t i = 0; i < known; i++) {
        list->row[i].past.life_lasts = false;
        list->row[i].kills = oom_kills_of(NULL, &list->row[i].past);
    }
    while (daemon_next(daemon, &index, &slice)) {
        struct oom_row *row =
            known ? bsearch(slice.slice.key, list->row, known, sizeof *list->row, key_of) : NULL;
        struct oom_kills kills = oom_kills_of(&slice, row ? &row->past : stored ? &nothing : NULL);
        if (!kills.any)
            continue;
        if (!row)
            row = add_row(list, slice.slice.key, slice.slice.name);
        if (!row)
            return -ENOMEM;
        row->kills = kills;
    }
    return 0;
}

int oom_list_show(
    struct oom_list *list, const struct daemon *daemon, bool stored, struct output *output)
{
    static const struct column columns[] = {
        {"slice", "Slice", ALIGN_LEFT},
        {"name", "Name", ALIGN_LEFT},
        {"kills_in_life", "OOM kills", ALIGN_RIGHT},
        {"kills_ever", "Ever", ALIGN_RIGHT},
        {"last_kill_seen", "Last seen", ALIGN_LEFT},
    };
    static const struct section section = {"oom_kills", columns, COUNT(columns)};
    int r = 0;
    if (daemon)
        r = add_living(list, daemon, stored);
    else
        for (size_t i = 0; i < list->count; i++)
            list->row[i].kills = oom_kills_of(NULL, &list->row[i].past);
    if (list->count > 0)
        qsort(list->row, list->count, sizeof *list->row, by_key);
    output_section(output, &section);
    for (size_t i = 0; i < list->count; i++) {
        const struct oom_row *row = &list->row[i];
        const struct cell cells[] = {
            cell_text(row->key),
            cell_text(row->name),
            row->kills.in_life,
            row->kills.ever,
            row->kills.newest,
        };
        _Static_assert(COUNT(cells) == COUNT(columns), "a cell for each column");
        output_row(output, cells);
    }
    free(list->row);
    *list = (struct oom_list){0};
    return r;
}
