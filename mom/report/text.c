#include "mom/report/text.h"

#include "mom/report/page.h"
#include "slices/base/text.h"
#include "slices/memory_nodes.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

char *report_bytes(double bytes, char buffer[32])
{
    static const char *const units[] = {"B", "KiB", "MiB", "GiB", "TiB"};
    size_t unit = 0;
    for (; fabs(bytes) >= 1024 && unit < 4; unit++)
        bytes /= 1024;
    (void)snprintf(buffer, 32, "%.*f %s", unit > 0 ? 1 : 0, bytes, units[unit]);
    return buffer;
}

char *report_span(double seconds, char buffer[32])
{
    if (seconds < 120)
        (void)snprintf(buffer, 32, "%.0f s", seconds);
    else if (seconds < 2 * 3600)
        (void)snprintf(buffer, 32, "%.0f min", seconds / 60);
    else if (seconds < 2 * 86400)
        (void)snprintf(buffer, 32, "%.1f h", seconds / 3600);
    else
        (void)snprintf(buffer, 32, "%.1f d", seconds / 86400);
    return buffer;
}

static char *amount(enum unit unit, double value, char buffer[32])
{
    char hourly[32];
    switch (unit) {
    case UNIT_BYTES:
        return report_bytes(value, buffer);
    case UNIT_RATE:
        (void)snprintf(buffer, 32, "%.29s/h", report_bytes(value * 3600, hourly));
        return buffer;
    case UNIT_USEC:
        return report_span(value / 1e6, buffer);
    case UNIT_CENTI:
        (void)snprintf(buffer, 32, "%.2f %%", value / 100);
        return buffer;
    default:
        (void)snprintf(
            buffer, 32, value == rint(value) && fabs(value) < 1e15 ? "%.0f" : "%.6g", value);
        return buffer;
    }
}

/* What to say of each action, when it was carried out and when it was only wanted. */
static const struct {
    const char *done, *wanted;
} deeds[ACTION_KINDS] = {
    [ACTION_NONE] = {"left alone", "left alone"},
    [ACTION_RECORD] = {"noted", "noted"},
    [ACTION_ALARM] = {"raised an alarm about", "an alarm"},
    [ACTION_WARN] = {"warned about", "a warning"},
    [ACTION_RECLAIM] = {"reclaimed memory of", "memory back"},
    [ACTION_THROTTLE] = {"throttled", "a throttle"},
    [ACTION_RAISE] = {"raised the limit of", "a raised limit"},
    [ACTION_FREEZE] = {"froze", "a freeze"},
    [ACTION_MOVE] = {"moved the processes of", "a move"},
    [ACTION_RELEASE] = {"released", "a release"},
    [ACTION_REBOOT] = {"rebooted", "a reboot"},
    [ACTION_RESET] = {"reset", "a reset"},
};

static const char *const because[REASONS] = {
    [REASON_LEAK_SUSPECTED] = "it may leak memory",
    [REASON_LEAK_CONFIRMED] = "it leaks memory",
    [REASON_LEAK_HORIZON] = "it leaks memory, its owner was warned, and its limit is near",
    [REASON_NODE_RULE] = "the node is short of memory",
    [REASON_REQUEST] = "it was asked for",
    [REASON_REBORN] = "it was reset often, and begins anew",
    [REASON_SERVED] = "its time is up",
    [REASON_STRAINED] = "it is kept waiting at its limit, and does not leak as far as can be told",
    [REASON_RELIEVED] = "it was meant for a time only",
    [REASON_THRASHING] = "it does little but wait for memory at its limit",
    [REASON_OOM] = "its tasks wait at its limit, and nothing more can be reclaimed",
    [REASON_LET_GO] = "it is to be let alone",
    [REASON_ALL_CLEAR] = "it is well again",
    [REASON_GONE] = "it has gone",
};

