/* What the operators are told after a boot that no clean stop came before: who ended it and why,
 * who was active, what was lost. */
#ifndef MOM_REPORT_BOOT_END_H
#define MOM_REPORT_BOOT_END_H

#include "mom/common/records.h"

#include <stddef.h>
#include <stdint.h>

struct boot_end_report {
    const char *node; /* this host's name */
    const char *id;   /* of the decision that ended it; or the ended boot's first eight digits */
    const struct boot_ended *ended;
    const struct boot_past *past;
    const struct decision *decision; /* that ended it; NULL: none that is known */
    int64_t newest_unix_usec;        /* of the ended boot's history; 0: it has none */
    uint32_t count;
    struct {
        char key[96];
        uint64_t footprint, resident; /* bytes */
        double growth;                /* bytes a second; where it is known (`decision`) */
    } active[LAST_WORDS_ACTIVE];
};

/* As of mom/report/text.h. */
void boot_end_subject(const struct boot_end_report *report, char *buffer, size_t size);
void boot_end_body(const struct boot_end_report *report, char *buffer, size_t size);

#endif
