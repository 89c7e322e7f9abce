/* Who may order what, by what the kernel says of who asks.
 *
 *             root   group mom   the slice's owner   others
 *   ping      yes    yes         yes                 yes
 *   reset     yes    no          yes                 no
 *   hold      yes    yes         no                  no     (nobody exempts himself)
 *   all else  yes    yes         no                  no
 *
 * The owner is the user whose slice it is, or to whom its group was delegated; never root. */
#ifndef MOM_GOVERNOR_PERMISSION_H
#define MOM_GOVERNOR_PERMISSION_H

#include "mom/common/control.h"
#include "slices/slice.h"

#include <stdbool.h>
#include <sys/types.h>

struct asker {
    uid_t uid;
    bool is_member; /* of group mom */
};

/* Of a connected socket's other end, as it was when it connected (SO_PEERCRED, SO_PEERGROUPS).
 * Where the kernel says nothing of the groups (before 4.13), nobody is a member but by his first;
 * and nobody is where mom has no group of her own. */
int asker_of(int socket, gid_t group, struct asker *ret);

/* `slice`: whom the verb is about; NULL: all slices, or none. */
bool permission_granted(
    const struct asker *asker, enum control_verb verb, const struct slice *slice);

/* How often: what is ordered is recorded and mailed, and nobody's orders may crowd out other news.
 * All zero at first. */
#define PACE_USEC 1000000
enum { PACE_ORDERS = 64 };

struct pace {
    struct paced {
        uid_t uid; /* 0: free; root waits for nobody */
        int64_t usec;
    } order[PACE_ORDERS]; /* the newest of all users */
};

/* False: he gave an order less than PACE_USEC ago. `now_usec`: boot time. */
bool pace_allows(struct pace *pace, uid_t uid, int64_t now_usec);

#endif
