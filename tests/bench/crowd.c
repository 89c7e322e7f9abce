#include "tests/bench/crowd.h"

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

static volatile sig_atomic_t interrupted;

static void interrupt(int number)
{
    (void)number;
    interrupted = 1;
}

bool crowd_interrupted(void)
{
    return interrupted;
}

static void catch_signals(void)
{
    struct sigaction action = {.sa_handler = interrupt};
    (void)sigemptyset(&action.sa_mask);
    (void)sigaction(SIGINT, &action, NULL);
    (void)sigaction(SIGTERM, &action, NULL);
}

void crowd_group(const struct crowd *crowd, uint32_t index, char path[PATH_MAX])
{
    (void)text_format(path, PATH_MAX, "%.4000s/g%04u", crowd->folder, index);
}

static int write_text(const char *folder, const char *name, const char *text)
{
    char path[PATH_MAX];
    if (text_format(path, sizeof path, "%s/%s", folder, name) < 0)
        return -ENAMETOOLONG;
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd < 0)
        return -errno;
    int r = write(fd, text, strlen(text)) < 0 ? -errno : 0;
    (void)close(fd);
    return r;
}

static pid_t fork_sleeper(void)
{
    pid_t child = fork();
    if (child != 0)
        return child;
    (void)signal(SIGINT, SIG_IGN);
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    for (;;)
        (void)pause();
}

static int add_group(struct crowd *crowd)
{
    char group[PATH_MAX], pid[16];
    crowd_group(crowd, crowd->living, group);
    if (mkdir(group, 0755) < 0)
        return -errno;
    pid_t child = fork_sleeper();
    if (child < 0) {
        int r = -errno;
        (void)rmdir(group);
        return r;
    }
    crowd->process[crowd->living++] = child;
    (void)text_format(pid, sizeof pid, "%d", child);
    return write_text(group, "cgroup.procs", pid);
}

int crowd_open(
    struct crowd *crowd, const struct hierarchy *hierarchy, uint32_t count, struct mom_error *error)
{
    *crowd = (struct crowd){.count = count};
    crowd->process = calloc(count, sizeof *crowd->process);
    if (!crowd->process)
        return error_errno(error, -ENOMEM, "%u processes", count);
    catch_signals();
    (void)text_format(crowd->path, sizeof crowd->path, "/mom-test-crowd-%d", getpid());
    int r = text_format(crowd->folder, sizeof crowd->folder, "%s%s", hierarchy->root, crowd->path);
    if (r == 0 && mkdir(crowd->folder, 0755) < 0)
        r = -errno;
    if (r == 0 && hierarchy->version == HIERARCHY_V2)
        r = write_text(crowd->folder, "cgroup.subtree_control", "+memory");
    if (r < 0)
        return error_errno(error, r, "%s", crowd->folder);
    while (r == 0 && crowd->living < count)
        r = interrupted ? -EINTR : add_group(crowd);
    return r < 0 ? error_errno(error, r, "group %u of %s", crowd->living, crowd->folder) : 0;
}

/* A group stays busy until the kernel has buried the last of its processes. */
static void remove_group(const char *path)
{
    for (int i = 0; i < 200 && rmdir(path) < 0 && errno == EBUSY; i++)
        (void)usleep(5000);
}

void crowd_close(struct crowd *crowd)
{
    char group[PATH_MAX];
    for (uint32_t i = 0; i < crowd->living; i++)
        (void)kill(crowd->process[i], SIGKILL);
    for (uint32_t i = 0; i < crowd->living; i++)
        while (waitpid(crowd->process[i], NULL, 0) < 0 && errno == EINTR)
            ;
    for (uint32_t i = 0; i < crowd->living; i++) {
        crowd_group(crowd, i, group);
        remove_group(group);
    }
    if (crowd->folder[0])
        remove_group(crowd->folder);
    free(crowd->process);
    *crowd = (struct crowd){.count = 0};
}
