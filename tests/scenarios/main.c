/* Plays scenarios: scenarios FILE... ; each is told, and the status is that of the worst. */
#include "tests/scenarios/scenario.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool play_one(const char *file)
{
    struct scenario scenario;
    struct log log = {0};
    if (scenario_read(file, &scenario) < 0)
        return false;
    bool passed = scenario_play(&scenario, &log) == 0 && scenario_judge(&scenario, &log) == 0;
    free(log.events);
    scenario_free(&scenario);
    return passed;
}

int main(int argc, char **argv)
{
    int failed = 0;
    for (int i = 1; i < argc; i++) {
        bool passed = play_one(argv[i]);
        failed += !passed;
        printf("%s %s\n", passed ? "ok  " : "FAIL", argv[i]);
        (void)fflush(stdout);
    }
    printf("%d scenarios, %d failed\n", argc - 1, failed);
    return argc > 1 && failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
