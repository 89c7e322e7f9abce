#include "slices/act/kernel_hints.h"

#include "slices/base/file.h"
#include "slices/base/text.h"
#include "slices/read/visit.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/xattr.h>

/* Of -1000 to 1000, in thousandths of all memory: who is told to be first goes unless another has
 * 60 % of the memory more; who is told to be spared goes when all else is gone. */
static const int adjustment[KERNEL_HINTS] = {
    [HINT_NONE] = 0, [HINT_FIRST] = 601, [HINT_LATER] = -301, [HINT_SPARED] = -901};

static const char oom_group[] = "memory.oom.group", mark[] = "user.mom.oom_group";

struct telling {
    int proc_fd, wanted;
    int failed; /* the first -errno */
};

static bool is_ours(long value)
{
    for (int hint = 0; hint < KERNEL_HINTS; hint++)
        if (value == adjustment[hint])
            return true;
    return false;
}

static int tell_process(void *context, int32_t pid)
{
    struct telling *telling = context;
    char name[48], text[32];
    (void)text_format(name, sizeof name, "%d/oom_score_adj", pid);
    if (file_read(telling->proc_fd, name, text, sizeof text) <= 0)
        return 0; /* it has ended */
    long value = strtol(text, NULL, 10);
    if (value == telling->wanted || !is_ours(value))
        return 0;
    (void)text_format(text, sizeof text, "%d", telling->wanted);
    int r = file_write(telling->proc_fd, name, text);
    if (r < 0 && r != -ENOENT && r != -ESRCH && telling->failed == 0)
        telling->failed = r;
    return 0;
}

/* An open directory may be named by its descriptor, an O_PATH one too. */
static const char *name_of(int directory, char name[static 32])
{
    (void)snprintf(name, 32, "/proc/self/fd/%d", directory);
    return name;
}

static int tell_group(int group_fd, bool together)
{
    char name[32];
    unsigned long long is_set;
    int r = file_read_u64(group_fd, oom_group, &is_set);
    if (r < 0)
        return r == -ENOENT ? 0 : r; /* v1 */
    bool is_marked = getxattr(name_of(group_fd, name), mark, NULL, 0) >= 0;
    if (together && is_set == 0) {
        if (setxattr(name, mark, "", 0, 0) < 0)
            return -errno;
        return file_write(group_fd, oom_group, "1");
    }
    if (together || !is_marked)
        return 0;
    r = file_write(group_fd, oom_group, "0");
    if (r == 0)
        (void)removexattr(name, mark);
    return r;
}

static int tell_processes(int group_fd, int proc_fd, int wanted)
{
    struct telling telling = {.proc_fd = proc_fd, .wanted = wanted};
    int r = processes_visit(group_fd, tell_process, &telling);
    return r < 0 ? r : telling.failed;
}

int kernel_hints_give(int group_fd, int proc_fd, const struct kernel_hint *hint)
{
    int r = tell_group(group_fd, hint->together);
    int told = tell_processes(group_fd, proc_fd, adjustment[hint->rank]);
    return r < 0 ? r : told;
}

static int undo_group(void *context, int directory)
{
    (void)context;
    return tell_group(directory, false);
}

int kernel_hints_undo(int group_fd, int proc_fd)
{
    int r = groups_visit(group_fd, undo_group, NULL);
    int told = tell_processes(group_fd, proc_fd, 0);
    return r < 0 ? r : told;
}
