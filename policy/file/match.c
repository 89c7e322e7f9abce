#include "policy/file/match.h"

#include "slices/base/text.h"

#include <fnmatch.h>

bool match_glob(const char *pattern, const char *text)
{
    return fnmatch(pattern, text, FNM_NOESCAPE) == 0;
}

static bool key_fits(const struct slice *slice, const char *pattern)
{
    return match_glob(pattern, slice->key);
}

static bool path_fits(const struct slice *slice, const char *pattern)
{
    return match_glob(pattern, slice->path);
}

static bool name_fits(const struct slice *slice, const char *pattern)
{
    return match_glob(pattern, slice->name);
}

static bool runtime_fits(const struct slice *slice, const char *pattern)
{
    return match_glob(pattern, slice->runtime);
}

/* By number; by login name where the slice is a user's own, since only there the name is one. */
static bool user_fits(const struct slice *slice, const char *pattern)
{
    char uid[16];
    (void)text_format(uid, sizeof uid, "%lu", (unsigned long)slice->uid);
    return match_glob(pattern, uid) ||
           (slice->kind == SLICE_USER && match_glob(pattern, slice->name));
}

static bool kind_fits(const struct slice *slice, const char *pattern)
{
    return match_glob(pattern, slice_kind_names[slice->kind]);
}

static bool (*const condition_fits[MATCH_CONDITIONS])(const struct slice *, const char *) = {
    [MATCH_KEY] = key_fits,
    [MATCH_PATH] = path_fits,
    [MATCH_NAME] = name_fits,
    [MATCH_RUNTIME] = runtime_fits,
    [MATCH_USER] = user_fits,
    [MATCH_KIND] = kind_fits,
};

static bool any_fits(
    const struct globs *globs, enum match_condition condition, const struct slice *slice)
{
    for (unsigned i = 0; i < globs->count; i++)
        if (condition_fits[condition](slice, globs->pattern[i]))
            return true;
    return false;
}

bool match_fits(const struct match *match, const struct slice *slice)
{
    for (unsigned i = 0; i < MATCH_CONDITIONS; i++) {
        const struct globs *globs = &match->condition[i];
        if (globs->count > 0 && !any_fits(globs, (enum match_condition)i, slice))
            return false;
    }
    return true;
}
