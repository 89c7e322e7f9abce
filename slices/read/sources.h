/* Which files of a group say what, for each version of the hierarchy, and what is made of their
 * text. */
#ifndef SLICES_READ_SOURCES_H
#define SLICES_READ_SOURCES_H

#include "slices/find/hierarchy.h"
#include "slices/sample.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct source {
    const char *file;
    void (*parse)(const char *text, struct sample *sample); /* NULL: the file is one number, */
    enum sample_field field;                                /* of this field, or NO_FIELD */
};
#define NO_FIELD SAMPLE_FIELDS

#define SOURCE_TEXT_MAX 16384 /* memory.stat: 2 KiB as of Linux 6.18 */
#define SOURCES_MAX     9
#define SOURCES_CHEAP   2 /* the first of them: one number each, which moves when anything does */
struct sources {
    const struct source *table;
    size_t count;
    bool is_v1;
};
const struct sources *sources_of(enum hierarchy_version version);

/* Sets what the text of one file says. */
void source_take(const struct source *source, const char *text, struct sample *sample);
/* To be called after all of them were taken: v1 states some limits in terms of others. */
void sources_settle(const struct sources *sources, struct sample *sample);

/* The text of a file that is one number; "max" is SAMPLE_NO_LIMIT. 0 or -errno as text_whole_u64.
 */
int source_number(const char *text, uint64_t *ret);

/* The parsers, on text as the kernel gives it: each sets the fields that it finds, ignores keys
 * that it doesn't know and lines that it can't read. Public for tests and fuzzing. */
void source_parse_stat_v2(const char *text, struct sample *sample);
void source_parse_stat_v1(const char *text, struct sample *sample);
void source_parse_events(
    const char *text, struct sample *sample); /* memory.events; v1 oom_control */

#endif
