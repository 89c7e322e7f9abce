/* The kinds of values that a policy holds: each read from text, checked, and written again.
 *
 * Every quantity carries its unit, without a blank before it: `10s`, `1h30min`, `150M`, `10%`. A
 * bare number is refused: `10` could be seconds or minutes, bytes or per cent. */
#ifndef POLICY_FILE_VALUES_H
#define POLICY_FILE_VALUES_H

#include "slices/base/error.h"

#include <stddef.h>
#include <stdint.h>

enum value_type {
    VALUE_BOOL,       /* bool */
    VALUE_FLAG,       /* nothing is stored; only `true` may be said */
    VALUE_WORD,       /* an enum, by its list of words */
    VALUE_INTEGER,    /* int32_t */
    VALUE_NUMBER,     /* double */
    VALUE_DURATION,   /* int64_t, microseconds */
    VALUE_SIZE,       /* uint64_t, bytes; K = KiB = 1024 bytes and so on */
    VALUE_PERCENTAGE, /* double, per cent, 0..100 */
    VALUE_SHARE,      /* double, per cent of one of several: also more than 100 */
    VALUE_AMOUNT,     /* struct amount: a percentage or a size */
    VALUE_NAME,       /* char[]: letters, digits, - and _ */
    VALUE_ADDRESS,    /* char[]: a mail address, or a mailbox without a domain; may be empty */
    VALUE_ADDRESSES,  /* char[]: addresses, separated by commas; a YAML list is joined */
    VALUE_DOMAIN,     /* char[]: may be empty */
    VALUE_PATH,       /* char[]: absolute; may be empty */
    VALUE_COMMAND,    /* const char *: a program by its absolute path, and its arguments, single
                         blanks between them; may be empty. A YAML list is joined */
    VALUE_RESTART,    /* the same, or `none` or `auto` */
    VALUE_GLOBS,      /* struct globs: one glob or a list of them */
    VALUE_TYPES
};

/* For messages and the manual: "duration", "10s, 1h30min". */
struct value_type_info {
    const char *name, *example;
};
extern const struct value_type_info value_types[VALUE_TYPES];

/* The words of a VALUE_WORD, in the order of its enum. */
struct words {
    const char *const *name;
    unsigned count;
};

/* Patterns in the sense of fnmatch(3); any of them is enough. */
struct globs {
    const char **pattern; /* owned by the policy */
    unsigned count;
};

/* Reads one text into dst, which has the type's shape and `size` bytes. -EINVAL with words, dst
 * untouched. Not for VALUE_GLOBS, whose text is kept as it is. Where the shape is a pointer, it is
 * the text itself that is kept: it must live as long as the value. */
int value_parse(enum value_type type, const struct words *words, const char *text, void *dst,
    size_t size, struct mom_error *error);

/* The number behind a text of a numeric type, in its base unit: for comparing with a range. */
int value_quantity(enum value_type type, const char *text, double *ret, struct mom_error *error);

/* Writes the value such that value_parse reads it back. -ENAMETOOLONG. Bytes of texts are not
 * escaped. */
int value_format(
    enum value_type type, const struct words *words, const void *src, char *buffer, size_t size);

#endif
