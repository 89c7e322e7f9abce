/* One value of an answer, with its unit: the verbs make them, the writers show them. */
#ifndef MOM_CLI_CELL_H
#define MOM_CLI_CELL_H

#include "slices/sample.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum cell_kind {
    CELL_ABSENT,    /* not known, or does not apply: "-", null, an empty CSV field */
    CELL_UNLIMITED, /* known to have no limit: "none", null, an empty CSV field */
    CELL_TEXT,      /* bytes as found; the writers make them safe */
    CELL_COUNT,
    CELL_INTEGER,
    CELL_NUMBER,
    CELL_FLAG,
    CELL_BYTES,
    CELL_RATE,     /* bytes an hour, may be negative */
    CELL_PERCENT,  /* of 100 */
    CELL_DURATION, /* seconds */
    CELL_TIME,     /* microseconds since 1970 */
    CELL_KINDS
};

/* What stands out on a terminal. */
enum tone { TONE_PLAIN, TONE_WARNING, TONE_ALARM, TONES };

struct cell {
    enum cell_kind kind;
    enum tone tone;
    union {
        const char *text; /* lives until the row was written */
        uint64_t count;   /* CELL_COUNT, CELL_BYTES */
        double number;    /* CELL_NUMBER, CELL_RATE, CELL_PERCENT, CELL_DURATION */
        bool flag;
        int64_t integer;
        int64_t unix_usec;
    };
};

struct cell cell_absent(void);
struct cell cell_text(const char *text); /* NULL or "": absent */
struct cell cell_count(uint64_t count);
struct cell cell_integer(int64_t integer);
struct cell cell_number(double number);
struct cell cell_flag(bool flag);
struct cell cell_bytes(uint64_t bytes);
struct cell cell_limit(uint64_t bytes); /* SAMPLE_NO_LIMIT: unlimited; 0: absent */
struct cell cell_rate(double bytes_per_sec);
struct cell cell_percent(double percent);
struct cell cell_duration(double seconds); /* negative: absent */
struct cell cell_time(int64_t unix_usec);  /* 0: absent */

/* A number with the unit that a field or a piece of evidence has. */
struct cell cell_of(enum unit unit, double number);
/* A field of a sample; absent where the mask says so. */
struct cell cell_field(const struct field_info *field, bool have, uint64_t value);

struct cell cell_toned(struct cell cell, enum tone tone);

/* For people ("1.5 GiB", "2.1 h", local time), with `exact` sizes and rates in bytes. Returns
 * buffer. Text is escaped, so that no byte of it acts on a terminal. */
#define CELL_TEXT_MAX 4096
char *cell_human(const struct cell *cell, bool exact, char *buffer, size_t size);

/* For programs: plain numbers, ISO 8601 in UTC, "" where there is none. Text as by text_show. */
char *cell_plain(const struct cell *cell, char *buffer, size_t size);

#endif
