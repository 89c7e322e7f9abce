#include "mom/common/options.h"

#include "slices/base/text.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifndef MOM_VERSION
#define MOM_VERSION "unknown"
#endif

enum { OPTION_DRY_RUN = 2000, OPTION_ONCE, OPTION_CHECK_CONFIG, OPTION_SETGID_SENDMAIL };
enum { OWN_OPTIONS = 9 };

static const struct option own_options[OWN_OPTIONS] = {
    {"foreground", no_argument, NULL, 'f'},
    {"config", required_argument, NULL, 'c'},
    {"verbose", no_argument, NULL, 'v'},
    {"help", no_argument, NULL, 'h'},
    {"version", no_argument, NULL, 'V'},
    {"dry-run", no_argument, NULL, OPTION_DRY_RUN},
    {"once", no_argument, NULL, OPTION_ONCE},
    {"check-config", no_argument, NULL, OPTION_CHECK_CONFIG},
    {"setgid-sendmail", no_argument, NULL, OPTION_SETGID_SENDMAIL},
};

static void help(void)
{
    (void)printf(
        "momd governs the memory of slices.\n\n"
        "  -f, --foreground    don't detach\n"
        "  -c, --config FILE   policy file (default: ETC-DIR/mom.yaml, else the built-in policy)\n"
        "      --check-config  say what is wrong with the policy, and exit\n"
        "      --dry-run       decide and record, but never act\n"
        "      --once          look once, print what would be done, and exit\n"
        "      --setgid-sendmail\n"
        "                      let the courier run a sendmail that takes on another group or user\n"
        "  -v, --verbose       log more\n"
        "  -h, --help          this\n"
        "  -V, --version\n\n"
        "Paths: --scope GROUP (look at and act on groups below it only), --cgroup-root, "
        "--proc-root,\n"
        "--run-dir, --state-dir, --etc-dir, --self-cgroup. See momd(8).\n");
}

static int take(struct options *options, int option)
{
    switch (option) {
    case 'f':
        options->foreground = true;
        return -1;
    case 'c':
        return text_copy(options->policy_file, sizeof options->policy_file, optarg) < 0 ? EXIT_USAGE
                                                                                        : -1;
    case 'v':
        options->verbose = true;
        return -1;
    case OPTION_DRY_RUN:
        options->dry_run = true;
        return -1;
    case OPTION_ONCE:
        options->once = true;
        return -1;
    case OPTION_CHECK_CONFIG:
        options->check_config = true;
        return -1;
    case OPTION_SETGID_SENDMAIL:
        options->setgid_sendmail = true;
        return -1;
    case 'h':
        help();
        return EXIT_SUCCESS;
    case 'V':
        (void)printf("mom %s\n", MOM_VERSION);
        return EXIT_SUCCESS;
    default:
        return option >= PATHS_OPTION_FIRST && paths_take(&options->paths, option, optarg) == 0
                   ? -1
                   : EXIT_USAGE;
    }
}

int options_parse(struct options *options, int argc, char **argv)
{
    struct option all[OWN_OPTIONS + PATHS_OPTIONS + 1] = {{0}};
    memcpy(all, own_options, sizeof own_options);
    memcpy(all + OWN_OPTIONS, paths_options, sizeof paths_options);
    memset(options, 0, sizeof *options);
    paths_init(&options->paths);
    int option, status = -1;
    while (status < 0 && (option = getopt_long(argc, argv, "fc:vhV", all, NULL)) != -1)
        status = take(options, option);
    if (status < 0 && optind < argc) {
        (void)fprintf(stderr, "%s: unexpected argument '%s'; see --help\n", argv[0], argv[optind]);
        status = EXIT_USAGE;
    }
    return status;
}
