#include "policy/decide/order.h"

bool ordered_is_on(const struct ordered *ordered)
{
    return ordered->temporary.state != TEMPORARY_OVER;
}

void ordered_ask(
    struct ordered *ordered, const struct order *order, uint64_t before, int64_t now_usec)
{
    ordered->kind = order->kind;
    ordered->bytes = order->bytes;
    ordered->lasts_usec = order->lasts_usec;
    ordered->before = before;
    temporary_ask(&ordered->temporary, now_usec);
}

bool ordered_ends(struct ordered *ordered, int64_t now_usec, bool *ret_served)
{
    struct temporary *temporary = &ordered->temporary;
    *ret_served =
        temporary->state == TEMPORARY_ON && now_usec - temporary->begun_usec >= ordered->lasts_usec;
    return *ret_served || temporary_releases(temporary, now_usec);
}

uint64_t ordered_extra(const struct ordered *ordered)
{
    bool is_raised = ordered_is_on(ordered) && ordered->kind == ACTION_RAISE;
    bool is_more = ordered->bytes > ordered->before;
    return is_raised && is_more ? ordered->bytes - ordered->before : 0;
}

uint64_t ordered_limit(const struct ordered *ordered, uint64_t limit)
{
    bool is_lowered = ordered_is_on(ordered) && ordered->kind == ACTION_THROTTLE;
    return is_lowered && limit < ordered->before ? ordered->before : limit;
}
