/* What an SMTP session's end means for a mail. Pure. */
#ifndef MOM_COURIER_SMTP_VERDICT_H
#define MOM_COURIER_SMTP_VERDICT_H

#include "mom/courier/letter.h"

#include <stdbool.h>

struct smtp_end {
    bool ok;          /* the mail was accepted */
    bool transaction; /* MAIL FROM had been said: what was refused is this mail, not mom */
    int reply;        /* the code of the last refusal since then, 400 to 599; 0: none came */
};

/* RFC 5321 4.2.1: 4yz may be otherwise later, 5yz will not. But 530, 534, 535 and 538 (RFC 4954,
 * RFC 3207: TLS or a login is wanted, or was not believed) are about mom, and for an operator to
 * mend. */
enum verdict smtp_verdict(const struct smtp_end *end);

/* No other mail would fare better now: the server was not reached, does not take mom, or goes down
 * (421). */
bool smtp_is_down(const struct smtp_end *end);

#endif
