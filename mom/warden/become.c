#include "mom/warden/become.h"

#include "mom/warden/privileges.h"
#include "slices/base/file.h"
#include "slices/base/text.h"
#include "slices/read/group.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/close_range.h>
#include <pwd.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <unistd.h>

enum { NICENESS = 5, OPEN_FILES = 1024, WORDS_MAX = PROGRAM_COMMAND_MAX / 2, FACTS_MAX = 48 };
#define DATA_MAX                                                                                   \
    (1ull << 30) /* of what may be told to stay small: hooks, and no restarted service */

static const char search_path[] = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

__attribute__((format(printf, 3, 4))) static _Noreturn void give_up(
    const struct become *become, enum program_result result, const char *format, ...)
{
    struct become_failure failure = {.result = result};
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(failure.words, sizeof failure.words, format, arguments);
    va_end(arguments);
    (void)!write(become->failure_fd, &failure, sizeof failure); /* less than PIPE_BUF: whole */
    _exit(EX_UNAVAILABLE);
}

/* --- In a place of its own ------------------------------------------------------------------- */

static void limit(int resource, rlim_t most)
{
    struct rlimit now;
    if (getrlimit((__rlimit_resource_t)resource, &now) < 0)
        return;
    now.rlim_cur = now.rlim_cur < most ? now.rlim_cur : most;
    (void)setrlimit((__rlimit_resource_t)resource, &now);
}

/* The warden's own must not go to those who can be spared. What a restart brings up takes its
 * limits and its niceness from here, and keeps them: it has none. */
static void make_modest(enum program_role role)
{
    (void)file_write(AT_FDCWD, "/proc/self/oom_score_adj", "0");
    limit(RLIMIT_NOFILE, OPEN_FILES);
    if (role == PROGRAM_RESTART)
        return;
    limit(RLIMIT_CORE, 0);
    limit(RLIMIT_DATA, DATA_MAX);
    (void)setpriority(PRIO_PROCESS, 0, NICENESS);
}

/* What the warden ignores or blocks is none of the program's business. */
static void reset_signals(void)
{
    sigset_t none;
    (void)sigemptyset(&none);
    (void)sigprocmask(SIG_SETMASK, &none, NULL);
    (void)signal(SIGPIPE, SIG_DFL);
}

static void arrange_files(const struct become *become)
{
    int null_fd = open("/dev/null", O_RDWR | O_CLOEXEC);
    if (null_fd < 0 || dup2(null_fd, STDIN_FILENO) < 0 || dup2(null_fd, STDOUT_FILENO) < 0 ||
        dup2(become->complaints_fd, STDERR_FILENO) < 0)
        give_up(become, PROGRAM_NOT_STARTED, "/dev/null: %s", strerrordesc_np(errno));
    /* All of ours is close-on-exec already; Linux before 5.11 can't be asked to make sure. */
    (void)close_range(STDERR_FILENO + 1, ~0u, CLOSE_RANGE_CLOEXEC);
}

/* --- Whom and what ---------------------------------------------------------------------------- */

/* `home`: of the user, "/" where it is not known. */
static struct credentials find_user(const struct become *become, char *home, size_t size)
{
    const char *name = become->ask->user;
    struct credentials ret = {.uid = become->mom_uid, .gid = become->mom_gid};
    int groups = sizeof ret.group / sizeof *ret.group;
    (void)text_copy(home, size, "/");
    if (strcmp(name, PROGRAM_USER_MOM) == 0)
        return ret;
    const struct passwd *user = getpwnam(name);
    if (!user)
        give_up(become, PROGRAM_NOT_STARTED, "there is no user %s", name);
    ret.uid = user->pw_uid;
    ret.gid = user->pw_gid;
    (void)text_copy(home, size, user->pw_dir);
    if (getgrouplist(name, ret.gid, ret.group, &groups) < 0)
        give_up(become, PROGRAM_NOT_STARTED, "user %s is in too many groups", name);
    ret.groups = (size_t)groups;
    return ret;
}

