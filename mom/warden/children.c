#include "mom/warden/children.h"

#include "mom/common/clock.h"
#include "mom/common/log.h"
#include "mom/warden/privileges.h"
#include "slices/base/file.h"
#include "slices/base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef MOM_LIBEXEC_DIR
#error "MOM_LIBEXEC_DIR: where the helpers are installed"
#endif

#define DELAY_LEAST (1 * USEC_PER_SEC)
#define DELAY_MOST  (60 * USEC_PER_SEC)
#define LIVED_WELL                                                                                 \
    (60 * USEC_PER_SEC) /* one that lived so long starts again without a grown delay */

static const struct {
    bool unprivileged;
    int end_signal; /* when the warden itself dies */
} nature[CHILDREN] = {
    [CHILD_GOVERNOR] = {false, SIGKILL}, /* it may hang; the journal knows what to undo */
    [CHILD_RECORDER] = {true, SIGTERM},
    [CHILD_COURIER] = {true, SIGKILL},
    [CHILD_SCORER] = {true, SIGKILL},
};

const char *const child_programs[CHILDREN] = {
    [CHILD_GOVERNOR] = "mom-governor",
    [CHILD_RECORDER] = "mom-recorder",
    [CHILD_COURIER] = "mom-courier",
    [CHILD_SCORER] = "mom-scorer",
};

static int program_path(
    const struct children *children, enum child_name name, char *path, size_t size)
{
    return text_format(path, size, "%s/%s", children->folder, child_programs[name]);
}

int children_find(struct children *children, struct mom_error *error)
{
    char path[sizeof children->folder + 32];
    ssize_t n = readlink("/proc/self/exe", children->folder, sizeof children->folder - 1);
    children->folder[n > 0 ? n : 0] = '\0';
    char *slash = strrchr(children->folder, '/');
    if (slash)
        *slash = '\0';
    if (program_path(children, CHILD_GOVERNOR, path, sizeof path) == 0 && access(path, X_OK) == 0)
        return 0;
    (void)text_copy(children->folder, sizeof children->folder, MOM_LIBEXEC_DIR);
    if (program_path(children, CHILD_GOVERNOR, path, sizeof path) == 0 && access(path, X_OK) == 0)
        return 0;
    return error_errno(error, -errno, "%s", path);
}

int children_become(struct children *children, enum child_name name)
{
    char path[sizeof children->folder + 32];
    if (program_path(children, name, path, sizeof path) < 0)
        return -ENAMETOOLONG;
    children->arguments[0] = path;
    (void)execv(path, children->arguments);
    return -errno;
}

static void run_child(struct children *children, enum child_name name, pid_t parent)
{
    sigset_t none;
    (void)sigemptyset(&none);
    (void)sigprocmask(SIG_SETMASK, &none, NULL);
    (void)umask(027);
    if (nature[name].unprivileged) /* the warden's own does not go to those who can be spared */
        (void)file_write(AT_FDCWD, "/proc/self/oom_score_adj", "0");
    const struct credentials mom = {.uid = children->uid, .gid = children->gid};
    int r = nature[name].unprivileged ? privileges_drop(&mom) : 0;
    bool may_gain = name == CHILD_COURIER && children->setgid_sendmail;
    if (r == 0 && nature[name].unprivileged && !may_gain &&
        prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
        r = -errno;
    /* After the change of user, which clears it; and the warden may have died before. */
    if (r == 0 && prctl(PR_SET_PDEATHSIG, nature[name].end_signal) < 0)
        r = -errno;
    if (r == 0 && getppid() == parent)
        r = children_become(children, name);
    if (r < 0)
        log_error("%s: %s", child_programs[name], strerrorname_np(-r));
    _exit(EXIT_FAILURE);
}

int children_start(
    struct children *children, enum child_name name, int64_t now_usec, struct mom_error *error)
{
    pid_t parent = getpid();
    pid_t pid = fork();
    if (pid < 0) {
        children->child[name].start_usec = now_usec + DELAY_LEAST;
        return error_errno(error, -errno, "%s: fork", child_programs[name]);
    }
    if (pid == 0)
        run_child(children, name, parent);
    children->child[name].pid = pid;
    children->child[name].started_usec = now_usec;
    return 0;
}

enum child_name children_reap(struct children *children, pid_t pid, int status, int64_t now_usec)
{
    for (int name = 0; name < CHILDREN; name++) {
        struct child *child = &children->child[name];
        if (child->pid != pid)
            continue;
        bool lived_well = now_usec - child->started_usec > LIVED_WELL ||
                          (WIFEXITED(status) && WEXITSTATUS(status) == 0);
        int64_t grown = child->delay_usec * 2 < DELAY_MOST ? child->delay_usec * 2 : DELAY_MOST;
        child->delay_usec = lived_well || child->delay_usec == 0 ? DELAY_LEAST : grown;
        child->start_usec = now_usec + child->delay_usec;
        child->pid = 0;
        child->status = status;
        return (enum child_name)name;
    }
    return CHILDREN;
}

void children_signal(struct children *children, enum child_name name, int signal_number)
{
    if (children->child[name].pid > 0)
        (void)kill(children->child[name].pid, signal_number);
}
