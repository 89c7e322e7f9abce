/* What a transport gets, and what it says. */
#ifndef MOM_COURIER_LETTER_H
#define MOM_COURIER_LETTER_H

#include "db/outbox.h"

struct letter {
    const char *name;  /* for a file: "1700000000-12" */
    const char *bytes; /* RFC 5322, CRLF line ends */
    size_t length;
    const char *recipient[MAIL_RECIPIENTS_MAX];
    uint32_t recipients;
};

enum verdict {
    VERDICT_DELIVERED,
    VERDICT_DEFERRED, /* to be tried again */
    VERDICT_REFUSED,  /* trying again would not help */
};

/* What came of it for one recipient. */
struct attempt {
    enum verdict verdict;
    char why[256]; /* what the other side said, on one line; not escaped */
};

#endif
