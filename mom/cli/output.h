/* An answer, written in one of four formats. A verb says what it knows as sections of rows or as
 * records of named values; how that looks is the writer's business alone.
 *
 *   table   libsmartcols; sizes, times and durations for people; notes are shown
 *   json    {"schema": 1, "SECTION": [{...}, ...], "RECORD": {...}}
 *   jsonl   a line for each row and record: {"schema": 1, "of": "SECTION", ...}
 *   csv     RFC 4180; a header line for each section, an empty line between two
 *
 * Rows are written as they come (tables at the end of their section), so that a long history costs
 * no memory in json, jsonl and csv. What goes wrong is kept, and told by output_close. */
#ifndef MOM_CLI_OUTPUT_H
#define MOM_CLI_OUTPUT_H

#include "mom/cli/cell.h"
#include "slices/base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#define OUTPUT_SCHEMA 1

enum output_format { OUTPUT_TABLE, OUTPUT_JSON, OUTPUT_JSONL, OUTPUT_CSV, OUTPUT_FORMATS };
extern const char *const output_format_names[OUTPUT_FORMATS];

struct output_settings {
    enum output_format format;
    bool no_headers;   /* table and csv */
    bool exact;        /* table: bytes as plain numbers */
    bool color;        /* table: tones are shown */
    bool utf8;         /* the terminal shows UTF-8 */
    const char *pager; /* a shell command that tables are shown with, or NULL */
};

enum column_align { ALIGN_LEFT, ALIGN_RIGHT };

struct column {
    const char *name;  /* in json, jsonl and csv, with its unit: "footprint_bytes" */
    const char *title; /* in tables: "Footprint" */
    enum column_align align;
};

struct section {
    const char *name; /* plural, of what the rows are: "slices" */
    const struct column *columns;
    size_t count;
};

/* A named value of a record. */
struct field {
    const char *name, *title;
    struct cell cell;
};

struct output;

/* Writes to `file`, which stays the caller's; with a pager, to that. -ENOMEM. */
int output_open(const struct output_settings *settings, FILE *file, struct output **ret);

const struct output_settings *output_settings(const struct output *output);

/* Begins a section; the one before ends. */
void output_section(struct output *output, const struct section *section);

/* One row; `cells` has one for each column of the section. */
void output_row(struct output *output, const struct cell *cells);

/* One record, all at once; the section before ends. */
void output_record(
    struct output *output, const char *name, const struct field *fields, size_t count);

/* Lines for people, the last without its newline or with it: shown in tables only. The text is not
 * escaped here: names go through text_escape before. */
void output_note(struct output *output, const char *text);

/* Shows what has been written: before something that may take long, such as a disk that hangs. */
void output_flush(struct output *output);

/* Ends the answer. 0, or the first error: -EIO, -ENOMEM. A pager that was left early is none. */
int output_close(struct output *output, struct mom_error *error);

#endif
