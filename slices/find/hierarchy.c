#include "slices/find/hierarchy.h"

#include "slices/base/file.h"
#include "slices/base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <libcgroup.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* --- A tree's own files --------------------------------------------------------------------- */

static bool exists_below(const char *folder, const char *name)
{
    char path[PATH_MAX];
    return text_format(path, sizeof path, "%s/%s", folder, name) == 0 && access(path, F_OK) == 0;
}

/* Whether `list` ("cpu,memory" or "cpu memory\n") holds the word; reads at most `length` bytes. */
static bool list_has(const char *list, size_t length, const char *word)
{
    size_t start = 0;
    for (size_t i = 0; i <= length; i++) {
        if (i < length && !strchr(", \n", list[i]))
            continue;
        if (i - start == strlen(word) && memcmp(list + start, word, i - start) == 0)
            return true;
        start = i + 1;
    }
    return false;
}

/* A hybrid host's v2 tree has cgroup.controllers too, but without memory in it. */
static bool is_v2_memory_root(const char *folder)
{
    char path[PATH_MAX], controllers[1024];
    if (text_format(path, sizeof path, "%s/cgroup.controllers", folder) < 0)
        return false;
    ssize_t length = file_read(AT_FDCWD, path, controllers, sizeof controllers);
    return length >= 0 && list_has(controllers, (size_t)length, "memory");
}

static bool is_v1_memory_root(const char *folder)
{
    return exists_below(folder, "memory.usage_in_bytes") || exists_below(folder, "memory.stat");
}

/* Sets dst to "folder/name" where that is there, else to "". */
static void note_below(char *dst, const char *folder, const char *name)
{
    if (!exists_below(folder, name) || text_format(dst, PATH_MAX, "%s/%s", folder, name) < 0)
        dst[0] = '\0';
}

static int find_below(const char *folder, struct hierarchy *found)
{
    char memory[PATH_MAX];
    note_below(memory, folder, "memory");
    bool is_set = memory[0] && is_v1_memory_root(memory);
    if (is_v2_memory_root(folder)) {
        found->version = HIERARCHY_V2;
    } else if (is_set) {
        found->version = HIERARCHY_V1;
        note_below(found->freezer, folder, "freezer");
        note_below(found->pids, folder, "pids");
        note_below(found->cpu, folder, "cpu");
        if (exists_below(folder, "unified/cgroup.controllers"))
            note_below(found->unified, folder, "unified");
        folder = memory;
    } else if (is_v1_memory_root(folder)) {
        found->version = HIERARCHY_V1;
    } else {
        return -ENOENT;
    }
    return text_copy(found->root, sizeof found->root, folder);
}

/* --- /proc/PID/mountinfo -------------------------------------------------------------------- */

/* Blanks in a mount point stand as \040, as proc(5) says. In place. */
static void unescape_octal(char *text)
{
    char *to = text;
    for (const char *from = text; *from;) {
        unsigned byte;
        if (*from == '\\' && sscanf(from + 1, "%3o", &byte) == 1 && byte < 256) {
            *to++ = (char)byte;
            from += 4;
        } else {
            *to++ = *from++;
        }
    }
    *to = '\0';
}

/* One mount: "36 35 98:0 /root /mount/point rw,... [optional] - type source options". */
static void note_mount(char *line, struct hierarchy *found)
{
    char point[PATH_MAX], type[32], options[1024];
    const char *tail = strstr(line, " - ");
    if (!tail || sscanf(line, "%*s %*s %*s %*s %4095s", point) != 1 ||
        sscanf(tail, " - %31s %*s %1023s", type, options) != 2)
        return;
    unescape_octal(point);
    if (strcmp(type, "cgroup2") == 0) {
        bool accounts = is_v2_memory_root(point);
        char *slot = accounts ? found->root : found->unified;
        if (accounts)
            found->version = HIERARCHY_V2;
        if (accounts || !slot[0])
            (void)text_copy(slot, PATH_MAX, point);
        return;
    }
    const struct {
        const char *controller;
        char *slot;
    } trees[] = {{"memory", found->root}, {"freezer", found->freezer}, {"pids", found->pids},
        {"cpu", found->cpu}};
    for (size_t i = 0; strcmp(type, "cgroup") == 0 && i < sizeof trees / sizeof *trees; i++)
        if (list_has(options, strlen(options), trees[i].controller) && !trees[i].slot[0])
            (void)text_copy(trees[i].slot, PATH_MAX, point);
}

int hierarchy_find_mounts(const char *mountinfo, struct hierarchy *ret)
{
    struct hierarchy found = {.version = HIERARCHY_V1, .root_fd = -1};
    FILE *file = fopen(mountinfo, "re");
    if (!file)
        return -errno;
    char *line = NULL;
    size_t size = 0;
    while (getline(&line, &size, file) > 0)
        note_mount(line, &found);
    free(line);
    (void)fclose(file);
    *ret = found;
    return found.root[0] ? 0 : -ENOENT;
}

/* --- libcgroup ------------------------------------------------------------------------------ */

/* libcgroup's only way to speak: without a logger of ours it prints to the standard output. */
static void keep_words(void *userdata, int level, const char *format, va_list arguments)
    __attribute__((format(printf, 3, 0)));
static void keep_words(void *userdata, int level, const char *format, va_list arguments)
{
    (void)level;
    struct mom_error *words = userdata;
    if (!words)
        return;
    (void)vsnprintf(words->text, sizeof words->text, format, arguments);
    words->text[strcspn(words->text, "\n")] = '\0';
}

static int ask_mount_point(const char *controller, char *dst)
{
    char *point = NULL;
    if (cgroup_get_subsys_mount_point(controller, &point) != 0)
        return -ENOENT;
    int r = text_copy(dst, PATH_MAX, point);
    free(point);
    return r;
}

