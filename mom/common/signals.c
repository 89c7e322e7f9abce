#include "mom/common/signals.h"

#include <errno.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

int signals_open(const int *wanted, size_t count)
{
    sigset_t signals;
    (void)sigemptyset(&signals);
    for (size_t i = 0; i < count; i++)
        (void)sigaddset(&signals, wanted[i]);
    (void)sigprocmask(SIG_BLOCK, &signals, NULL);
    (void)signal(SIGPIPE, SIG_IGN);
    int fd = signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
    return fd < 0 ? -errno : fd;
}

bool signals_take(int fd, int *ret_signal)
{
    struct signalfd_siginfo info;
    if (read(fd, &info, sizeof info) != sizeof info)
        return false;
    *ret_signal = (int)info.ssi_signo;
    return true;
}
