/* show: everything about one slice. What the live table and the database both know comes from the
 * live table. */
#include "mom/cli/facts.h"
#include "mom/cli/oom_kills.h"
#include "mom/cli/verbs.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

/* Whose the OOM at its own limit is. */
static const char *const whose_oom[OOM_STATES] = {
    [OOM_KERNELS] = "kernel",
    [OOM_ASKED] = "kernel",
    [OOM_TAKEN] = "mom",
    [OOM_RETURNING] = "kernel",
    [OOM_LATE] = "kernel, since mom was late",
};

static void show_live_slice(struct output *output, const struct live_slice *s)
{
    bool is_ordered = s->ordered != ACTION_NONE;
    const struct field fields[] = {
        {"slice", "Slice", cell_text(s->slice.key)},
        {"name", "Name", cell_text(s->slice.name)},
        {"path", "Path", cell_text(s->slice.path)},
        {"kind", "Kind", cell_text(slice_kind_names[s->slice.kind])},
        {"runtime", "Runtime", cell_text(s->slice.runtime)},
        {"uid", "User id", cell_count(s->slice.uid)},
        {"serial", "Life", cell_count(s->slice.serial)},
        {"inode", "Inode", cell_count(s->slice.life.inode)},
        {"born", "Born", cell_time(s->born.unix_usec)},
        {"sampled", "Sampled", cell_time(s->sample.at.unix_usec)},
        {"state", "State", cell_text(ladder_state_names[s->ladder])},
        {"throttled", "Throttled", cell_flag(s->throttled)},
        {"ordered", "Ordered",
            is_ordered ? cell_text(action_kind_names[s->ordered]) : cell_absent()},
        {"ordered_until", "Until", is_ordered ? cell_time(s->ordered_until_usec) : cell_absent()},
        {"oom_killer", "OOM killer", cell_text(whose_oom[s->oom])},
        {"strikes", "Strikes", cell_count(s->strikes)},
        {"dismissed", "Leaks dismissed", cell_count(s->dismissed)},
        {"rank", "Rank", cell_integer(s->rank)},
        {"mode", "Mode", cell_text(mode_names[s->mode])},
        {"leak_mode", "Mode for leaks", cell_text(mode_names[s->leak_mode])},
        {"owner", "Owner", cell_text(s->owner)},
        {"protection", "Protection", facts_protection(s)},
        {"growth_bytes_per_hour", "Growth", cell_rate(s->growth)},
        {"footprint_bytes", "Footprint", cell_bytes(s->footprint)},
    };
    output_record(output, "slice", fields, COUNT(fields));
}

static void show_sample(struct output *output, const struct sample *sample)
{
    struct field fields[SAMPLE_FIELDS];
    for (size_t i = 0; i < SAMPLE_FIELDS; i++)
        fields[i] = (struct field){sample_fields[i].name, sample_fields[i].name,
            cell_field(
                &sample_fields[i], sample_has(sample, (enum sample_field)i), sample->value[i])};
    output_record(output, "sample", fields, COUNT(fields));
}

static void show_past(struct output *output, const struct query_slice *past)
{
    const struct field fields[] = {
        {"slice", "Slice", cell_text(past->key)},
        {"name", "Name", cell_text(past->name)},
        {"path", "Path", cell_text(past->path)},
        {"kind", "Kind", cell_text(past->kind)},
        {"runtime", "Runtime", cell_text(past->runtime)},
        {"alive", "Alive", cell_flag(past->alive)},
        {"first_seen", "First seen", cell_time(past->first_unix_usec)},
        {"last_seen", "Last seen", cell_time(past->last_unix_usec)},
        {"lives", "Lives", cell_count(past->lives)},
        {"decisions", "Decisions", cell_count(past->decisions)},
        {"resets", "Resets", cell_count(past->resets)},
        {"footprint_bytes", "Footprint", cell_bytes(past->footprint_bytes)},
        {"limit_bytes", "Limit", cell_limit(past->limit_bytes)},
        {"leak", "Leak", facts_verdict(past->leak)},
        {"shape", "Shape", cell_text(past->shape)},
        {"rate_bytes_per_hour", "Rate", cell_rate(past->rate)},
        {"since", "Since", cell_time(past->since_unix_usec)},
        {"time_to_limit_p50_seconds", "Time to limit p50", cell_duration(past->left_p50)},
    };
    output_record(output, "past", fields, COUNT(fields));
}

static void show_oom_kills(struct output *output, const struct subject *subject)
{
    const struct oom_kills kills = oom_kills_of(
        subject->live ? &subject->now : NULL, subject->stored ? &subject->past.oom_kills : NULL);
    const struct field fields[] = {
        {"kills_in_life", "Kernel OOM kills", kills.in_life},
        {"kills_ever", "In all lives", kills.ever},
        {"last_kill_seen", "Last one seen", kills.newest},
    };
    output_record(output, "oom_kills", fields, COUNT(fields));
}

int verb_show(struct cli *cli)
{
    struct subject subject;
    int code = subject_of(cli, cli->operand[0], false, &subject);
    if (code != CLI_OK)
        return code;
    if (subject.live) {
        show_live_slice(cli->output, &subject.now);
        show_sample(cli->output, &subject.now.sample);
        facts_leak(cli->output, &subject.now.leak);
    }
    if (subject.stored)
        show_past(cli->output, &subject.past);
    show_oom_kills(cli->output, &subject);
    return CLI_OK;
}
