#include "slices/find/name_sources.h"

#include "slices/base/directory.h"
#include "slices/base/file.h"
#include "slices/base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* --- Files that may be believed ------------------------------------------------------------- */

static bool is_roots_alone(const struct stat *status)
{
    return status->st_uid == 0 && (status->st_mode & (S_IWGRP | S_IWOTH)) == 0;
}

/* The file's text, terminated, in the scratch arena; NULL when it can't be read or believed. */
static char *read_trusted(struct names *names, const char *path, size_t *ret_length)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (fd < 0)
        return NULL;
    struct stat status;
    char *text = NULL;
    if (fstat(fd, &status) == 0 && S_ISREG(status.st_mode) && is_roots_alone(&status) &&
        status.st_size <= NAME_SOURCE_MAX) {
        size_t size = (size_t)status.st_size + 1;
        text = arena_take(&names->scratch, 1, size);
        ssize_t length = text ? file_pread(fd, text, size) : -ENOMEM;
        if (length < 0)
            text = NULL;
        else
            *ret_length = (size_t)length;
    }
    (void)close(fd);
    return text;
}

/* --- JSON without malloc -------------------------------------------------------------------- */

static _Thread_local struct arena *json_arena; /* set while json_in_arena runs */

static void *json_take(size_t size)
{
    return arena_take(json_arena, 1, size);
}

static void json_give_back(void *block)
{
    (void)block; /* the whole arena is emptied after the look-up */
}

/* What to do with a document; its result is the look-up's. */
typedef int json_reader(const json_t *root, const char *tag, char *dst, size_t size);

/* Reads the file and hands its document to `read`. jansson's allocator is one for the whole
 * process, so it is put back afterwards. */
static int json_in_arena(struct names *names, const char *path, json_reader *read, const char *tag,
    char *dst, size_t size)
{
    size_t length = 0;
    const char *text = read_trusted(names, path, &length);
    if (!text)
        return -ENOENT;
    json_malloc_t old_malloc;
    json_free_t old_free;
    json_get_alloc_funcs(&old_malloc, &old_free);
    json_arena = &names->scratch;
    json_set_alloc_funcs(json_take, json_give_back);
    const json_t *root = json_loadb(text, length, JSON_REJECT_DUPLICATES, NULL);
    int r = root ? read(root, tag, dst, size) : -EINVAL;
    json_set_alloc_funcs(old_malloc, old_free);
    json_arena = NULL;
    return r;
}

/* An empty or cut name is none. */
static int copy_name(char *dst, size_t size, const char *name)
{
    return name && *name ? text_copy(dst, size, name) : -ENOENT;
}

/* --- The sources ---------------------------------------------------------------------------- */

static int read_docker(const json_t *root, const char *tag, char *dst, size_t size)
{
    (void)tag;
    const char *name = json_string_value(json_object_get(root, "Name"));
    return copy_name(dst, size, name && *name == '/' ? name + 1 : name);
}

int name_of_docker(struct names *names, const char *tag, char *dst, size_t size)
{
    char path[PATH_MAX];
    int r = text_format(
        path, sizeof path, "%s/var/lib/docker/containers/%s/config.v2.json", names->root, tag);
    return r < 0 ? r : json_in_arena(names, path, read_docker, tag, dst, size);
}

static int read_podman(const json_t *root, const char *tag, char *dst, size_t size)
{
    size_t i;
    json_t *container;
    json_array_foreach(root, i, container)
    {
        const char *id = json_string_value(json_object_get(container, "id"));
        if (!id || strcmp(id, tag) != 0)
            continue;
        const json_t *all = json_object_get(container, "names");
        return copy_name(dst, size, json_string_value(json_array_get(all, 0)));
    }
    return -ENOENT;
}

/* containers/storage keeps a list per storage driver, and those of `--rm` in another file. */
int name_of_podman(struct names *names, const char *tag, char *dst, size_t size)
{
    static const char *const drivers[] = {"overlay", "vfs", "btrfs", "zfs"};
    static const char *const lists[] = {"containers.json", "volatile-containers.json"};
    for (size_t i = 0; i < sizeof drivers / sizeof *drivers; i++)
        for (size_t j = 0; j < sizeof lists / sizeof *lists; j++) {
            char path[PATH_MAX];
            int r = text_format(path, sizeof path, "%s/var/lib/containers/storage/%s-containers/%s",
                names->root, drivers[i], lists[j]);
            if (r == 0 && json_in_arena(names, path, read_podman, tag, dst, size) == 0)
                return 0;
        }
    return -ENOENT;
}

