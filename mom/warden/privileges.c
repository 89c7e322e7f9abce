#include "mom/warden/privileges.h"

#include <errno.h>
#include <grp.h>
#include <unistd.h>

int privileges_drop(const struct credentials *credentials)
{
    uid_t uid = credentials->uid;
    gid_t gid = credentials->gid;
    if (geteuid() != 0)
        return 0;
    if (setgroups(credentials->groups, credentials->group) < 0 || setresgid(gid, gid, gid) < 0 ||
        setresuid(uid, uid, uid) < 0)
        return -errno;
    return uid != 0 && setuid(0) == 0 ? -EPERM : 0;
}
