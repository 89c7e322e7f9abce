#include "mom/governor/hooks.h"

#include "mom/common/clock.h"
#include "mom/common/log.h"
#include "mom/common/records.h"
#include "mom/governor/governor.h"
#include "mom/governor/restart.h"
#include "slices/base/text.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

/* Until the warden has looked for it, ended it and told us, where it took too long. */
#define SLACK_USEC (5 * USEC_PER_SEC)
enum { ENDS_AT_ONCE = 64 };

/* What is decided about a slice, by whomever. */
struct occasion {
    uint64_t decision;
    enum action_kind action, wanted;
    enum restraint restraint;
    enum reason reason;
    const char *rule;
};

static struct occasion occasion_of(const struct decision *decision)
{
    return (struct occasion){decision->seq, decision->action, decision->wanted, decision->restraint,
        decision->reason, decision->rule};
}

/* --- The record ------------------------------------------------------------------------------- */

static void record(struct governor *governor, const struct program_outcome *outcome)
{
    char words[4 * sizeof outcome->words];
    (void)ring_write(&governor->decisions, RECORD_PROGRAM, outcome, sizeof *outcome);
    log_notice("%s for decision %llu: %s: %s%s%s", program_role_names[outcome->role],
        (unsigned long long)outcome->decision, outcome->command,
        program_result_names[outcome->result], outcome->words[0] ? ": " : "",
        text_escape(words, sizeof words, outcome->words));
}

static void record_not_run(struct governor *governor, const struct errand *errand,
    enum program_role role, const char *command, enum program_result result, const char *why)
{
    struct program_outcome outcome = {
        .decision = errand->decision, .role = role, .result = result, .ended = clock_now()};
    (void)text_copy(outcome.command, sizeof outcome.command, command);
    (void)text_copy(outcome.words, sizeof outcome.words, why);
    record(governor, &outcome);
}

/* --- Asking ------------------------------------------------------------------------------------
 */

/* A line of the environment; whatever the value is, it holds no control byte then. One that doesn't
 * fit is left out. */
static void add_fact(char facts[PROGRAM_FACTS_MAX], const char *name, const char *value)
{
    char shown[4 * SLICE_PATH_MAX];
    size_t used = strlen(facts);
    if (text_format(facts + used, PROGRAM_FACTS_MAX - used, "MOM_%s=%s\n", name,
            text_show(shown, sizeof shown, value)) < 0)
        facts[used] = '\0';
}

static void add_number(char facts[PROGRAM_FACTS_MAX], const char *name, uint64_t value)
{
    char text[24];
    (void)text_format(text, sizeof text, "%llu", (unsigned long long)value);
    add_fact(facts, name, text);
}

static void describe(const struct governor *governor, struct errand *errand,
    const struct place *place, const struct slice *slice, const struct occasion *occasion)
{
    const struct slice_policy *own = &place->watch.policy;
    char id[DECISION_ID_MAX], *facts = errand->facts;
    decision_id(governor->boot, occasion->decision, id);
    errand->decision = occasion->decision;
    errand->until_usec = 0;
    errand->reason = occasion->reason;
    errand->slice = *slice;
    errand->timeout_usec = own->hook_timeout_usec;
    (void)text_copy(errand->hook_after, sizeof errand->hook_after, own->hook_after);
    (void)text_copy(errand->restart, sizeof errand->restart, own->restart);
    (void)text_copy(errand->user, sizeof errand->user, own->hook_user);
    facts[0] = '\0';
    add_fact(facts, "DECISION", id);
    add_fact(facts, "ACTION", action_kind_names[occasion->action]);
    add_fact(facts, "WANTED", action_kind_names[occasion->wanted]);
    add_fact(facts, "RESTRAINT", restraint_names[occasion->restraint]);
    add_fact(facts, "REASON", reason_names[occasion->reason]);
    add_fact(facts, "RULE", occasion->rule);
    add_fact(facts, "SLICE", slice->key);
    add_fact(facts, "NAME", slice->name);
    add_fact(facts, "PATH", slice->path);
    add_fact(facts, "KIND", slice_kind_names[slice->kind]);
    add_fact(facts, "RUNTIME", slice->runtime);
    add_number(facts, "UID", slice->uid);
    add_fact(facts, "OWNER", own->owner);
    add_fact(facts, "LEAK", leak_verdict_names[place->watch.leak.report.verdict]);
    add_number(facts, "FOOTPRINT", place->watch.footprint);
}

