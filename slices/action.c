#include "slices/action.h"

const char *const action_kind_names[ACTION_KINDS] = {
    [ACTION_NONE] = "none",
    [ACTION_RECORD] = "record",
    [ACTION_ALARM] = "alarm",
    [ACTION_WARN] = "warn",
    [ACTION_RECLAIM] = "reclaim",
    [ACTION_THROTTLE] = "throttle",
    [ACTION_RAISE] = "raise",
    [ACTION_FREEZE] = "freeze",
    [ACTION_MOVE] = "move",
    [ACTION_RELEASE] = "release",
    [ACTION_RESET] = "reset",
    [ACTION_REBOOT] = "reboot",
};

const char *const action_result_names[ACTION_RESULTS] = {
    [RESULT_DONE] = "done",
    [RESULT_DRY_RUN] = "dry-run",
    [RESULT_RECORDED] = "recorded",
    [RESULT_INCOMPLETE] = "incomplete",
    [RESULT_VANISHED] = "vanished",
    [RESULT_STRANGER] = "another life",
    [RESULT_REFUSED] = "refused",
    [RESULT_FAILED] = "failed",
};
