/* What is known of a slice's growth, as momctl show and momctl why write it. */
#include "mom/cli/facts.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

static void write_report(struct output *output, const struct leak_report *leak)
{
    const struct field fields[] = {
        {"verdict", "Leak", facts_verdict(leak_verdict_names[leak->verdict])},
        {"shape", "Shape", cell_text(leak_shape_names[leak->shape])},
        {"channel", "Channel", cell_text(leak_channel_names[leak->channel])},
        {"since", "Since", cell_time(leak->since_usec)},
        {"rate_bytes_per_hour", "Rate", cell_rate(leak->rate)},
        {"rate_p10_bytes_per_hour", "Rate p10", cell_rate(leak->rate_low)},
        {"rate_p90_bytes_per_hour", "Rate p90", cell_rate(leak->rate_high)},
        {"floor_bytes", "Floor", cell_bytes(leak->floor_bytes)},
        {"grown_bytes", "Grown", cell_bytes(leak->grown_bytes)},
        {"limit_bytes", "Limit", cell_limit(leak->limit_bytes)},
        {"window_seconds", "Judged over", cell_duration((double)leak->window_usec / 1e6)},
        {"time_to_limit_p10_seconds", "Time to limit p10",
            leak->forecast ? cell_duration(leak->left_p10) : cell_absent()},
        {"time_to_limit_p50_seconds", "Time to limit p50",
            leak->forecast ? cell_duration(leak->left_p50) : cell_absent()},
        {"time_to_limit_p90_seconds", "Time to limit p90",
            leak->forecast ? cell_duration(leak->left_p90) : cell_absent()},
    };
    output_record(output, "leak", fields, COUNT(fields));
}

static void write_gates(struct output *output, const struct leak_report *leak)
{
    static const struct column columns[] = {
        {"gate", "Gate", ALIGN_LEFT},
        {"value", "Value", ALIGN_RIGHT},
        {"threshold", "Threshold", ALIGN_RIGHT},
        {"strength", "Strength", ALIGN_RIGHT},
        {"passed", "Passed", ALIGN_LEFT},
        {"weakest", "Weakest", ALIGN_LEFT},
    };
    static const struct section section = {"gates", columns, COUNT(columns)};
    output_section(output, &section);
    for (uint32_t i = 0; i < leak->gates && i < LEAK_GATES_MAX; i++) {
        const struct leak_gate *gate = &leak->gate[i];
        const struct cell cells[] = {
            cell_text(gate->name),
            cell_number(gate->value),
            cell_number(gate->threshold),
            cell_number(gate->strength),
            cell_flag(gate->passed),
            cell_flag(i == leak->weakest),
        };
        _Static_assert(COUNT(cells) == COUNT(columns), "a cell for each column");
        output_row(output, cells);
    }
}

void facts_leak(struct output *output, const struct leak_report *leak)
{
    write_report(output, leak);
    write_gates(output, leak);
}
