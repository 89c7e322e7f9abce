/* One mail that tells of many that were not sent one by one, in plain text. */
#ifndef MOM_REPORT_DIGEST_H
#define MOM_REPORT_DIGEST_H

#include <stddef.h>
#include <stdint.h>

enum { DIGEST_LINES = 100 };

struct digest_line {
    int64_t unix_usec;
    char subject[240]; /* of the mail that was not sent */
};

struct digest {
    const char *node; /* this host's name */
    const char *id;   /* "digest-17" */
    int64_t made_unix_usec;
    uint32_t count;                        /* of all that it stands for */
    struct digest_line line[DIGEST_LINES]; /* the first of them */
};

void digest_subject(const struct digest *digest, char *buffer, size_t size);

/* As report_body: the last line is for machines, with `digest` for the action and * for the key. */
void digest_body(const struct digest *digest, char *buffer, size_t size);

#endif