/* False: nothing is run, and that is on record. `group` "": nothing is looked at before. */
static bool ask(struct governor *governor, const struct errand *errand, enum program_role role,
    const char *command, const char *user, const char *group)
{
    struct hooks *hooks = &governor->hooks;
    struct program_ask *ask = &hooks->ask;
    if (governor->options->dry_run) {
        record_not_run(governor, errand, role, command, PROGRAM_DRY_RUN, "");
        return false;
    }
    *ask = (struct program_ask){.decision = errand->decision,
        .role = role,
        .at = clock_now(),
        .timeout_usec = errand->timeout_usec,
        .life = errand->slice.life};
    (void)text_copy(ask->user, sizeof ask->user, user);
    (void)text_copy(ask->command, sizeof ask->command, command);
    (void)text_copy(ask->group, sizeof ask->group, group);
    (void)text_copy(ask->facts, sizeof ask->facts, errand->facts);
    add_fact(ask->facts, "HOOK", program_role_names[role]);
    if (ring_write(&hooks->asks, PROGRAM_ASK, ask, sizeof *ask) == 0)
        return true;
    record_not_run(
        governor, errand, role, command, PROGRAM_NOT_STARTED, "too many others wait already");
    return false;
}

static void restart(
    struct governor *governor, const struct errand *errand, const struct outcome *outcome)
{
    const struct restart_means means = {governor->hooks.systemd, errand->timeout_usec};
    bool is_auto = strcmp(errand->restart, RESTART_AUTO) == 0;
    char command[PROGRAM_COMMAND_MAX], group[PROGRAM_GROUP_MAX];
    struct mom_error error = {0};
    enum program_result refused = PROGRAM_NOT_STARTED;
    (void)text_copy(command, sizeof command, errand->restart);
    int r = is_auto ? restart_command(&errand->slice, &means, command, &error) : 0;
    if (r == 0 && outcome->job[0]) {
        r = error_set(&error, -EBUSY, "one of its jobs went, the others go on");
        refused = PROGRAM_REFUSED;
    }
    if (r == 0 &&
        text_format(group, sizeof group, "%s%s", governor->hierarchy.root, errand->slice.path) < 0)
        r = error_set(&error, -ENAMETOOLONG, "the group's path is too long");
    if (r < 0)
        record_not_run(governor, errand, PROGRAM_RESTART, command, refused, error.text);
    else
        (void)ask(
            governor, errand, PROGRAM_RESTART, command, is_auto ? "root" : errand->user, group);
}

/* --- What waits --------------------------------------------------------------------------------
 */

static bool is_given(const char *command)
{
    return command && *command;
}

static bool restarts(const char *restart)
{
    return is_given(restart) && strcmp(restart, RESTART_NONE) != 0;
}

/* A free place, else that of whoever has waited longest for an outcome: it may never come. */
static struct errand *take_place(struct hooks *hooks)
{
    struct errand *oldest = NULL;
    for (struct errand *errand = hooks->errand; errand < hooks->errand + HOOKS_ERRANDS; errand++) {
        if (errand->decision == 0)
            return errand;
        if (errand->until_usec == 0 && (!oldest || errand->decision < oldest->decision))
            oldest = errand;
    }
    return oldest;
}

/* NULL: there is nothing to run around this reset, or no place to remember it. */
static struct errand *begin_errand(struct governor *governor, const struct place *place,
    const struct slice *slice, const struct occasion *occasion)
{
    const struct slice_policy *own = &place->watch.policy;
    if (!is_given(own->hook_before) && !is_given(own->hook_after) && !restarts(own->restart))
        return NULL;
    struct errand *errand = take_place(&governor->hooks);
    if (errand)
        describe(governor, errand, place, slice, occasion);
    else
        log_error("too many resets wait for their hook_before: decision %llu goes without",
            (unsigned long long)occasion->decision);
    return errand;
}

static bool ask_before(
    struct governor *governor, const struct errand *errand, const struct place *place)
{
    const char *command = place->watch.policy.hook_before;
    return is_given(command) && ask(governor, errand, PROGRAM_BEFORE, command, errand->user, "");
}

