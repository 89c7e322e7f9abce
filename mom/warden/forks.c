#include "mom/warden/forks.h"

#include "mom/common/clock.h"
#include "mom/common/log.h"
#include "mom/common/paths.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

int forks_open(struct forks *forks, const char *run_dir, struct mom_error *error)
{
    char path[PATH_MAX];
    *forks = (struct forks){0};
    int r = paths_join(path, sizeof path, run_dir, HEARTBEAT_WARDEN_FILE);
    return r < 0 ? error_errno(error, r, "%s", run_dir)
                 : heartbeat_create(&forks->heartbeat, path, (gid_t)-1, error);
}

static bool one_works(void)
{
    int status;
    pid_t pid = fork();
    if (pid == 0)
        _exit(EXIT_SUCCESS);
    return pid > 0 && waitpid(pid, &status, 0) == pid && WIFEXITED(status) &&
           WEXITSTATUS(status) == EXIT_SUCCESS;
}

/* The lock of the run dir, which is open to us as well, must end with the warden. */
static _Noreturn void try_for_ever(struct heartbeat_page *page, pid_t parent)
{
    sigset_t none;
    (void)sigemptyset(&none);
    (void)prctl(PR_SET_NAME, "mom-forks");
    (void)close_range(STDERR_FILENO + 1, UINT_MAX, 0);
    (void)sigprocmask(SIG_SETMASK, &none, NULL);
    (void)mlockall(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT);
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    while (getppid() == parent) {
        if (one_works())
            page->beat_usec[HEART_FORK] = clock_now().boot_usec;
        (void)sleep(FORKS_TRY_SEC);
    }
    _exit(EXIT_FAILURE);
}

static void start(struct forks *forks, int64_t now_usec)
{
    pid_t parent = getpid();
    pid_t pid = fork();
    if (pid == 0)
        try_for_ever(heartbeat_page(&forks->heartbeat), parent);
    forks->start_usec = now_usec + FORKS_TRY_SEC * USEC_PER_SEC;
    if (pid > 0)
        forks->pid = pid;
    else
        log_error("nobody can try whether processes can be started: %s", strerrorname_np(errno));
}

void forks_round(struct forks *forks, bool wanted, int64_t now_usec)
{
    forks->wanted = wanted;
    if (!wanted)
        forks_close(forks);
    else if (forks->pid == 0 && now_usec >= forks->start_usec)
        start(forks, now_usec);
}

bool forks_reap(struct forks *forks, pid_t pid, int64_t now_usec)
{
    if (forks->pid == 0 || forks->pid != pid)
        return false;
    forks->pid = 0;
    forks->start_usec = now_usec + FORKS_TRY_SEC * USEC_PER_SEC;
    return true;
}

bool forks_failed(const struct forks *forks, int64_t now_usec)
{
    int64_t worked_usec = heartbeat_page(&forks->heartbeat)->beat_usec[HEART_FORK];
    return forks->wanted && worked_usec != 0 && now_usec - worked_usec > FORKS_FAILED_USEC;
}

void forks_close(struct forks *forks)
{
    if (forks->pid > 0)
        (void)kill(forks->pid, SIGKILL);
}
