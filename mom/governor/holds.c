#include "mom/governor/holds.h"

#include "mom/common/paths.h"
#include "slices/base/text.h"

#include <errno.h>
#include <string.h>

struct hold {
    int64_t until_unix_usec; /* 0: a free row */
    char key[SLICE_KEY_MAX];
};

static struct hold *rows(const struct holds *holds)
{
    return holds->file.base;
}

int holds_open(struct holds *holds, const char *run_dir, struct mom_error *error)
{
    char path[PATH_MAX];
    int r = paths_join(path, sizeof path, run_dir, "holds");
    if (r < 0)
        return error_errno(error, r, "%s", run_dir);
    r = shared_file_create(
        path, HOLDS_MAX * sizeof(struct hold), 0600, (gid_t)-1, &holds->file, error);
    holds->used = r < 0 ? 0 : HOLDS_MAX;
    while (holds->used > 0 && rows(holds)[holds->used - 1].until_unix_usec == 0)
        holds->used--;
    return r;
}

void holds_close(struct holds *holds)
{
    shared_file_close(&holds->file);
}

static struct hold *find(const struct holds *holds, const char *key)
{
    for (int i = 0; i < holds->used; i++)
        if (rows(holds)[i].until_unix_usec != 0 &&
            strncmp(rows(holds)[i].key, key, SLICE_KEY_MAX) == 0)
            return &rows(holds)[i];
    return NULL;
}

int64_t holds_until(const struct holds *holds, const char *key, int64_t now_unix_usec)
{
    const struct hold *hold = find(holds, key);
    return hold && hold->until_unix_usec > now_unix_usec ? hold->until_unix_usec : 0;
}

int holds_set(struct holds *holds, const char *key, int64_t until_unix_usec, int64_t now_unix_usec)
{
    struct hold *hold = find(holds, key);
    for (int i = 0; !hold && until_unix_usec != 0 && i < HOLDS_MAX; i++)
        if (rows(holds)[i].until_unix_usec <= now_unix_usec)
            hold = &rows(holds)[i];
    if (!hold)
        return until_unix_usec == 0 ? 0 : -ENOSPC;
    hold->until_unix_usec = 0; /* a row is free while its key changes */
    (void)text_copy(hold->key, sizeof hold->key, key);
    hold->until_unix_usec = until_unix_usec;
    int row = (int)(hold - rows(holds));
    holds->used = row < holds->used ? holds->used : row + 1;
    return 0;
}

void holds_clear(struct holds *holds)
{
    memset(holds->file.base, 0, holds->file.size);
    holds->used = 0;
}
