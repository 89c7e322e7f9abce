/* One entry of `matches`: which slices it fits, and what it says about them. */
#ifndef POLICY_FILE_MATCH_H
#define POLICY_FILE_MATCH_H

#include "policy/file/policy.h"
#include "policy/file/values.h"

#include <stdbool.h>

enum match_condition {
    MATCH_KEY,
    MATCH_PATH,
    MATCH_NAME,
    MATCH_RUNTIME,
    MATCH_USER,
    MATCH_KIND,
    MATCH_CONDITIONS
};

struct match {
    struct match *next;                       /* in order of precedence */
    struct globs condition[MATCH_CONDITIONS]; /* without patterns: not asked */
    unsigned says;                            /* bit (1 << enum slice_setting): given in `value` */
    struct slice_policy value;
};

/* fnmatch(3) as patterns of a policy mean it: a backslash is an ordinary character, since systemd's
 * unit names hold it (`a\x2db.service`), and `*` crosses '/', since what is nested in a group
 * belongs to it. */
bool match_glob(const char *pattern, const char *text);

/* All conditions fit, each by any of its patterns. Allocates nothing. */
bool match_fits(const struct match *match, const struct slice *slice);

#endif
