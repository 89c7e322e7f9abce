/* Policy files: whatever stands in one, it is either refused with words, or it is a policy that
 * keeps the bounds of the table of settings. */
#include "policy/file/policy.h"
#include "tests/fuzz/fuzz.h"

#include <stdlib.h>
#include <string.h>

static void count_problem(void *context, const char *text)
{
    unsigned *problems = context;
    fuzz_must(text[0] && strlen(text) < 4096, "a problem has words, and not too many");
    ++*problems;
}

static void use(const struct policy *policy)
{
    static const struct slice slices[] = {
        {.kind = SLICE_CONTAINER,
            .runtime = "docker",
            .path = "/docker/x",
            .key = "docker:web",
            .name = "web"},
        {.kind = SLICE_USER,
            .uid = 1000,
            .path = "/user.slice/user-1000.slice",
            .key = "user:1000",
            .name = "alice"},
    };
    const struct policy_globals *globals = policy_globals(policy);
    fuzz_must(globals->time_scale > 0, "time runs");
    fuzz_must(globals->tick_usec > 0 && globals->guard_usec > 0, "ticks have a length");
    fuzz_must(globals->max_slices > 0 && globals->full_every > 0, "there is room for slices");
    for (size_t i = 0; i < sizeof slices / sizeof *slices; i++) {
        struct slice_policy applied;
        policy_for_slice(policy, &slices[i], &applied);
        fuzz_must(applied.mode < MODES && applied.leak < MODES, "modes are modes");
        fuzz_must(memchr(applied.owner, '\0', sizeof applied.owner), "an owner is a string");
    }
    uint32_t count;
    const struct rule *rules = policy_rules(policy, &count);
    fuzz_must(count <= POLICY_RULES_MAX, "no more rules than there is room for");
    for (uint32_t i = 0; i < count; i++)
        fuzz_must(rules[i].action < RULE_ACTIONS && rules[i].conditions, "a rule has conditions");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_input input = {data, size};
    char *text = fuzz_text(&input);
    struct policy *policy = NULL;
    unsigned problems = 0;
    int r = policy_load_text("fuzz.yaml", text, size, count_problem, &problems, &policy);
    fuzz_must((r == 0) == (policy != NULL), "a policy, or none");
    fuzz_must(r == 0 || problems > 0, "what is refused is told why");
    if (r == 0)
        use(policy);
    policy_free(policy);
    free(text);
    return 0;
}
