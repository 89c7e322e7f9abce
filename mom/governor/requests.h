/* The control thread: answers momctl over the socket, and loads the policy anew. It may block and
 * allocate; the governor's thread takes its messages when it comes round, and never waits for it.
 */
#ifndef MOM_GOVERNOR_REQUESTS_H
#define MOM_GOVERNOR_REQUESTS_H

#include "mom/common/control.h"
#include "mom/common/options.h"
#include "mom/governor/permission.h"
#include "policy/file/policy.h"

#include <stdbool.h>
#include <sys/types.h>

struct requests;

/* `wake_fd`: an eventfd, written when something waits for the governor's thread. `group`: mom's. */
int requests_open(const struct options *options, gid_t group, int wake_fd, struct requests **ret,
    struct mom_error *error);
void requests_close(struct requests *requests);

/* The request that waits, if any, and who asks: whether he may is for the governor's thread to say,
 * which knows the slices. It answers with requests_answer. */
bool requests_take(struct requests *requests, struct control_request *ret, struct asker *ret_asker);
void requests_answer(struct requests *requests, const struct control_reply *reply);

/* Has the policy loaded anew (SIGHUP); requests_policy gives it when it is there and valid. An
 * invalid one is said in the log, and the old one stays. */
void requests_reload(struct requests *requests);
struct policy *requests_policy(struct requests *requests);

#endif
