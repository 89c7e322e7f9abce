/* Plays scenarios: scenarios [--story] FILE... ; whether each came true is told, with --story also
 * what happened in it. The status is that of the worst. */
#include "tests/scenarios/scenario.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool play_one(const char *file, bool tell)
{
    struct scenario scenario;
    struct log log = {0};
    if (scenario_read(file, &scenario) < 0)
        return false;
    bool played = scenario_play(&scenario, &log) == 0;
    if (played && tell)
        story_tell(&log);
    bool passed = played && scenario_judge(&scenario, &log) == 0;
    log_free(&log);
    scenario_free(&scenario);
    return passed;
}

int main(int argc, char **argv)
{
    bool tell = argc > 1 && strcmp(argv[1], "--story") == 0;
    int first = tell ? 2 : 1, failed = 0;
    for (int i = first; i < argc; i++) {
        bool passed = play_one(argv[i], tell);
        failed += !passed;
        printf("%s %s\n", passed ? "ok  " : "FAIL", argv[i]);
        (void)fflush(stdout);
    }
    printf("%d scenarios, %d failed\n", argc - first, failed);
    return argc > first && failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
