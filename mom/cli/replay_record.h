/* A recorded stretch decided again: by the policy of then, which must give the very same decisions,
 * or by another one, to see what would have differed. */
#ifndef MOM_CLI_REPLAY_RECORD_H
#define MOM_CLI_REPLAY_RECORD_H

#include "db/db.h"
#include "policy/decide/decision.h"
#include "policy/file/policy.h"
#include "slices/action.h"

#include <stdbool.h>
#include <stdint.h>

/* One decision of the record, of the replay, or of both. */
struct replayed {
    bool recorded, replayed; /* where it stands */
    uint32_t incident;       /* index into replay_result.incidents */
    int64_t unix_usec;
    char id[32];              /* of the recorded one; "" */
    struct decision decision; /* the recorded one, where there is one */
    bool other_evidence;      /* of both, but the numbers differ */
};

/* What belongs together: the decisions about a slice from the first to the all-clear. */
struct replayed_incident {
    int64_t unix_usec, last_unix_usec; /* of the first and the last decision */
    int64_t boot;
    uint64_t number; /* in the record; 0: the replay's alone */
    char key[SLICE_KEY_MAX];
    /* The severest action on each side, and when it was first decided; ACTION_NONE: nothing. */
    enum action_kind recorded, replayed;
    int64_t recorded_usec, replayed_usec;
    uint32_t differing; /* decisions that only one side has */
};

struct replay_result {
    uint64_t ticks, samples, looks;
    struct replayed *decisions; /* in order of time */
    uint32_t count, room;
    struct replayed_incident *incidents; /* in order of their first decisions */
    uint32_t incident_count, incident_room;
    uint32_t recorded, replayed, same, other_evidence;
    uint64_t policy_hash; /* the last one that was in force */
};

/* `policy` NULL: the one of then. `lead_usec`: so long before `since` it begins, so that what was
 * known by then is known. 0, or -errno with words: -ENOENT where the policy of then is not kept. */
int replay_record(struct db *db, int64_t since_unix_usec, int64_t until_unix_usec,
    int64_t lead_usec, const struct policy *policy, struct replay_result *ret,
    struct mom_error *error);
void replay_result_free(struct replay_result *result);

#endif