static void notify(struct governor *governor, const struct place *place, const struct slice *slice,
    const struct occasion *occasion)
{
    const char *command = place->watch.policy.notify;
    struct errand *errand = &governor->hooks.passing;
    if (!is_given(command) || occasion->action < ACTION_ALARM)
        return;
    describe(governor, errand, place, slice, occasion);
    (void)ask(governor, errand, PROGRAM_NOTIFY, command, errand->user, "");
}

void hooks_notify(struct governor *governor, const struct decision *decision)
{
    const struct slice *slice;
    const struct place *place = governor_find(governor, decision->serial, &slice);
    const struct occasion occasion = occasion_of(decision);
    if (place)
        notify(governor, place, slice, &occasion);
}

bool hooks_hold_back(
    struct governor *governor, struct place *place, const struct decision *decision)
{
    const struct slice *slice;
    const struct occasion occasion = occasion_of(decision);
    if (decision->action != ACTION_RESET || !governor_find(governor, decision->serial, &slice))
        return false;
    place->decision[decision->action] =
        decision->seq; /* what an older one comes to is no more its affair */
    hooks_withdraw(governor, decision->serial, "another reset of it was decided", decision->at);
    struct errand *errand = begin_errand(governor, place, slice, &occasion);
    if (!errand || !ask_before(governor, errand, place) || decision->reason == REASON_OOM)
        return false; /* tasks that wait at their limit don't wait for a program, too */
    errand->action = decision_action(decision);
    errand->until_usec = decision->at.boot_usec + errand->timeout_usec + SLACK_USEC;
    return true;
}

void hooks_follow(struct governor *governor, const struct place *place, const struct slice *slice,
    const struct guard_order *order, struct stamp now)
{
    const struct occasion occasion = {order->decision, order->action, order->wanted,
        order->restraint, REASON_NODE_RULE, order->rule};
    notify(governor, place, slice, &occasion);
    if (order->action != ACTION_RESET)
        return;
    hooks_withdraw(governor, slice->serial, "it is reset for the node's sake", now);
    const struct errand *errand = begin_errand(governor, place, slice, &occasion);
    if (errand)
        (void)ask_before(governor, errand, place);
}

static void withdraw(
    struct governor *governor, struct errand *errand, const char *why, struct stamp now)
{
    static struct record_outcome refused; /* large */
    refused.outcome = (struct outcome){.decision = errand->decision,
        .kind = ACTION_RESET,
        .result = RESULT_REFUSED,
        .started = now,
        .ended = now};
    (void)text_format(refused.outcome.error, sizeof refused.outcome.error,
        "while it waited for hook_before: %s", why);
    (void)ring_write(&governor->decisions, RECORD_OUTCOME, &refused, sizeof refused);
    errand->until_usec = 0;
    governor_take_outcome(governor, &refused.outcome, now);
}

void hooks_withdraw(struct governor *governor, uint64_t serial, const char *why, struct stamp now)
{
    struct errand *errand = governor->hooks.errand;
    for (; errand < governor->hooks.errand + HOOKS_ERRANDS; errand++)
        if (errand->decision != 0 && errand->until_usec != 0 &&
            (serial == 0 || errand->slice.serial == serial))
            withdraw(governor, errand, why, now);
}

/* Why the reset that has waited is not to be done any more; RESTRAINT_NONE: it is. A person's word
 * stands above all but protection, as it did when it was given. */
static enum restraint restraint_now(
    const struct place *place, const struct slice *slice, enum reason reason, struct stamp now)
{
    enum restraint restraint = standing_restraint(&place->watch, slice, now);
    if (reason == REASON_REQUEST)
        return restraint == RESTRAINT_PROTECTED ? restraint : RESTRAINT_NONE;
    bool allowed = place->watch.policy.mode == MODE_ENFORCE;
    return restraint == RESTRAINT_NONE && !allowed ? RESTRAINT_MODE : restraint;
}

/* The slice may be another by now, or none: that the hands will see. */
static void go_on(struct governor *governor, struct errand *errand, struct stamp now)
{
    const struct slice *slice;
    struct place *place = governor_find(governor, errand->slice.serial, &slice);
    enum restraint restraint =
        place ? restraint_now(place, slice, errand->reason, now) : RESTRAINT_NONE;
    errand->until_usec = 0;
    if (restraint != RESTRAINT_NONE)
        withdraw(governor, errand, restraint_names[restraint], now);
    else
        governor_hand_over(governor, place, &errand->action, now);
}

/* --- What comes back ---------------------------------------------------------------------------
 */

