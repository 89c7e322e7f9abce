/* Mail by SMTP, through libcurl: STARTTLS or implicit TLS with the certificate checked, login from
 * a netrc file. One transaction per recipient, so that each has an outcome of its own; the
 * connection is kept for all of them. */
#ifndef MOM_COURIER_SMTP_H
#define MOM_COURIER_SMTP_H

#include "mom/courier/letter.h"
#include "policy/file/policy.h"
#include "slices/base/error.h"

struct smtp;

/* `settings` must outlive it. -EPERM for a credentials file that others may read, -EINVAL for
 * credentials that would go in clear to another host; -ENOMEM. */
int smtp_open(const struct mail_settings *settings, struct smtp **ret, struct mom_error *error);
void smtp_close(struct smtp *smtp);

/* Fills an attempt for each recipient. 0; -ECONNREFUSED: nobody listens there; -EHOSTDOWN: it would
 * be no use to try other mails now. All recipients that were not tried are then deferred. */
int smtp_deliver(struct smtp *smtp, const struct letter *letter, struct attempt *attempt);

#endif
