#include "mom/governor/permission.h"

#include <errno.h>
#include <sys/socket.h>

/* Stands for whoever has no name here, as those of user namespaces, and is mom's own where there is
 * no user mom: nobody is a member by it. */
#define NOBODYS_GROUP ((gid_t)65534)

enum { MEMBER = 1 << 0, OWNER = 1 << 1, ANYBODY = 1 << 2 }; /* root may do everything */

static const unsigned allowed[CONTROL_VERBS] = {
    [CONTROL_PING] = ANYBODY,
    [CONTROL_RESET] = OWNER,
    [CONTROL_RECLAIM] = MEMBER,
    [CONTROL_THROTTLE] = MEMBER,
    [CONTROL_RAISE] = MEMBER,
    [CONTROL_FREEZE] = MEMBER,
    [CONTROL_MOVE] = MEMBER,
    [CONTROL_HOLD] = MEMBER,
    [CONTROL_RELEASE] = MEMBER,
    [CONTROL_DISMISS] = MEMBER,
};

static bool is_among_groups(int socket, gid_t group)
{
    enum { GROUPS_MOST = 1024 };
    gid_t groups[GROUPS_MOST];
    socklen_t length = sizeof groups;
    if (getsockopt(socket, SOL_SOCKET, SO_PEERGROUPS, groups, &length) < 0)
        return false;
    for (size_t i = 0; i < length / sizeof *groups; i++)
        if (groups[i] == group)
            return true;
    return false;
}

int asker_of(int socket, gid_t group, struct asker *ret)
{
    struct ucred peer;
    socklen_t length = sizeof peer;
    if (getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &peer, &length) < 0)
        return -errno;
    ret->uid = peer.uid;
    ret->is_member =
        group != NOBODYS_GROUP && (peer.gid == group || is_among_groups(socket, group));
    return 0;
}

bool permission_granted(
    const struct asker *asker, enum control_verb verb, const struct slice *slice)
{
    if (asker->uid == 0)
        return true;
    bool is_owner = slice && slice->uid == asker->uid;
    return (allowed[verb] & ANYBODY) || ((allowed[verb] & MEMBER) && asker->is_member) ||
           ((allowed[verb] & OWNER) && is_owner);
}

bool pace_allows(struct pace *pace, uid_t uid, int64_t now_usec)
{
    struct paced *oldest = pace->order;
    if (uid == 0)
        return true;
    for (struct paced *order = pace->order; order < pace->order + PACE_ORDERS; order++) {
        if (order->uid == uid && now_usec - order->usec < PACE_USEC)
            return false;
        if (order->usec < oldest->usec)
            oldest = order;
    }
    *oldest = (struct paced){uid, now_usec};
    return true;
}