/* Why less was done than was wanted. */
static const char *const restrained_by[RESTRAINTS] = {
    [RESTRAINT_NONE] = "nothing stood in the way",
    [RESTRAINT_MODE] = "the slice's mode doesn't allow it",
    [RESTRAINT_PROTECTED] = "the slice is protected",
    [RESTRAINT_HOLD] = "somebody holds the slice",
    [RESTRAINT_PROBATION] = "the slice was reset a short while ago",
    [RESTRAINT_SIZE] = "the slice is too small for it to help",
    [RESTRAINT_AGE] = "the slice is too young",
    [RESTRAINT_LONE] = "there is no other slice to choose from",
    [RESTRAINT_UNBOUND] = "who isn't bound to these nodes may have filled them",
    [RESTRAINT_IN_VAIN] = "the last reset gave nothing back, and nothing shows that this one would",
    [RESTRAINT_CHANGED] = "something is changed about the slice already",
    [RESTRAINT_LATE] = "mom was late, and the kernel's OOM killer was let loose",
    [RESTRAINT_STALE] = "no sample is newer than the last reset",
    [RESTRAINT_ANNOUNCED] = "the policy has it announced only",
    [RESTRAINT_CONFINED] = "mom governs a part of the machine only",
    [RESTRAINT_LEDGER] = "nobody knows how often that was done before",
    [RESTRAINT_STARTING] = "the machine has only just started",
    [RESTRAINT_SPENT] = "the machine ended too often lately, or too short a while ago",
    [RESTRAINT_UNTRIED] = "nothing milder was tried before",
};

/* Of a slice whose jobs are independent one may have gone instead. */
static const char *deed(const struct report *report)
{
    bool one_job = report->outcome && report->outcome->job[0];
    return one_job ? "reset one job of" : deeds[report->decision->action].done;
}

static const char *label(const struct decision *decision)
{
    return decision->name[0] ? decision->name : decision->key;
}

#define CAUSE_SIZE (2 * SLICE_PATH_MAX + 64)

static const char *cause(const struct decision *decision, char buffer[CAUSE_SIZE])
{
    char group[2 * SLICE_PATH_MAX];
    uint64_t nodes;
    if (decision->reason != REASON_NODE_RULE || decision->domain[0] == '\0')
        return because[decision->reason];
    const char *list = memory_nodes_named(decision->domain, &nodes);
    if (list)
        (void)snprintf(buffer, CAUSE_SIZE, "memory is short on NUMA node%s %s",
            strpbrk(list, ",-") ? "s" : "", list);
    else
        (void)snprintf(buffer, CAUSE_SIZE, "memory is short within the limit of %s",
            text_escape(group, sizeof group, decision->domain));
    return buffer;
}

bool report_announces_reboot(const struct decision *decision)
{
    return decision->wanted == ACTION_REBOOT && decision->action != ACTION_REBOOT;
}

void report_subject(const struct report *report, char *buffer, size_t size)
{
    const struct decision *decision = report->decision;
    char name[SLICE_NAME_MAX * 2], why[CAUSE_SIZE];
    text_escape(name, sizeof name, label(decision));
    if (decision->reason == REASON_ALL_CLEAR)
        (void)snprintf(buffer, size, "[mom] %s: all clear: %s", report->node, name);
    else if (decision->wanted == ACTION_REBOOT)
        (void)snprintf(buffer, size, "[mom] %s: %s: %s", report->node,
            report_announces_reboot(decision) ? "should be rebooted" : "is rebooted",
            cause(decision, why));
    else
        (void)snprintf(buffer, size, "[mom] %s: %s %s: %s", report->node, deed(report), name,
            cause(decision, why));
}

static void put_slice(struct page *page, const struct decision *decision)
{
    char key[SLICE_KEY_MAX * 2];
    page_put(page, "\nslice     %s\n", text_show(key, sizeof key, decision->key));
    page_put(page, "group     %s\n", text_show(key, sizeof key, decision->path));
    if (decision->wanted == ACTION_MOVE)
        page_put(page, "moved to  %s\n", text_show(key, sizeof key, decision->domain));
    page_put(page, "mode      %s, leaks: %s; rank %d; resets before: %u\n",
        mode_names[decision->mode], mode_names[decision->leak_mode], decision->rank,
        decision->strikes);
}

static void put_head(struct page *page, const struct report *report)
{
    const struct decision *decision = report->decision;
    bool reboots = decision->wanted == ACTION_REBOOT;
    char when[32], name[SLICE_NAME_MAX * 2], why[CAUSE_SIZE];
    (void)page_time(decision->at.unix_usec, when);
    (void)text_escape(name, sizeof name, label(decision));
    page_put(page, "At %s mom on %s %s%s%s, because %s%s%s.\n", when, report->node,
        !reboots                            ? deed(report)
        : report_announces_reboot(decision) ? "would have rebooted it"
                                            : "rebooted it",
        reboots ? "" : " slice ", reboots ? "" : name, cause(decision, why),
        decision->rule[0] ? ": rule " : "", decision->rule);
    if (decision->restraint != RESTRAINT_NONE)
        page_put(page, "%s asked for %s; it was not done: %s (%s).\n",
            decision->rule[0] ? "The rule" : "The ladder", deeds[decision->wanted].wanted,
            restrained_by[decision->restraint], restraint_names[decision->restraint]);
    if (!reboots)
        put_slice(page, decision);
}

