#include "slices/base/text.h"
#include "tests/scenarios/scenario.h"

#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* `expect` and `never` with what may stand behind them. */
struct expectation {
    bool never;
    enum happening what;
    const char *action, *name; /* NULL: any; a pattern; "" as a name: no slice at all */
    const char *rule, *within, *reason, *restraint, *result, *verdict, *shape;
    int64_t after_usec, by_usec;
    uint64_t times;   /* 0: at least once */
    uint64_t at_most; /* UINT64_MAX: as often as may be */
    double available; /* per cent of the memory; 0: it is not about that */
    bool first;       /* nothing was reset before it */
};

bool is_expectation(const struct statement *statement)
{
    const char *first = statement->word[0];
    bool order = statement->count > 1 && strcmp(statement->word[1], "order") == 0;
    return strcmp(first, "never") == 0 || (strcmp(first, "expect") == 0 && !order);
}

const char *show_time(int64_t usec)
{
    static char text[48];
    int64_t sec = usec / 1000000;
    if (sec >= 2 * 86400)
        (void)text_format(text, sizeof text, "%lldd%lldh%lldmin", (long long)(sec / 86400),
            (long long)(sec / 3600 % 24), (long long)(sec / 60 % 60));
    else if (sec >= 3600)
        (void)text_format(text, sizeof text, "%lldh%lldmin%llds", (long long)(sec / 3600),
            (long long)(sec / 60 % 60), (long long)(sec % 60));
    else
        (void)text_format(text, sizeof text, "%lldmin%.2fs", (long long)(sec / 60),
            (double)(usec % 60000000) / 1e6);
    return text;
}

static const char *take_name(struct words_left *words)
{
    const char *name = take_word(words, "a slice, 'anybody' or 'nobody'");
    return strcmp(name, "anybody") == 0 ? NULL : strcmp(name, "nobody") == 0 ? "" : name;
}

static void take_conditions(struct words_left *words, struct expectation *ret)
{
    while (!words->failed && words->next < words->statement->count) {
        if (take_keyword(words, "by"))
            ret->by_usec = take_duration(words);
        else if (take_keyword(words, "after"))
            ret->after_usec = take_duration(words);
        else if (take_keyword(words, "times"))
            ret->times = take_count(words);
        else if (take_keyword(words, "at-most"))
            ret->at_most = take_count(words);
        else if (take_keyword(words, "first"))
            ret->first = true;
        else if (take_keyword(words, "rule"))
            ret->rule = take_word(words, "a rule");
        else if (take_keyword(words, "within"))
            ret->within = take_word(words, "the path of a group");
        else if (take_keyword(words, "reason"))
            ret->reason = reason_names[take_choice(words, reason_names, REASONS, "reason")];
        else if (take_keyword(words, "restraint"))
            ret->restraint =
                restraint_names[take_choice(words, restraint_names, RESTRAINTS, "restraint")];
        else if (take_keyword(words, "shape"))
            ret->shape =
                leak_shape_names[take_choice(words, leak_shape_names, LEAK_SHAPES, "shape")];
        else
            take_end(words);
    }
}

static bool take_expectation(struct words_left *words, struct expectation *ret)
{
    *ret = (struct expectation){
        .what = HAPPENED_DECISION, .by_usec = INT64_MAX, .at_most = UINT64_MAX};
    ret->never = strcmp(take_word(words, "expect or never"), "never") == 0;
    if (take_keyword(words, "available")) {
        if (!take_keyword(words, "below"))
            complain(words, "'available below SHARE'");
        ret->available = take_percentage(words);
    } else if (take_keyword(words, "decision")) { /* whatever it is */
        ret->name = take_name(words);
    } else if (take_keyword(words, "kernel-kill")) {
        ret->what = HAPPENED_KERNEL_KILL;
        ret->name = take_name(words);
    } else if (take_keyword(words, "outcome")) {
        ret->what = HAPPENED_OUTCOME;
        ret->name = take_name(words);
        ret->result =
            action_result_names[take_choice(words, action_result_names, ACTION_RESULTS, "result")];
    } else if (take_keyword(words, "leak")) {
        ret->what = HAPPENED_VERDICT;
        ret->name = take_name(words);
        ret->verdict =
            leak_verdict_names[take_choice(words, leak_verdict_names, LEAK_VERDICTS, "verdict")];
    } else {
        ret->action =
            action_kind_names[take_choice(words, action_kind_names, ACTION_KINDS, "action")];
        ret->name = take_name(words);
    }
    take_conditions(words, ret);
    return !words->failed;
}

