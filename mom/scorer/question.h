/* What an outside scorer is asked and what it answers, as JSON. Pure: for tests and fuzzing.
 *
 *   question  {"schema": 1, "tick": 17, "node": {"mem_total": ..., ...},
 *              "slices": [{"serial": 12, "key": "docker:web", "name": "web", "path": "/...",
 *                          "kind": "container", "uid": 0, "rank": 0, "protected": false,
 *                          "held": false, "leak": "none", "footprint": 1048576, "growth": 12.5,
 *                          "age": 3600, "sample": {"anon": ..., ...}}, ...]}
 *             Bytes, bytes a second, seconds; samples by the names and in the units of
 *             sample_fields and node_fields.
 *   answer    {"scores": {"12": 1000, ...}}
 *             By serial: a name may be anything. Higher goes first; who is not named has 0. */
#ifndef MOM_SCORER_QUESTION_H
#define MOM_SCORER_QUESTION_H

#include "mom/common/live.h"
#include "mom/common/scores.h"
#include "slices/base/error.h"

#include <jansson.h>

/* Of slices in the live table. NULL: no memory. To be freed by free(3). */
char *question_text(const struct live *live, const struct live_state *state);

/* What it has answered: all of it, or nothing. -EINVAL with words: no JSON, no such object, a
 * serial that is none, a score that is no number from 0 on, or more than SCORES_MAX of them.
 * -ENOMEM. */
int question_answer(const char *text, size_t length, struct scores *ret, struct mom_error *error);

#endif
