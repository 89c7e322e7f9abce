#include "tests/unit/read/live.h"

#include "slices/base/file.h"
#include "slices/base/text.h"
#include "slices/read/visit.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static pid_t children[64];
static size_t child_count;

static void must(bool holds, const char *what)
{
    if (holds)
        return;
    perror(what);
    abort();
}

static bool is_writable(const char *tree)
{
    char procs[PATH_MAX];
    if (!tree[0])
        return true;
    (void)text_format(procs, sizeof procs, "%s/cgroup.procs", tree);
    if (access(procs, W_OK) == 0)
        return true;
    printf("skipped: %s: %s\n", procs, strerror(errno));
    return false;
}

/* On v2 the root gives a group only the controllers that are switched on there. */
static bool gives_controllers(const struct hierarchy *hierarchy)
{
    static const char *const wanted[] = {"+memory", "+pids"};
    for (size_t i = 0; hierarchy->version == HIERARCHY_V2 && i < 2; i++) {
        int r = file_write(hierarchy->root_fd, "cgroup.subtree_control", wanted[i]);
        if (r < 0) {
            printf(
                "skipped: %s for the groups of %s: %s\n", wanted[i], hierarchy->root, strerror(-r));
            return false;
        }
    }
    return true;
}

static bool lacks_trees(const struct hierarchy *hierarchy)
{
    bool lacks =
        hierarchy->version == HIERARCHY_V1 && (!hierarchy->freezer[0] || !hierarchy->pids[0]);
    if (lacks)
        printf("skipped: cgroup v1 without a freezer or pids tree\n");
    return lacks;
}

bool live_open(struct hierarchy *ret)
{
    struct mom_error error = {.text = ""};
    *ret = (struct hierarchy){.root_fd = -1};
    must(prctl(PR_SET_CHILD_SUBREAPER, 1) == 0, "subreaper");
    if (hierarchy_open(NULL, ret, &error) < 0) {
        printf("skipped: %s\n", error.text);
        return false;
    }
    if (!lacks_trees(ret) && is_writable(ret->root) && is_writable(ret->freezer) &&
        is_writable(ret->pids) && gives_controllers(ret))
        return true;
    hierarchy_close(ret);
    return false;
}

bool live_open_v2(struct hierarchy *ret)
{
    if (!live_open(ret) || ret->version == HIERARCHY_V2)
        return ret->root_fd >= 0;
    struct hierarchy v1 = *ret;
    hierarchy_close(ret);
    if (!v1.unified[0] || !is_writable(v1.unified)) {
        printf("skipped: no cgroup v2 on this machine\n");
        return false;
    }
    ret->version = HIERARCHY_V2;
    must(text_copy(ret->root, sizeof ret->root, v1.unified) == 0, v1.unified);
    must(text_copy(ret->pids, sizeof ret->pids, v1.pids) == 0, v1.pids);
    ret->root_fd = open(ret->root, O_PATH | O_DIRECTORY | O_CLOEXEC);
    return ret->root_fd >= 0;
}

void live_path(char path[static SLICE_PATH_MAX], const char *name)
{
    must(text_format(path, SLICE_PATH_MAX, "/mom-test-%d-%s", getpid(), name) == 0, name);
}

static void absolute(char full[static PATH_MAX], const char *tree, const char *path)
{
    must(text_format(full, PATH_MAX, "%s%s", tree, path) == 0, path);
}

void live_make(const char *tree, const char *path)
{
    char full[PATH_MAX];
    absolute(full, tree, path);
    must(mkdir(full, 0755) == 0, full);
}

void live_write(const char *tree, const char *path, const char *file, const char *text)
{
    char full[PATH_MAX];
    absolute(full, tree, path);
    int fd = open(full, O_PATH | O_DIRECTORY | O_CLOEXEC);
    must(fd >= 0 && file_write(fd, file, text) == 0, full);
    (void)close(fd);
}

uint64_t live_number(const char *tree, const char *path, const char *file)
{
    char full[PATH_MAX];
    unsigned long long number = 0;
    absolute(full, tree, path);
    int fd = open(full, O_PATH | O_DIRECTORY | O_CLOEXEC);
    must(fd >= 0 && file_read_u64(fd, file, &number) == 0, full);
    (void)close(fd);
    return number;
}