struct pod_search {
    int folder;
    const char *id;
    char *dst;
    size_t size;
};

/* Finds POD_NAMESPACE_CONTAINER-ID.log and writes NAMESPACE/POD/CONTAINER. Kubernetes allows no
 * '_' in any of the three. */
static int find_pod(void *context, const char *entry, unsigned char type)
{
    (void)type;
    const struct pod_search *search = context;
    char name[NAME_MAX + 1], suffix[80];
    struct stat status;
    (void)text_format(suffix, sizeof suffix, "-%s.log", search->id);
    if (!text_ends_with(entry, suffix) || text_copy(name, sizeof name, entry) < 0)
        return 0;
    name[strlen(name) - strlen(suffix)] = '\0';
    char *namespace = strchr(name, '_');
    char *container = namespace ? strchr(namespace + 1, '_') : NULL;
    /* A link's own mode says nothing: the folder's was looked at. */
    if (!container || fstatat(search->folder, entry, &status, AT_SYMLINK_NOFOLLOW) < 0 ||
        status.st_uid != 0)
        return 0;
    *namespace = *container = '\0';
    int r = text_format(search->dst, search->size, "%s/%s/%s", namespace + 1, name, container + 1);
    return r < 0 ? r : 1;
}

int name_of_pod(struct names *names, const char *tag, char *dst, size_t size)
{
    char path[PATH_MAX];
    if (text_format(path, sizeof path, "%s/var/log/containers", names->root) < 0)
        return -ENAMETOOLONG;
    int folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
    if (folder < 0)
        return -errno;
    struct stat status;
    void *buffer = arena_take(&names->scratch, 1, DIRECTORY_BUFFER);
    struct pod_search search = {.folder = folder, .id = tag, .dst = dst, .size = size};
    int r = -EPERM;
    if (buffer && fstat(folder, &status) == 0 && is_roots_alone(&status))
        r = directory_visit(folder, buffer, DIRECTORY_BUFFER, find_pod, &search);
    (void)close(folder);
    return r > 0 ? 0 : r < 0 ? r : -ENOENT;
}

/* passwd(5): name:password:UID:... */
int name_of_user(struct names *names, const char *tag, char *dst, size_t size)
{
    char path[PATH_MAX];
    size_t length = 0;
    if (text_format(path, sizeof path, "%s/etc/passwd", names->root) < 0)
        return -ENAMETOOLONG;
    char *rest = read_trusted(names, path, &length);
    for (char *line; (line = strsep(&rest, "\n"));) {
        const char *name = strsep(&line, ":");
        (void)strsep(&line, ":");
        const char *uid = strsep(&line, ":");
        if (uid && strcmp(uid, tag) == 0)
            return copy_name(dst, size, name);
    }
    return -ENOENT;
}

/* systemd.unit(5): bytes that a unit's name can't hold stand as \xNN. */
int name_of_unit_label(struct names *names, const char *tag, char *dst, size_t size)
{
    (void)names;
    size_t used = 0;
    while (*tag && used + 1 < size) {
        unsigned byte;
        if (tag[0] == '\\' && tag[1] == 'x' && sscanf(tag + 2, "%2x", &byte) == 1 && byte > 0 &&
            strspn(tag + 2, "0123456789abcdefABCDEF") >= 2) {
            dst[used++] = (char)byte;
            tag += 4;
        } else {
            dst[used++] = *tag++;
        }
    }
    dst[used] = '\0';
    return *tag ? -ENAMETOOLONG : used > 0 ? 0 : -ENOENT;
}

int name_of_machine(struct names *names, const char *tag, char *dst, size_t size)
{
    size_t digits = strspn(tag, "0123456789");
    if (digits > 0 && text_starts_with(tag + digits, "\\x2d"))
        tag += digits + strlen("\\x2d");
    return name_of_unit_label(names, tag, dst, size);
}
