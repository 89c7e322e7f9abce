#include "db/rows.h"

#include <string.h>

const char *const unit_words[UNITS] = {
    [UNIT_BYTES] = "bytes",
    [UNIT_COUNT] = "count",
    [UNIT_COUNTER] = "counter",
    [UNIT_USEC] = "usec",
    [UNIT_CENTI] = "centi",
    [UNIT_RATE] = "rate",
};

void put_word(struct call *call, const char *const *words, int count, unsigned value)
{
    put_text(call, value < (unsigned)count ? words[value] : "?");
}

unsigned get_word(struct call *call, const char *const *words, int count)
{
    const char *text = get_text(call);
    for (int i = 0; i < count; i++)
        if (words[i] && strcmp(words[i], text) == 0)
            return (unsigned)i;
    call->unknown_word = true;
    return 0;
}

void put_report(struct call *call, const struct leak_report *report)
{
    put_word(call, leak_verdict_names, LEAK_VERDICTS, report->verdict);
    put_word(call, leak_shape_names, LEAK_SHAPES, report->shape);
    put_real(call, report->rate);
    put_real(call, report->rate_low);
    put_real(call, report->rate_high);
    put_int(call, report->at_usec);
    put_int(call, report->since_usec);
    put_int(call, report->window_usec);
    put_u64(call, report->floor_bytes);
    put_u64(call, report->grown_bytes);
    put_limit(call, report->limit_bytes);
    put_int(call, report->forecast);
    put_real(call, report->left_p10);
    put_real(call, report->left_p50);
    put_real(call, report->left_p90);
    put_word(call, leak_channel_names, LEAK_CHANNELS, report->channel);
}

void get_life(struct call *call, struct slice_life *ret)
{
    size_t length;
    const void *boot = get_bytes(call, &length);
    if (length == sizeof ret->boot)
        memcpy(ret->boot, boot, length);
    ret->mount = get_u64(call);
    ret->inode = get_u64(call);
}

void get_report(struct call *call, struct leak_report *ret)
{
    ret->verdict = get_word(call, leak_verdict_names, LEAK_VERDICTS);
    ret->shape = get_word(call, leak_shape_names, LEAK_SHAPES);
    ret->rate = get_real(call);
    ret->rate_low = get_real(call);
    ret->rate_high = get_real(call);
    ret->at_usec = get_int(call);
    ret->since_usec = get_int(call);
    ret->window_usec = get_int(call);
    ret->floor_bytes = get_u64(call);
    ret->grown_bytes = get_u64(call);
    ret->limit_bytes = get_limit(call);
    ret->forecast = get_int(call) != 0;
    ret->left_p10 = get_real(call);
    ret->left_p50 = get_real(call);
    ret->left_p90 = get_real(call);
    ret->channel = get_word(call, leak_channel_names, LEAK_CHANNELS);
}