static int find_by_libcgroup(struct hierarchy *ret, struct mom_error *words)
{
    struct hierarchy found = {.root_fd = -1};
    cgroup_set_logger(keep_words, CGROUP_LOG_WARNING, words);
    int r = cgroup_init() == 0 ? ask_mount_point("memory", found.root) : -ENOENT;
    if (r == 0) {
        found.version =
            exists_below(found.root, "cgroup.controllers") ? HIERARCHY_V2 : HIERARCHY_V1;
        if (found.version == HIERARCHY_V1) {
            (void)ask_mount_point("freezer", found.freezer);
            (void)ask_mount_point("pids", found.pids);
            (void)ask_mount_point("cpu", found.cpu);
        }
        *ret = found;
    }
    cgroup_set_logger(keep_words, CGROUP_LOG_WARNING, NULL);
    return r;
}

/* --- Opening -------------------------------------------------------------------------------- */

static int find_on_this_machine(struct hierarchy *found, struct mom_error *error)
{
    struct mom_error words = {.text = ""};
    struct hierarchy mounted = {.root_fd = -1};
    int by_mounts = hierarchy_find_mounts("/proc/self/mountinfo", &mounted);
    if (find_by_libcgroup(found, &words) < 0) {
        if (by_mounts < 0)
            return error_set(error, -ENOENT, "no memory controller is mounted (libcgroup: %s)",
                words.text[0] ? words.text : "no words");
        *found = mounted;
    }
    /* libcgroup sees a v2 tree only through a controller that it has. */
    (void)text_copy(found->unified, sizeof found->unified,
        found->version == HIERARCHY_V1 ? mounted.unified : "");
    return 0;
}

static int find_given(const char *cgroup_root, struct hierarchy *found, struct mom_error *error)
{
    char folder[PATH_MAX];
    if (text_copy(folder, sizeof folder, cgroup_root) < 0)
        return error_errno(error, -ENAMETOOLONG, "--cgroup-root");
    for (size_t length = strlen(folder); length > 1 && folder[length - 1] == '/';)
        folder[--length] = '\0';
    int r = find_below(folder, found);
    return r < 0 ? error_set(error, r, "%s: no memory controller's tree is there", folder) : 0;
}

int hierarchy_open(const char *cgroup_root, struct hierarchy *ret, struct mom_error *error)
{
    struct hierarchy found = {.root_fd = -1};
    int r =
        cgroup_root ? find_given(cgroup_root, &found, error) : find_on_this_machine(&found, error);
    if (r < 0)
        return r;
    found.root_fd = open(found.root, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (found.root_fd < 0)
        return error_errno(error, -errno, "%s", found.root);
    *ret = found;
    return 0;
}

void hierarchy_close(struct hierarchy *hierarchy)
{
    if (hierarchy->root_fd >= 0)
        (void)close(hierarchy->root_fd);
    *hierarchy = (struct hierarchy){.root_fd = -1};
}

/* --- Where a process hangs ------------------------------------------------------------------ */

/* The path in "4:memory:/path" when that is the line of this controller's tree (NULL: of v2), else
 * NULL. */
static const char *path_in(const char *controller, const char *line)
{
    const char *controllers = strchr(line, ':');
    const char *path = controllers ? strchr(++controllers, ':') : NULL;
    if (!path)
        return NULL;
    size_t length = (size_t)(path - controllers);
    bool matches = controller ? list_has(controllers, length, controller) : length == 0;
    return matches && path[1] == '/' ? path + 1 : NULL;
}

static int group_in(const char *controller, const char *proc_root, int pid, char *path, size_t size)
{
    /* v1 has 13 controllers at most, each with a path that the kernel cuts at PATH_MAX. */
    char name[PATH_MAX], text[14 * PATH_MAX];
    if (text_format(name, sizeof name, "%s/%d/cgroup", proc_root, pid) < 0)
        return -ENAMETOOLONG;
    ssize_t length = file_read(AT_FDCWD, name, text, sizeof text);
    if (length < 0)
        return length == -ENOENT ? -ESRCH : (int)length;
    /* A path holds no newline: the kernel refuses such names to keep this file readable. */
    char *rest = text;
    for (const char *line; (line = strsep(&rest, "\n"));) {
        const char *found = path_in(controller, line);
        /* "/../x" is outside of our cgroup namespace: above everything that can be seen. */
        if (found)
            return text_copy(path, size, text_starts_with(found, "/..") ? "/" : found);
    }
    return text_copy(path, size, "/");
}

int hierarchy_group_of(
    const struct hierarchy *hierarchy, const char *proc_root, int pid, char *path, size_t size)
{
    const char *controller = hierarchy->version == HIERARCHY_V2 ? NULL : "memory";
    return group_in(controller, proc_root, pid, path, size);
}

int hierarchy_freezer_of(const char *proc_root, int pid, char *path, size_t size)
{
    return group_in("freezer", proc_root, pid, path, size);
}

int hierarchy_cpu_of(const char *proc_root, int pid, char *path, size_t size)
{
    return group_in("cpu", proc_root, pid, path, size);
}

/* Files that the kernel has in the root alone, or everywhere else (kernel/cgroup:
 * CFTYPE_ONLY_ON_ROOT, CFTYPE_NOT_ON_ROOT). */
bool hierarchy_is_whole(const struct hierarchy *hierarchy)
{
    if (hierarchy->version == HIERARCHY_V1)
        return faccessat(hierarchy->root_fd, "release_agent", F_OK, 0) == 0;
    return faccessat(hierarchy->root_fd, "cgroup.type", F_OK, 0) < 0;
}