static struct errand *find_errand(struct hooks *hooks, uint64_t decision)
{
    for (struct errand *errand = hooks->errand; errand < hooks->errand + HOOKS_ERRANDS; errand++)
        if (decision != 0 && errand->decision == decision)
            return errand;
    return NULL;
}

void hooks_outcome(struct governor *governor, const struct outcome *outcome)
{
    struct errand *errand = find_errand(&governor->hooks, outcome->decision);
    if (!errand || outcome->kind != ACTION_RESET)
        return;
    bool done = outcome->result == RESULT_DONE || outcome->result == RESULT_DRY_RUN;
    add_fact(errand->facts, "RESULT", action_result_names[outcome->result]);
    add_number(errand->facts, "FREED", outcome->bytes_freed);
    add_fact(errand->facts, "JOB", outcome->job);
    if (is_given(errand->hook_after))
        (void)ask(governor, errand, PROGRAM_AFTER, errand->hook_after, errand->user, "");
    if (done && restarts(errand->restart))
        restart(governor, errand, outcome);
    errand->decision = 0;
}

static void take_end(
    struct governor *governor, const struct program_outcome *outcome, struct stamp now)
{
    struct errand *errand = find_errand(&governor->hooks, outcome->decision);
    record(governor, outcome);
    if (errand && errand->until_usec != 0 && outcome->role == PROGRAM_BEFORE)
        go_on(governor, errand, now);
}

static void take_ends(struct governor *governor, struct stamp now)
{
    struct hooks *hooks = &governor->hooks;
    static _Alignas(uint64_t) char buffer[RING_PAYLOAD_MAX];
    if (hooks->ends.fd < 0 &&
        ring_reader_open(&hooks->ends, hooks->ends_path, hooks->ends_ack, (gid_t)-1, NULL) < 0)
        return;
    ssize_t n = 0;
    for (int i = 0; i < ENDS_AT_ONCE && n >= 0; i++) {
        struct program_outcome outcome;
        uint32_t type;
        n = ring_read(&hooks->ends, &type, buffer);
        if (n != sizeof outcome || type != PROGRAM_END)
            continue;
        memcpy(&outcome, buffer, sizeof outcome);
        take_end(governor, &outcome, now);
    }
    (void)ring_ack(&hooks->ends);
    if (n == -ESTALE || n == -EPROTO)
        ring_reader_close(&hooks->ends);
}

/* The warden may have died, or its ring be full: a reset must not wait for ever. */
static void end_patience(struct governor *governor, struct stamp now)
{
    struct errand *errand = governor->hooks.errand;
    for (; errand < governor->hooks.errand + HOOKS_ERRANDS; errand++)
        if (errand->decision != 0 && errand->until_usec != 0 &&
            now.boot_usec > errand->until_usec) {
            record_not_run(governor, errand, PROGRAM_BEFORE, "", PROGRAM_LOST,
                "nobody has said what came of it");
            go_on(governor, errand, now);
        }
}

void hooks_answer(struct governor *governor, struct stamp now)
{
    take_ends(governor, now);
    end_patience(governor, now);
}

bool hooks_wait(const struct hooks *hooks)
{
    for (int i = 0; i < HOOKS_ERRANDS; i++)
        if (hooks->errand[i].decision != 0 && hooks->errand[i].until_usec != 0)
            return true;
    return false;
}

int hooks_open(struct hooks *hooks, const char *run_dir, struct mom_error *error)
{
    char asks[PATH_MAX], asks_ack[PATH_MAX];
    hooks->ends.fd = hooks->ends.ack_fd = -1;
    hooks->systemd = access("/run/systemd/system", F_OK) == 0; /* as sd_booted(3) says */
    if (paths_join(asks, sizeof asks, run_dir, PROGRAM_ASKS_FILE) < 0 ||
        paths_join(asks_ack, sizeof asks_ack, run_dir, PROGRAM_ASKS_ACK) < 0 ||
        paths_join(hooks->ends_path, PATH_MAX, run_dir, PROGRAM_ENDS_FILE) < 0 ||
        paths_join(hooks->ends_ack, PATH_MAX, run_dir, PROGRAM_ENDS_ACK) < 0)
        return error_errno(error, -ENAMETOOLONG, "%s", run_dir);
    return ring_writer_open(
        &hooks->asks, asks, asks_ack, PROGRAM_ASKS_SIZE, 0600, (gid_t)-1, error);
}