void live_make_parent(const struct hierarchy *hierarchy, const char *path)
{
    live_make(hierarchy->root, path);
    if (hierarchy->version == HIERARCHY_V2)
        live_write(hierarchy->root, path, "cgroup.subtree_control", "+memory");
}

bool live_exists(const char *tree, const char *path)
{
    char full[PATH_MAX];
    absolute(full, tree, path);
    return access(full, F_OK) == 0;
}

struct slice live_slice(const struct hierarchy *hierarchy, const char *path, uint64_t serial)
{
    struct slice slice = {.serial = serial};
    struct stat status;
    must(fstatat(hierarchy->root_fd, path + 1, &status, 0) == 0, path);
    slice.life.mount = status.st_dev;
    slice.life.inode = status.st_ino;
    (void)text_copy(slice.path, sizeof slice.path, path);
    return slice;
}

pid_t live_spawn(const struct hierarchy *hierarchy, const char *memory_path, const char *pids_path,
    void (*work)(void *), void *argument)
{
    int done[2];
    must(pipe2(done, O_CLOEXEC) == 0, "pipe");
    (void)fflush(stdout);
    pid_t child = fork();
    must(child >= 0 && child_count < sizeof children / sizeof *children, "fork");
    if (child == 0) {
        (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (memory_path)
            live_write(hierarchy->root, memory_path, "cgroup.procs", "0");
        if (pids_path)
            live_write(hierarchy->pids, pids_path, "cgroup.procs", "0");
        if (work)
            work(argument);
        must(write(done[1], "", 1) == 1, "done");
        for (;;)
            (void)pause();
    }
    children[child_count++] = child;
    (void)close(done[1]);
    char byte;
    must(read(done[0], &byte, 1) == 1, "the child's work");
    (void)close(done[0]);
    return child;
}

bool live_was_killed(pid_t child, int msec)
{
    for (; msec >= 0; msec -= 5) {
        int status;
        if (waitpid(child, &status, WNOHANG) == child)
            return WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
        (void)usleep(5000);
    }
    return false;
}

bool live_is_alive(pid_t child)
{
    siginfo_t info = {0};
    return waitid(P_PID, (id_t)child, &info, WEXITED | WNOHANG | WNOWAIT) == 0 && info.si_pid == 0;
}

/* What is in one of our groups was started by this test. */
static int kill_one(void *context, int32_t pid)
{
    (void)context;
    (void)kill(pid, SIGKILL);
    return 0;
}

/* Depth first, for a second at most: until nobody lives in it. */
static void remove_group(int parent, const char *name)
{
    int fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *directory = fd >= 0 ? fdopendir(fd) : NULL;
    if (!directory)
        return;
    const struct dirent *entry;
    while ((entry = readdir(directory)))
        if (entry->d_type == DT_DIR && entry->d_name[0] != '.')
            remove_group(dirfd(directory), entry->d_name);
    for (int i = 0; i < 200 && unlinkat(parent, name, AT_REMOVEDIR) < 0 && errno == EBUSY; i++) {
        (void)processes_visit(dirfd(directory), kill_one, NULL);
        (void)usleep(5000);
    }
    (void)closedir(directory);
}

static void remove_ours(const char *tree)
{
    char prefix[64];
    (void)text_format(prefix, sizeof prefix, "mom-test-%d-", getpid());
    DIR *directory = tree[0] ? opendir(tree) : NULL;
    const struct dirent *entry;
    while (directory && (entry = readdir(directory)))
        if (text_starts_with(entry->d_name, prefix))
            remove_group(dirfd(directory), entry->d_name);
    if (directory)
        (void)closedir(directory);
}

void live_clean(struct hierarchy *hierarchy)
{
    for (; child_count > 0; child_count--) {
        /* Reaped already: the number may be another's by now. */
        if (live_is_alive(children[child_count - 1]))
            (void)kill(children[child_count - 1], SIGKILL);
    }
    remove_ours(hierarchy->root);
    remove_ours(hierarchy->freezer);
    remove_ours(hierarchy->pids);
    remove_ours(hierarchy->cpu);
    while (waitpid(-1, NULL, 0) > 0 || errno == EINTR)
        ;
    hierarchy_close(hierarchy);
}
