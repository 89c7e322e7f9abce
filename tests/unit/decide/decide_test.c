#include "tests/unit/decide/decide_test.h"

#include "slices/base/text.h"

#include <string.h>

struct stamp at(double seconds)
{
    int64_t usec = (int64_t)(seconds * 1e6);
    return (struct stamp){3600 * SECOND + usec, 1700000000 * SECOND + usec};
}

static void complain(void *context, const char *text)
{
    (void)context;
    print_error("%s\n", text);
}

struct policy *load(const char *text)
{
    struct policy *policy = NULL;
    assert_int_equal(policy_load_text("test.yaml", text, strlen(text), complain, NULL, &policy), 0);
    return policy;
}

void subject_init(struct subject *subject, const struct policy *policy, uint64_t serial,
    const char *name, uint64_t anon, uint64_t swap)
{
    memset(subject, 0, sizeof *subject);
    struct slice *slice = &subject->slice;
    slice->serial = serial;
    slice->life = (struct slice_life){.mount = 29, .inode = 1000 + serial};
    (void)text_format(slice->path, sizeof slice->path, "/cont.slice/%s", name);
    (void)text_format(slice->key, sizeof slice->key, "cgroup:/cont.slice/%s", name);
    (void)text_copy(slice->name, sizeof slice->name, name);
    struct slice_policy own;
    policy_for_slice(policy, slice, &own);
    watch_init(&subject->watch, slice, &own, 0, at(-3000), true);
    sample_set(&subject->watch.sample, SAMPLE_ANON, anon);
    sample_set(&subject->watch.sample, SAMPLE_FILE_MAPPED, 4 * MIB);
    sample_set(&subject->watch.sample, SAMPLE_SWAP, swap);
    subject->watch.sample.at = at(0);
    subject->watch.footprint = anon + swap;
}

void subject_leaks(
    struct subject *subject, enum leak_verdict verdict, enum leak_shape shape, double left_p50)
{
    struct leak_report *report = &subject->watch.leak.report;
    report->verdict = verdict;
    report->shape = shape;
    report->rate = verdict != LEAK_NONE ? 1000 : 0;
    report->forecast = left_p50 >= 0;
    report->left_p50 = left_p50 >= 0 ? left_p50 : 0;
    report->limit_bytes = left_p50 >= 0 ? 512 * MIB : SAMPLE_NO_LIMIT;
}

struct node_sample node_of(double seconds, uint64_t available, uint64_t swap_free)
{
    struct node_sample node = {.at = at(seconds)};
    node_set(&node, NODE_MEM_TOTAL, 1024 * MIB);
    node_set(&node, NODE_MEM_AVAILABLE, available);
    node_set(&node, NODE_SWAP_TOTAL, 512 * MIB);
    node_set(&node, NODE_SWAP_FREE, swap_free);
    node_set(&node, NODE_PSWPOUT, 0);
    node_set(&node, NODE_PGSCAN_DIRECT, 0);
    node_set(&node, NODE_ALLOCSTALL, 0);
    node_set(&node, NODE_PSI_FULL_AVG10, 0);
    node_set(&node, NODE_PSI_SOME_TOTAL, 0);
    return node;
}

struct crowd {
    struct subject *const *subject;
    size_t count;
};

static bool next_subject(
    void *context, uint32_t *place, struct watch **watch, const struct slice **slice)
{
    const struct crowd *crowd = context;
    if (*place == crowd->count)
        return false;
    struct subject *subject = crowd->subject[(*place)++];
    *watch = &subject->watch;
    *slice = &subject->slice;
    return true;
}

void stand(struct standing *standing, const struct policy *policy, struct subject *const *subject,
    size_t count, double seconds)
{
    stand_within(standing, "", policy, subject, count, seconds);
}

void stand_within(struct standing *standing, const char *domain, const struct policy *policy,
    struct subject *const *subject, size_t count, double seconds)
{
    const struct node_sample node = node_of(seconds, 60 * MIB, 20 * MIB); /* short already */
    struct crowd crowd = {subject, count};
    const struct standing_source source = {next_subject, &crowd};
    standing_make(standing, domain, &node, at(seconds), policy, &source);
}

const struct evidence_item *evidence_of(const struct evidence *evidence, const char *name)
{
    for (uint32_t i = 0; i < evidence->count; i++)
        if (strcmp(evidence->item[i].name, name) == 0)
            return &evidence->item[i];
    return NULL;
}
