#include "policy/decide/describe.h"

#include "policy/decide/score.h"
#include "slices/base/text.h"

#include <string.h>

static void add_slice(struct evidence *evidence, const struct watch *watch)
{
    const struct sample *sample = &watch->sample;
    uint64_t rss;
    evidence_add(evidence, "footprint", UNIT_BYTES, (double)watch->footprint, ' ', 0);
    double gives_back = (double)score_gives_back(watch);
    double least = (double)watch->policy.min_size_bytes;
    evidence_add(
        evidence, "gives_back", UNIT_BYTES, gives_back, gives_back < least ? '<' : '>', least);
    if (sample_rss(sample, &rss))
        evidence_add(evidence, "rss", UNIT_BYTES, (double)rss, ' ', 0);
    if (sample_has(sample, SAMPLE_SWAP))
        evidence_add(evidence, "swap", UNIT_BYTES, (double)sample->value[SAMPLE_SWAP], ' ', 0);
    evidence_add(evidence, "growth", UNIT_RATE, watch->growth, ' ', 0);
}

static void add_leak(struct evidence *evidence, const struct watch *watch,
    const struct leak_report *report, const struct policy_globals *globals)
{
    if (report->limit_bytes != 0 && report->limit_bytes != SAMPLE_NO_LIMIT)
        evidence_add(evidence, "limit", UNIT_BYTES, (double)report->limit_bytes, ' ', 0);
    evidence_add(evidence, "rate", UNIT_RATE, report->rate, ' ', 0);
    evidence_add(evidence, "grown", UNIT_BYTES, (double)report->grown_bytes, ' ', 0);
    if (!report->forecast)
        return;
    evidence_add(evidence, "left_p50", UNIT_USEC, report->left_p50 * 1e6, ' ', 0);
    double horizon = (double)watch->policy.leak_horizon_usec, short_usec;
    bool short_first = watch_short_first(watch, globals, &short_usec);
    evidence_add(evidence, "left_now", UNIT_USEC, watch_left_usec(watch, globals),
        short_first ? ' ' : '<', horizon);
    if (short_first)
        evidence_add(evidence, "node_short_in", UNIT_USEC, short_usec, '<', horizon);
}

void describe(struct decision *ret, const struct watch *watch, const struct slice *slice,
    const struct outlook *outlook)
{
    const struct slice_policy *own = &watch->policy;
    memset(ret, 0, sizeof *ret);
    ret->incident = watch->ladder.incident;
    ret->at = outlook->now;
    ret->serial = slice->serial;
    ret->life = slice->life;
    (void)text_copy(ret->path, sizeof ret->path, slice->path);
    (void)text_copy(ret->key, sizeof ret->key, slice->key);
    (void)text_copy(ret->name, sizeof ret->name, slice->name);
    (void)text_copy(ret->owner, sizeof ret->owner, own->owner);
    ret->mode = own->mode;
    ret->leak_mode = own->leak;
    ret->independent = !own->interdependent;
    ret->grace_usec = own->reset_grace_usec;
    ret->rates = own->throttle_rates;
    ret->rank = own->rank;
    ret->strikes = watch->ladder.strikes;
    ret->policy_hash = policy_hash(outlook->policy);
    ret->leak = watch->leak.report;
    leak_report_unscale(&ret->leak, outlook->globals->time_scale);
    if (outlook->node)
        evidence_add_node(&ret->evidence, outlook->node);
    add_slice(&ret->evidence, watch);
    add_leak(&ret->evidence, watch, &ret->leak, outlook->globals);
}

void describe_rates(struct decision *ret)
{
    struct evidence *evidence = &ret->evidence;
    if (ret->rates.cpu_percent > 0)
        evidence_add(evidence, "cpu_held_to", UNIT_CENTI, ret->rates.cpu_percent * 100, ' ', 0);
    if (ret->rates.io_bytes > 0)
        evidence_add(evidence, "io_held_to", UNIT_RATE, (double)ret->rates.io_bytes, ' ', 0);
}

void describe_throttle(struct decision *ret, uint64_t bytes, int64_t usec)
{
    ret->limit_bytes = bytes;
    evidence_add(&ret->evidence, "throttled_to", UNIT_BYTES, (double)bytes, ' ', 0);
    evidence_add(&ret->evidence, "throttled_for", UNIT_USEC, (double)usec, ' ', 0);
    describe_rates(ret);
}

void describe_strain(struct decision *ret, const struct watch *watch, const struct outlook *outlook)
{
    struct evidence *evidence = &ret->evidence;
    const struct strain *strain = &watch->strain;
    const struct sample *sample = &watch->sample;
    evidence_add(evidence, "own_limit", UNIT_BYTES, (double)strain->limit, ' ', 0);
    evidence_add(evidence, "current", UNIT_BYTES, (double)sample_known(sample, SAMPLE_CURRENT), '>',
        (double)strain_near(strain->limit));
    if (sample_has(sample, SAMPLE_PSI_SOME_AVG10))
        evidence_add(evidence, "pressure", UNIT_CENTI, (double)sample->value[SAMPLE_PSI_SOME_AVG10],
            ' ', STRAIN_PRESSURE_CENTI);
    else
        evidence_add(evidence, "faulted", UNIT_RATE, watch->faulted, ' ', 0);
    evidence_add(evidence, "strained_for", UNIT_USEC,
        (double)(outlook->now.boot_usec - strain->since_usec), ' ', 0);
}

void describe_raised(struct decision *ret, const struct slice_policy *own, uint64_t from,
    uint64_t to, const struct outlook *outlook)
{
    struct evidence *evidence = &ret->evidence;
    uint64_t total = outlook->node->value[NODE_MEM_TOTAL];
    uint64_t budget = amount_of(&outlook->globals->raises.budget, total);
    ret->limit_bytes = to;
    evidence_add(evidence, "raised_to", UNIT_BYTES, (double)to, ' ', 0);
    evidence_add(evidence, "raised_for", UNIT_USEC, (double)own->raise_for_usec, ' ', 0);
    evidence_add(evidence, "raised_in_all", UNIT_BYTES, (double)(outlook->raised + to - from), '<',
        (double)budget);
}

void describe_raise(
    struct decision *ret, const struct watch *watch, uint64_t to, const struct outlook *outlook)
{
    describe_strain(ret, watch, outlook);
    describe_raised(ret, &watch->policy, watch->strain.limit, to, outlook);
}

void describe_raise_end(
    struct decision *ret, const struct watch *watch, const struct outlook *outlook)
{
    struct evidence *evidence = &ret->evidence;
    const struct raise *raise = &watch->raise;
    double ago = (double)(outlook->now.boot_usec - raise->temporary.begun_usec);
    double lasts = (double)watch->policy.raise_for_usec;
    evidence_add(evidence, "own_limit", UNIT_BYTES, (double)watch->strain.limit, ' ', 0);
    evidence_add(evidence, "limit_before", UNIT_BYTES, (double)raise->before, ' ', 0);
    evidence_add(evidence, "held", UNIT_BYTES, (double)watch->strain.held, ' ', 0);
    evidence_add(evidence, "raised_ago", UNIT_USEC, ago, ago < lasts ? '<' : '>', lasts);
}
