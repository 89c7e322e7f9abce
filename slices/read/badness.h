/* How bad the processes of a slice are, by rules that look at processes: for policies that rank by
 * them. Costs one to three files a process; allocates nothing. */
#ifndef SLICES_READ_BADNESS_H
#define SLICES_READ_BADNESS_H

#include <stdint.h>

enum badness_rule {
    BADNESS_NONE,
    BADNESS_VSZ, /* bytes of address space, of all processes together */
    BADNESS_OLD, /* the kernel's points before 2.6.36, of all processes together: pages of address
                    space, divided by the root of the CPU time (in units of 8 s) and by the fourth
                    root of the run time (of 1024 s); twice as much if niced, a quarter each with
                    CAP_SYS_ADMIN or CAP_SYS_RESOURCE and with CAP_SYS_RAWIO; shifted by oom_adj.
                    Its halves of children are left out: in a slice they are counted themselves */
    BADNESS_OOM_SCORE /* the kernel's own: the worst /proc/PID/oom_score, for it kills one process
                       */
};

/* Over the group at `group_fd` and those nested below it. 0 or -errno as processes_visit. */
int badness_read(int group_fd, int proc_fd, enum badness_rule rule, uint64_t *ret);

/* What BADNESS_OLD makes of one process; for tests. */
struct badness_facts {
    uint64_t vsz_bytes, cpu_sec, run_sec, capabilities;
    int64_t nice, oom_score_adj;
};
uint64_t badness_old(const struct badness_facts *facts);

#endif
