/* All settings of a policy as one table: parser, check, `momctl policy` and the manual are made
 * from it. Adding a setting is a field in policy.h and a row in settings.c. */
#ifndef POLICY_FILE_SETTINGS_H
#define POLICY_FILE_SETTINGS_H

#include "policy/file/policy.h"
#include "policy/file/values.h"

#include <stdbool.h>
#include <stddef.h>

/* Where a setting may stand, and which struct holds it. */
enum setting_scope {
    SCOPE_GLOBAL = 1 << 0,  /* at the top of the file: struct policy_globals */
    SCOPE_SLICE = 1 << 1,   /* in `slices` or an entry of `matches`: struct slice_policy */
    SCOPE_RULE = 1 << 2,    /* in an entry of `rules`: struct rule */
    SCOPE_PENALTY = 1 << 3, /* in an entry of `penalties`: struct penalty */
    SCOPE_MATCH = 1 << 4,   /* in an entry of `matches`, choosing slices: private */
};

struct setting {
    enum setting_scope scope;
    enum value_type type;
    const char *name;         /* "tick"; with a dot where it stands in a group: "mail.interval" */
    struct words words;       /* of a VALUE_WORD */
    const char *least, *most; /* as one would write them; NULL: whatever the type allows */
    const char *fallback;     /* the default, as one would write it; NULL: none */
    bool or_zero;             /* zero is in range, too */
    bool required;
    bool scaled;   /* divided by time_scale */
    unsigned mark; /* SLICE: enum slice_setting. RULE: enum rule_condition, 0 where it is none */
    size_t offset, size;
    const char *help; /* one sentence */
};

/* All rows, those of a scope together. Static. */
const struct setting *settings_table(size_t *ret_count);

/* The row of a slice setting. Static. */
const struct setting *setting_of_slice(enum slice_setting setting);

/* Reads text into its field of `object` (the struct of its scope). -EINVAL with words. */
int setting_parse(
    const struct setting *setting, const char *text, void *object, struct mom_error *error);

/* Writes the field as one would write it in the file. -ENAMETOOLONG. */
int setting_format(const struct setting *setting, const void *object, char *buffer, size_t size);

#endif