static const char *const channels[LEAK_CHANNELS] = {
    [LEAK_CHANNEL_UNKNOWN] = "unknown: no kind of memory is known to grow more than all others",
    [LEAK_CHANNEL_ANON] = "anon: memory of its processes, resident",
    [LEAK_CHANNEL_SHMEM] = "shmem: files on tmpfs, or shared memory",
    [LEAK_CHANNEL_KERNEL] = "kernel: slab and other kernel memory",
    [LEAK_CHANNEL_SWAP] = "swap: a slow leaker, paged out; its resident memory need not grow",
};

static const struct {
    const char *gate, *failed;
} gates[] = {
    {"growth", "too little to matter"},
    {"ratchet", "it doesn't go on through most of the time"},
    {"shift", "most of it came in one step"},
    {"rising", "it has ended"},
    {"noise", "no more than its noise"},
    {"mann-kendall", "no trend"},
    {"novelty", "it has been as large before, or was dismissed"},
    {"ceiling", "it slows down towards a ceiling"},
    {"age", "it has only begun"},
    {"horizon", "the limit is too far for how long it has grown"},
    {"persistence", "not for long enough without a break"},
};

const char *report_gate_failed(const char *gate)
{
    for (size_t i = 0; i < sizeof gates / sizeof *gates; i++)
        if (strcmp(gates[i].gate, gate) == 0)
            return gates[i].failed;
    return "";
}

static void put_leak(struct page *page, const struct decision *decision)
{
    const struct leak_report *leak = &decision->leak;
    char rate[32], low[32], high[32], grown[32], p10[32], p50[32], p90[32], limit[32], span[32];
    if (leak->shape == SHAPE_UNKNOWN)
        return;
    page_put(page, "\nleak      %s, shape %s\n", leak_verdict_names[leak->verdict],
        leak_shape_names[leak->shape]);
    page_put(page, "rate      %s an hour (%s to %s)\n", report_bytes(leak->rate * 3600, rate),
        report_bytes(leak->rate_low * 3600, low), report_bytes(leak->rate_high * 3600, high));
    if (leak->since_usec > 0) {
        char from[32], to[32], when[32];
        double floor = (double)leak->floor_bytes;
        (void)page_time(leak->since_usec, when);
        page_put(page, "grown     %s within %s, since %s\n",
            report_bytes((double)leak->grown_bytes, grown),
            report_span((double)(leak->at_usec - leak->since_usec) / 1e6, span), when);
        page_put(page, "floor     from %s to %s, judged over %s\n",
            report_bytes(floor - (double)leak->grown_bytes, from), report_bytes(floor, to),
            report_span((double)leak->window_usec / 1e6, span));
        page_put(page, "channel   %s\n", channels[leak->channel]);
    }
    if (leak->forecast)
        page_put(page, "forecast  at its limit of %s in %s (between %s and %s)\n",
            report_bytes((double)leak->limit_bytes, limit), report_span(leak->left_p50, p50),
            report_span(leak->left_p10, p10), report_span(leak->left_p90, p90));
    for (uint32_t i = 0; i < leak->gates && i < LEAK_GATES_MAX; i++)
        page_put(page, "gate      %-14s %12.4g against %-12.4g %s%s%s\n", leak->gate[i].name,
            leak->gate[i].value, leak->gate[i].threshold,
            leak->gate[i].passed ? "passed" : "failed: ",
            leak->gate[i].passed ? "" : report_gate_failed(leak->gate[i].name),
            i == leak->weakest ? " (weakest)" : "");
}

void page_put_evidence(struct page *page, const struct evidence *evidence)
{
    char value[32], bound[32];
    page_put(page, "\nevidence\n");
    for (uint32_t i = 0; i < evidence->count && i < EVIDENCE_MAX; i++) {
        const struct evidence_item *item = &evidence->item[i];
        page_put(page, "  %-24s %14s", item->name, amount(item->unit, item->value, value));
        if (item->relation == ' ')
            page_put(page, "\n");
        else
            page_put(page, " %c %s\n", item->relation, amount(item->unit, item->bound, bound));
    }
}

