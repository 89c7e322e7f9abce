#include "slices/program.h"

const char *const program_role_names[PROGRAM_ROLES] = {
    [PROGRAM_NOTIFY] = "notify",
    [PROGRAM_BEFORE] = "hook-before",
    [PROGRAM_AFTER] = "hook-after",
    [PROGRAM_RESTART] = "restart",
};

const char *const program_result_names[PROGRAM_RESULTS] = {
    [PROGRAM_DONE] = "done",
    [PROGRAM_FAILED] = "failed",
    [PROGRAM_LATE] = "too late",
    [PROGRAM_NOT_STARTED] = "not started",
    [PROGRAM_REFUSED] = "refused",
    [PROGRAM_DRY_RUN] = "dry-run",
    [PROGRAM_LOST] = "lost",
};
