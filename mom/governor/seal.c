#include "mom/governor/seal.h"

#include "mom/common/log.h"
#include "slices/base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

/* MCL_ONFAULT leaves out what has not run yet: the first reset under thrash would wait for its
 * code. The files that are mapped privately are programs and libraries, 2 MB in all; shared ones
 * are the run dir's. */
static void lock_code(void)
{
    FILE *maps = fopen("/proc/self/maps", "re");
    char line[1024], permissions[5];
    void *begin, *end;
    while (maps && fgets(line, sizeof line, maps))
        if (sscanf(line, "%p-%p %4s", &begin, &end, permissions) == 3 && strchr(line, '/') &&
            permissions[0] == 'r' && permissions[3] == 'p')
            (void)mlock(begin, (size_t)((char *)end - (char *)begin));
    if (maps)
        (void)fclose(maps);
}

void seal_process(void)
{
    lock_code();
    if (mlockall(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT) < 0)
        log_warning("memory can't be locked (%s): mom may be paged out", strerrorname_np(errno));
    int r = file_write(AT_FDCWD, "/proc/self/oom_score_adj", "-1000");
    if (r < 0)
        log_warning("oom_score_adj can't be lowered (%s): the kernel may choose mom herself",
            strerrorname_np(-r));
}

_Thread_local enum seal thread_seal;

void seal_thread(enum seal seal)
{
    thread_seal = seal;
}
