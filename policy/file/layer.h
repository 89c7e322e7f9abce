/* One policy text laid over what lies below it. */
#ifndef POLICY_FILE_LAYER_H
#define POLICY_FILE_LAYER_H

#include "policy/file/document.h"
#include "policy/file/match.h"
#include "policy/file/policy.h"
#include "policy/file/pool.h"
#include "policy/file/problems.h"

#include <stdint.h>

#define POLICY_MATCHES_MAX 1024 /* of all texts: each slice is held against each of them */

struct layer_text {
    struct layer_text *next;
    struct policy_layer layer;
};

struct policy {
    struct pool pool; /* matches, patterns, file names */
    struct policy_globals globals;
    struct origin formula_origin; /* where that was said last */
    struct slice_policy slices;   /* what applies where no match says otherwise */
    struct rule rule[POLICY_RULES_MAX];
    uint32_t rules;
    struct penalties penalties;
    struct match *matches; /* in order of precedence */
    uint32_t match_count;
    uint64_t hash;
    struct layer_text *texts, **texts_end; /* what it was made of, in that order */
};

/* Sets what the tree gives: settings one by one, `rules` and `penalties` as a whole, `matches`
 * before those that there are. Problems are told; what is right is taken all the same, so that all
 * are found. */
void layer_read(struct policy *policy, const struct node *root, struct problems *problems);

#endif
