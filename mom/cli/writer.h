/* What the formats have in common, for output.c and the writers only. */
#ifndef MOM_CLI_WRITER_H
#define MOM_CLI_WRITER_H

#include "mom/cli/output.h"

struct libscols_table;

struct output {
    struct output_settings settings;
    const struct writer *writer;
    FILE *file;
    bool begun;
    bool paged;                    /* file is a pipe of our own */
    const struct section *section; /* that is open, or NULL */
    size_t rows;                   /* written of it */
    size_t parts;                  /* that stand above, with an empty line between two */
    struct libscols_table *table;  /* of the open section; the table writer's */
    int error;                     /* the first one, negative errno */
};

/* A format. Members that are NULL have nothing to do. */
struct writer {
    void (*begin)(struct output *output);
    void (*section_begin)(struct output *output);
    void (*row)(struct output *output, const struct cell *cells);
    void (*section_end)(struct output *output);
    void (*record)(
        struct output *output, const char *name, const struct field *fields, size_t count);
    void (*note)(struct output *output, const char *text);
    void (*end)(struct output *output);
};

extern const struct writer writer_table, writer_json, writer_jsonl, writer_csv;

/* Keeps the first error. */
void writer_failed(struct output *output, int code);

#endif
