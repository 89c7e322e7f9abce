#include "mom/governor/victims.h"

#include "slices/base/text.h"
#include "slices/sample.h"

#include <string.h>

/* Pages of files and libraries count into a process's memory, but may be charged to another group.
 */
#define CHARGED_ELSEWHERE (64ull << 20)

static struct heard *find_heard(struct victims *victims, const struct death *death)
{
    for (uint32_t i = 0; i < VICTIMS_HEARD; i++) {
        struct heard *heard = &victims->heard[i];
        if (heard->death.pid == death->pid &&
            death->at.boot_usec - heard->death.at.boot_usec < VICTIMS_PATIENCE_USEC)
            return heard;
    }
    return NULL;
}

void victims_hear(struct victims *victims, const struct death *death)
{
    struct heard *heard = find_heard(victims, death);
    if (!heard) {
        heard = &victims->heard[victims->next_heard++ % VICTIMS_HEARD];
        *heard = (struct heard){.death = *death};
        return;
    }
    struct death *known = &heard->death;
    if (known->name[0] == '\0')
        (void)text_copy(known->name, sizeof known->name, death->name);
    if (known->group[0] == '\0')
        (void)text_copy(known->group, sizeof known->group, death->group);
    if (known->peak_rss == 0)
        known->peak_rss = death->peak_rss;
}

void victims_expect(struct victims *victims, const struct slice *slice, uint64_t count,
    uint64_t limit_bytes, int64_t since_usec, int64_t now_usec)
{
    bool limited = limit_bytes > 0 && limit_bytes < SAMPLE_NO_LIMIT - CHARGED_ELSEWHERE;
    for (uint32_t i = 0; i < VICTIMS_SLICES; i++) {
        struct expected *expected = &victims->expected[i];
        if (expected->count > 0)
            continue;
        *expected = (struct expected){
            .count = count < VICTIMS_NAMED ? count : VICTIMS_NAMED,
            .most = limited ? limit_bytes + CHARGED_ELSEWHERE : 0,
            .since_usec = since_usec,
            .until_usec = now_usec + VICTIMS_PATIENCE_USEC,
        };
        (void)text_copy(expected->path, sizeof expected->path, slice->path);
        (void)text_copy(expected->key, sizeof expected->key, slice->key);
        return;
    }
}

static bool fits_in(const struct death *death, const struct expected *expected)
{
    return expected->most == 0 || death->peak_rss <= expected->most;
}

/* `path` "": those of unknown groups. */
static bool hung_in(const struct death *death, const char *path)
{
    size_t length = strlen(path);
    const char *rest = death->group + length;
    return strncmp(death->group, path, length) == 0 &&
           (*rest == '\0' || (*rest == '/' && length > 0));
}

static struct heard *largest(
    struct victims *victims, const char *path, const struct expected *expected)
{
    struct heard *found = NULL;
    for (uint32_t i = 0; i < VICTIMS_HEARD; i++) {
        struct heard *heard = &victims->heard[i];
        if (heard->death.pid == 0 || heard->named ||
            heard->death.at.boot_usec < expected->since_usec || !hung_in(&heard->death, path) ||
            !fits_in(&heard->death, expected))
            continue;
        if (!found || heard->death.peak_rss > found->death.peak_rss)
            found = heard;
    }
    return found;
}

static bool name_one(
    struct expected *expected, struct heard *heard, const char *key, struct victim *ret)
{
    if (!heard)
        return false;
    heard->named = true;
    expected->count--;
    ret->death = heard->death;
    (void)text_copy(ret->key, sizeof ret->key, key);
    return true;
}

bool victims_next(struct victims *victims, int64_t now_usec, struct victim *ret)
{
    for (uint32_t i = 0; i < VICTIMS_SLICES; i++) {
        struct expected *expected = &victims->expected[i];
        if (expected->count == 0)
            continue;
        bool late = now_usec >= expected->until_usec;
        struct heard *heard = largest(victims, expected->path, expected);
        if (heard && (late || heard->death.peak_rss > 0) &&
            name_one(expected, heard, expected->key, ret))
            return true;
        if (!late)
            continue;
        if (name_one(expected, largest(victims, "", expected), "", ret))
            return true;
        expected->count = 0;
    }
    return false;
}
