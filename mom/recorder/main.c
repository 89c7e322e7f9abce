/* mom-recorder: started by momd, as an unprivileged user; see momd(8). */
#include "mom/common/log.h"
#include "mom/common/options.h"
#include "mom/recorder/recorder.h"

int main(int argc, char **argv)
{
    struct options options;
    int status = options_parse(&options, argc, argv);
    if (status >= 0)
        return status;
    log_open("mom-recorder", options.verbose ? LOG_LEVEL_DEBUG : LOG_LEVEL_INFO);
    return recorder_run(&options);
}
