#include "mom/courier/smtp_verdict.h"

static bool is_about_mom(int reply)
{
    return reply == 530 || reply == 534 || reply == 535 || reply == 538;
}

enum verdict smtp_verdict(const struct smtp_end *end)
{
    if (end->ok)
        return VERDICT_DELIVERED;
    bool refused = end->transaction && end->reply >= 500 && !is_about_mom(end->reply);
    return refused ? VERDICT_REFUSED : VERDICT_DEFERRED;
}

bool smtp_is_down(const struct smtp_end *end)
{
    return !end->ok &&
           (!end->transaction || end->reply == 0 || end->reply == 421 || is_about_mom(end->reply));
}
