/* Mail handed to a local program with sendmail's command line. Its success means "queued". */
#ifndef MOM_COURIER_SENDMAIL_H
#define MOM_COURIER_SENDMAIL_H

#include "mom/courier/letter.h"
#include "policy/file/policy.h"

/* Runs the program once for each recipient, and kills it with all it started when it takes longer
 * than settings->timeout_usec. Fills an attempt for each. */
void sendmail_deliver(
    const struct mail_settings *settings, const struct letter *letter, struct attempt *attempt);

#endif