static bool is_named(const char *wanted, const char *name)
{
    return !wanted || (*wanted ? fnmatch(wanted, name, 0) == 0 : *name == '\0');
}

static bool is(const char *wanted, const char *text)
{
    return !wanted || strcmp(wanted, text) == 0;
}

static bool fits(const struct expectation *expectation, const struct event *event)
{
    const struct decision *decision = event->decision;
    if (event->what != expectation->what || !is_named(expectation->name, event->name) ||
        event->t_usec < expectation->after_usec || event->t_usec > expectation->by_usec)
        return false;
    if (event->what == HAPPENED_VERDICT)
        return is(expectation->verdict, leak_verdict_names[event->verdict]) &&
               is(expectation->shape, leak_shape_names[event->shape]);
    if (event->what == HAPPENED_OUTCOME)
        return is(expectation->result, action_result_names[event->result]);
    if (event->what == HAPPENED_KERNEL_KILL)
        return true;
    return is(expectation->action, action_kind_names[decision->action]) &&
           is(expectation->rule, decision->rule) && is(expectation->within, decision->domain) &&
           is(expectation->reason, reason_names[decision->reason]) &&
           is(expectation->restraint, restraint_names[decision->restraint]);
}

static void show_evidence(const struct decision *decision)
{
    for (uint32_t i = 0; i < decision->evidence.count; i++) {
        const struct evidence_item *item = &decision->evidence.item[i];
        bool large = item->unit == UNIT_BYTES || item->unit == UNIT_RATE;
        double scale = large ? 1 << 20 : item->unit == UNIT_USEC ? 1e6 : 1;
        const char *unit = item->unit == UNIT_BYTES  ? " MiB"
                           : item->unit == UNIT_RATE ? " MiB/s"
                           : item->unit == UNIT_USEC ? " s"
                                                     : "";
        (void)fprintf(stderr, "        %-16s %.3f%s", item->name, item->value / scale, unit);
        if (item->relation != ' ')
            (void)fprintf(stderr, "  %c %.3f%s", item->relation, item->bound / scale, unit);
        (void)putc('\n', stderr);
    }
    for (uint32_t i = 0; i < decision->runners_up; i++)
        (void)fprintf(stderr, "        next: %s, rank %d, score %.1f MiB\n",
            decision->runner_up[i].key, decision->runner_up[i].rank,
            decision->runner_up[i].score / (1 << 20));
}

static void show_event(const struct event *event)
{
    const char *name = event->name[0] ? event->name : "nobody";
    (void)fprintf(stderr, "    at %s: ", show_time(event->t_usec));
    if (event->what == HAPPENED_KERNEL_KILL) {
        (void)fprintf(stderr, "the kernel killed a process of %s\n", name);
    } else if (event->what == HAPPENED_OUTCOME) {
        (void)fprintf(stderr, "outcome for %s: %s\n", name, action_result_names[event->result]);
    } else if (event->what == HAPPENED_VERDICT) {
        (void)fprintf(stderr, "leak %s %s, shape %s\n", name, leak_verdict_names[event->verdict],
            leak_shape_names[event->shape]);
    } else {
        const struct decision *decision = event->decision;
        (void)fprintf(stderr, "%s %s (reason %s%s%s, restraint %s)\n",
            action_kind_names[decision->action], name, reason_names[decision->reason],
            decision->rule[0] ? ", rule " : "", decision->rule,
            restraint_names[decision->restraint]);
        show_evidence(decision);
    }
}

