#include "mom/common/policy_source.h"

#include "mom/common/log.h"
#include "slices/base/text.h"

#include <errno.h>
#include <unistd.h>

/* What can't be looked at must not pass for absent: it would be another policy. */
static bool is_there(const char *path)
{
    return access(path, F_OK) == 0 || errno != ENOENT;
}

int policy_source_load(const struct options *options, policy_say *say, void *context,
    struct policy **ret, char ret_name[PATH_MAX])
{
    char file[PATH_MAX], drop_ins[PATH_MAX];
    if (paths_join(file, sizeof file, options->paths.etc_dir, "mom.yaml") < 0 ||
        text_format(drop_ins, sizeof drop_ins, "%s.d", file) < 0)
        return -ENAMETOOLONG;
    struct policy_source source = {0};
    if (options->policy_file[0])
        source.file = options->policy_file; /* named: it must be there */
    else if (is_there(file))
        source.file = file;
    if (!options->policy_file[0] && is_there(drop_ins))
        source.drop_ins = drop_ins;
    if (ret_name)
        (void)text_copy(ret_name, PATH_MAX, source.file ? source.file : "built-in policy");
    int r = policy_load(&source, say, context, ret);
    if (r == -ENOMEM)
        say(context, "no memory for the policy");
    return r;
}

int policy_source_exit(int r)
{
    return r == -ENOMEM ? EXIT_CANT_START : EXIT_BAD_CONFIG;
}

void policy_source_log(void *context, const char *text)
{
    (void)context;
    log_error("%s", text);
}
