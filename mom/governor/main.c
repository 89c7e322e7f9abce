/* mom-governor: started by momd; reads its command line (see momd(8)), loads the policy, governs.
 */
#include "mom/common/log.h"
#include "mom/common/options.h"
#include "mom/common/policy_source.h"
#include "mom/governor/governor.h"

#include <stdio.h>
#include <stdlib.h>

static void print_problem(void *context, const char *text)
{
    (void)context;
    (void)fprintf(stderr, "%s\n", text);
}

int main(int argc, char **argv)
{
    struct options options;
    int status = options_parse(&options, argc, argv);
    if (status >= 0)
        return status;
    log_open("mom-governor", options.verbose ? LOG_LEVEL_DEBUG : LOG_LEVEL_INFO);
    struct policy *policy;
    char name[PATH_MAX];
    policy_say *say = options.check_config ? print_problem : policy_source_log;
    int r = policy_source_load(&options, say, NULL, &policy, name);
    if (r < 0)
        return policy_source_exit(r);
    if (options.check_config) {
        (void)printf("%s: valid\n", name);
        policy_free(policy);
        return EXIT_SUCCESS;
    }
    if (options.once)
        return governor_once(&options, policy);
    log_notice("policy: %s", name);
    return governor_run(&options, policy);
}