static void show_words(const struct scenario *scenario, const struct statement *statement)
{
    (void)fprintf(stderr, "%s:%u: not so:", scenario->file, statement->line);
    for (unsigned i = 0; i < statement->count; i++)
        (void)fprintf(stderr, " %s", statement->word[i]);
    (void)putc('\n', stderr);
}

enum { SHOWN_MOST = 6 };

/* How near an event is to what was expected: the same thing, at least the same slice, or neither.
 */
static unsigned distance(const struct expectation *expectation, const struct event *event)
{
    bool alike = event->what == expectation->what &&
                 (event->what != HAPPENED_DECISION ||
                     is(expectation->action, action_kind_names[event->decision->action]));
    return alike ? 0 : is_named(expectation->name, event->name) ? 1 : 2;
}

/* What did happen, the nearest first. */
static void show_log(const struct expectation *expectation, const struct log *log)
{
    unsigned shown = 0;
    for (unsigned d = 0; d < 3; d++)
        for (uint32_t i = 0; i < log->count && shown < SHOWN_MOST; i++)
            if (distance(expectation, &log->events[i]) == d) {
                show_event(&log->events[i]);
                shown++;
            }
    (void)fprintf(stderr, "    %u of %u events\n", shown, log->count);
}

static bool is_reset(const struct event *event)
{
    return event->what == HAPPENED_DECISION && event->decision->action == ACTION_RESET;
}

static bool is_met(const struct expectation *expectation, const struct log *log)
{
    uint64_t count = 0;
    bool reset_before = false, first_is_it = false;
    for (uint32_t i = 0; i < log->count; i++) {
        const struct event *event = &log->events[i];
        bool fit = fits(expectation, event);
        first_is_it |= fit && !reset_before;
        count += fit;
        reset_before |= is_reset(event);
    }
    if (expectation->available > 0)
        return (log->available < expectation->available / 100 * log->memory) != expectation->never;
    if (expectation->never)
        return count == 0;
    if (expectation->at_most != UINT64_MAX)
        return count <= expectation->at_most;
    if (expectation->first && !first_is_it)
        return false;
    return expectation->times ? count == expectation->times : count > 0;
}

static bool kernel_kill_is_expected(const struct scenario *scenario)
{
    for (uint32_t i = 0; i < scenario->count; i++)
        if (scenario->statements[i].count > 1 &&
            strcmp(scenario->statements[i].word[1], "kernel-kill") == 0)
            return true;
    return false;
}

static unsigned judge_kernel_kills(const struct scenario *scenario, const struct log *log)
{
    for (uint32_t i = 0; i < log->count && !kernel_kill_is_expected(scenario); i++)
        if (log->events[i].what == HAPPENED_KERNEL_KILL) {
            (void)fprintf(stderr, "%s: the kernel had to help itself:\n", scenario->file);
            show_event(&log->events[i]);
            return 1;
        }
    return 0;
}

unsigned scenario_judge(const struct scenario *scenario, const struct log *log)
{
    unsigned unmet = judge_kernel_kills(scenario, log), asked = 0;
    for (uint32_t i = 0; i < scenario->count; i++) {
        const struct statement *statement = &scenario->statements[i];
        asked +=
            strcmp(statement->word[0], "expect") == 0 || strcmp(statement->word[0], "never") == 0;
        if (!is_expectation(statement))
            continue;
        struct words_left words = {.scenario = scenario, .statement = statement};
        struct expectation expectation;
        if (!take_expectation(&words, &expectation)) {
            unmet++;
            continue;
        }
        if (is_met(&expectation, log))
            continue;
        unmet++;
        show_words(scenario, statement);
        if (expectation.available > 0)
            story_available(stderr, log);
        else
            show_log(&expectation, log);
    }
    if (asked == 0) {
        (void)fprintf(stderr, "%s: nothing is expected\n", scenario->file);
        unmet++;
    }
    return unmet;
}