/* The group that was reset may have come to life again by itself, or have been replaced. */
static void check_group(const struct become *become)
{
    const struct program_ask *ask = become->ask;
    char events[512];
    if (!ask->group[0])
        return;
    int fd = group_open(AT_FDCWD, ask->group);
    if (fd < 0 && group_vanished(fd))
        return;
    if (fd < 0)
        give_up(become, PROGRAM_NOT_STARTED, "%s: %s", ask->group, strerrordesc_np(-fd));
    if (group_check(fd, &ask->life) < 0)
        give_up(become, PROGRAM_REFUSED, "another group stands there since");
    bool v2 = file_read_beginning(fd, "cgroup.events", events, sizeof events) > 0;
    bool lives = v2 ? strstr(events, "populated 1") != NULL
                    : file_read_beginning(fd, "cgroup.procs", events, sizeof events) > 0;
    if (lives)
        give_up(become, PROGRAM_REFUSED, "it runs again already");
}

/* A name without a slash is looked for; -ENOENT. */
static int find_program(const char *name, char path[PATH_MAX])
{
    if (*name == '/')
        return text_copy(path, PATH_MAX, name);
    for (const char *folder = search_path; *folder; folder += *folder == ':') {
        size_t length = strcspn(folder, ":");
        if (text_format(path, PATH_MAX, "%.*s/%s", (int)length, folder, name) == 0 &&
            access(path, X_OK) == 0)
            return 0;
        folder += length;
    }
    return -ENOENT;
}

/* Root runs nothing that others may have written. */
static void check_program(const struct become *become, const char *path, uid_t uid)
{
    struct stat status;
    if (stat(path, &status) < 0)
        give_up(become, PROGRAM_NOT_STARTED, "%s: %s", path, strerrordesc_np(errno));
    if (uid == 0 && geteuid() == 0 &&
        (status.st_uid != 0 || (status.st_mode & (S_IWGRP | S_IWOTH)) != 0))
        give_up(become, PROGRAM_NOT_STARTED,
            "%s: others than root may write it, so root doesn't run it", path);
}

/* Cuts a text into its parts, in place, and ends the list with NULL. */
static void split(char *text, const char *separator, char **part, size_t room)
{
    size_t count = 0;
    for (char *next; count + 1 < room && (next = strsep(&text, separator));)
        if (*next)
            part[count++] = next;
    part[count] = NULL;
}

static void execute(const struct become *become, const char *path, const char *home)
{
    static char command[PROGRAM_COMMAND_MAX], facts[PROGRAM_FACTS_MAX];
    static char home_fact[PATH_MAX + 8], path_fact[sizeof search_path + 8];
    static char locale_fact[] = "LC_ALL=C";
    char *arguments[WORDS_MAX], *environment[FACTS_MAX];
    (void)text_copy(command, sizeof command, become->ask->command);
    (void)text_copy(facts, sizeof facts, become->ask->facts);
    (void)text_format(home_fact, sizeof home_fact, "HOME=%s", home);
    (void)text_format(path_fact, sizeof path_fact, "PATH=%s", search_path);
    environment[0] = path_fact;
    environment[1] = home_fact;
    environment[2] = locale_fact;
    split(command, " ", arguments, WORDS_MAX);
    split(facts, "\n", environment + 3, FACTS_MAX - 3);
    (void)execve(path, arguments, environment);
}

void become_program(const struct become *become)
{
    const struct program_ask *ask = become->ask;
    char path[PATH_MAX], home[PATH_MAX], name[PROGRAM_COMMAND_MAX];
    (void)setsid();
    reset_signals();
    (void)umask(022);
    (void)!chdir("/");
    arrange_files(become);
    struct credentials credentials = find_user(become, home, sizeof home);
    check_group(become);
    (void)text_copy(name, sizeof name, ask->command);
    name[strcspn(name, " ")] = '\0';
    if (find_program(name, path) < 0)
        give_up(become, PROGRAM_NOT_STARTED, "there is no program %s", name);
    check_program(become, path, credentials.uid);
    make_modest(ask->role);
    int r = privileges_drop(&credentials);
    if (r == 0 && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
        r = -errno;
    /* After the change of user, which clears it; and the warden may have died before. */
    if (r == 0 && prctl(PR_SET_PDEATHSIG, SIGKILL) < 0)
        r = -errno;
    if (r < 0)
        give_up(become, PROGRAM_NOT_STARTED, "user %s: %s", ask->user, strerrordesc_np(-r));
    if (getppid() == become->warden)
        execute(become, path, home);
    give_up(become, PROGRAM_NOT_STARTED, "%s: %s", path, strerrordesc_np(errno));
}
