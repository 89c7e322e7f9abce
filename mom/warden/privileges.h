/* Becoming somebody else, for good. libc only. */
#ifndef MOM_WARDEN_PRIVILEGES_H
#define MOM_WARDEN_PRIVILEGES_H

#include <stddef.h>
#include <sys/types.h>

/* Who a process is to run as. */
struct credentials {
    uid_t uid;
    gid_t gid;
    size_t groups; /* how many supplementary ones */
    gid_t group[64];
};

/* There is no way back: saved ids go too. An ordinary user's test run, which has none to drop,
 * stays what it is. 0 or -errno. */
int privileges_drop(const struct credentials *credentials);

#endif
