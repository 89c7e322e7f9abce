/* Which policy applies: the file named by -c, else ETC-DIR/mom.yaml with the drop-ins of
 * ETC-DIR/mom.yaml.d, else the built-in one. The same for all programs. */
#ifndef MOM_COMMON_POLICY_SOURCE_H
#define MOM_COMMON_POLICY_SOURCE_H

#include "mom/common/options.h"
#include "policy/file/policy.h"

/* As policy_load, but -ENOMEM is told, too. `ret_name` (may be NULL) gets the file's name, or
 * "built-in policy". */
int policy_source_load(const struct options *options, policy_say *say, void *context,
    struct policy **ret, char ret_name[PATH_MAX]);

/* What a program ends with that can't have its policy: only bad ones are not worth another try. */
int policy_source_exit(int r);

/* A policy_say that logs each problem as an error. */
void policy_source_log(void *context, const char *text);

#endif
