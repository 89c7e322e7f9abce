/* What several tables or both directions share; private to db/. */
#ifndef DB_ROWS_H
#define DB_ROWS_H

#include "db/connection.h"
#include "policy/leak/leak.h"
#include "slices/sample.h"

/* Enums are stored as their words. A value without one becomes "?" on the way in; a word that this
 * program doesn't know becomes 0 on the way out, and is noted in call->unknown_word. */
void put_word(struct call *call, const char *const *words, int count, unsigned value);
unsigned get_word(struct call *call, const char *const *words, int count);

extern const char *const unit_words[UNITS];

/* Boot, mount and inode; a boot of another length is left as it was. */
void get_life(struct call *call, struct slice_life *ret);

/* The columns REPORT of schema.c, without gates. */
void put_report(struct call *call, const struct leak_report *report);
void get_report(struct call *call, struct leak_report *ret);

#endif