static void put_outcome(struct page *page, const struct outcome *outcome)
{
    char freed[32], before[32], after[32], error[2 * sizeof outcome->error];
    char job[2 * sizeof outcome->job];
    page_put(page, "\noutcome   %s%s%s\n", action_result_names[outcome->result],
        outcome->error[0] ? ": " : "", text_escape(error, sizeof error, outcome->error));
    if (outcome->kind != ACTION_RESET)
        return;
    if (outcome->job[0])
        page_put(page, "job       %s\n", text_escape(job, sizeof job, outcome->job));
    page_put(page, "freed     %s (%s before, %s after)\n",
        report_bytes((double)outcome->bytes_freed, freed),
        report_bytes((double)outcome->bytes_before, before),
        report_bytes((double)outcome->bytes_after, after));
    page_put(page, "processes %u before, %u survived, %u rounds\n", outcome->processes_before,
        outcome->survivors, outcome->rounds);
}

/* "status 3", "signal 9", else the result's name. */
static const char *program_end(const struct program_outcome *program, char buffer[32])
{
    if (program->result != PROGRAM_FAILED)
        return program_result_names[program->result];
    (void)snprintf(buffer, 32, program->status < 0 ? "signal %d" : "status %d",
        program->status < 0 ? -program->status : program->status);
    return buffer;
}

static void put_programs(struct page *page, const struct report *report)
{
    for (uint32_t i = 0; i < report->programs && i < PROGRAM_ROLES; i++) {
        const struct program_outcome *program = &report->program[i];
        char command[2 * sizeof program->command], words[2 * sizeof program->words];
        char end[32], took[32] = "";
        if (program->took_usec > 0)
            (void)snprintf(took, sizeof took, " after %.1f s", (double)program->took_usec / 1e6);
        page_put(page, "%s%-11s %s: %s%s%s%s\n", i == 0 ? "\n" : "",
            program_role_names[program->role],
            text_escape(command, sizeof command, program->command), program_end(program, end), took,
            program->words[0] ? ": " : "", text_escape(words, sizeof words, program->words));
    }
}

static void put_processes(struct page *page, const struct process_table *table)
{
    if (table->count == 0)
        return;
    if (table->count == table->total)
        page_put(page, "\nAll of its processes, as they were before: %u\n", table->total);
    else
        page_put(page, "\nThe %u largest of its %u processes, as they were before:\n", table->count,
            table->total);
    page_put(page, "  %8s %8s %6s %c %12s %12s  %s\n", "PID", "PARENT", "UID", 'S', "RSS", "SWAP",
        "COMMAND");
    for (uint32_t i = 0; i < table->count && i < PROCESS_TABLE_MAX; i++) {
        const struct process_row *row = &table->row[i];
        char command[sizeof row->comm + 1], shown[80], rss[32], swap[32];
        memcpy(command, row->comm, sizeof row->comm);
        command[sizeof row->comm] = '\0';
        page_put(page, "  %8d %8d %6u %c %12s %12s  %s\n", row->pid, row->parent, row->uid,
            row->state > ' ' && row->state < 127 ? row->state : '?',
            report_bytes((double)row->rss_bytes, rss), report_bytes((double)row->swap_bytes, swap),
            text_escape(shown, sizeof shown, command));
    }
}

static void put_runners_up(struct page *page, const struct decision *decision)
{
    for (uint32_t i = 0; i < decision->runners_up && i < RUNNERS_UP_MAX; i++) {
        const struct runner_up *next = &decision->runner_up[i];
        char key[2 * sizeof next->key];
        page_put(page, "%s  %s (rank %d, score %.4g)\n",
            i > 0                               ? ""
            : decision->wanted == ACTION_REBOOT ? "\nfirst on the standing list\n"
                                                : "\nnext would have been\n",
            text_show(key, sizeof key, next->key), next->rank, next->score);
    }
}

void report_body(const struct report *report, char *buffer, size_t size)
{
    const struct decision *decision = report->decision;
    char last[PAGE_LAST_MAX];
    page_last_line(last, decision->at.unix_usec, report->node, action_kind_names[decision->action],
        decision->key, report->id);
    struct page page = page_before(buffer, size, last);
    put_head(&page, report);
    put_leak(&page, decision);
    page_put_evidence(&page, &decision->evidence);
    if (report->outcome)
        put_outcome(&page, report->outcome);
    else if (decision->action == ACTION_REBOOT)
        page_put(&page, "\noutcome   the node went down, or is about to: see momctl boots\n");
    else if (action_is_deed(decision->action))
        page_put(&page, "\noutcome   none is known: it is under way, or was cut off\n");
    put_programs(&page, report);
    put_runners_up(&page, decision);
    if (report->processes)
        put_processes(&page, report->processes);
    page_end(&page);
}
