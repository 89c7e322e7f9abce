/* Mails as bytes: RFC 5322 headers and a plain-text body (RFC 2045: as it is where it is ASCII,
 * else quoted-printable UTF-8), CRLF line ends. No header can be injected: whatever goes into one
 * is escaped to printable ASCII first.
 */
#ifndef MOM_REPORT_MAIL_H
#define MOM_REPORT_MAIL_H

#include <stddef.h>
#include <stdint.h>

struct mail_text {
    const char *from, *to;  /* addresses; `to` separated by commas */
    const char *subject;    /* one line */
    const char *message_id; /* without <> */
    const char *list_id;    /* the node's name */
    int64_t date_unix_sec;
    const char *body; /* '\n' line ends */
};

/* Length, or -ENOSPC when it does not fit, -EINVAL for an address that is none. */
long mail_compose(const struct mail_text *text, char *buffer, size_t size);

/* A plausible address or local part: printable ASCII without blanks, quotes, brackets, commas; at
 * most one
 * '@'. The only addresses that mom writes to. */
int mail_address_valid(const char *address);

#endif
