#include "mom/cli/writer.h"

#include <string.h>

/* RFC 4180, with the line ends of this system. Control bytes come escaped: a row is one line. */
static void write_text(struct output *output, size_t column, const char *text)
{
    if (column > 0)
        (void)fputc(',', output->file);
    if (!strpbrk(text, ",\"")) {
        (void)fputs(text, output->file);
        return;
    }
    (void)fputc('"', output->file);
    for (; *text; text++) {
        if (*text == '"')
            (void)fputc('"', output->file);
        (void)fputc(*text, output->file);
    }
    (void)fputc('"', output->file);
}

static void write_cell(struct output *output, size_t column, const struct cell *cell)
{
    char text[CELL_TEXT_MAX];
    write_text(output, column, cell_plain(cell, text, sizeof text));
}

static void end_line(struct output *output)
{
    (void)fputc('\n', output->file);
}

static void separate(struct output *output)
{
    if (output->parts++ > 0)
        end_line(output);
}

static void begin_section(struct output *output)
{
    separate(output);
    if (output->settings.no_headers)
        return;
    for (size_t i = 0; i < output->section->count; i++)
        write_text(output, i, output->section->columns[i].name);
    end_line(output);
}

static void write_row(struct output *output, const struct cell *cells)
{
    for (size_t i = 0; i < output->section->count; i++)
        write_cell(output, i, &cells[i]);
    end_line(output);
}

static void write_record(
    struct output *output, const char *name, const struct field *fields, size_t count)
{
    (void)name;
    separate(output);
    for (size_t i = 0; i < count && !output->settings.no_headers; i++)
        write_text(output, i, fields[i].name);
    if (!output->settings.no_headers)
        end_line(output);
    for (size_t i = 0; i < count; i++)
        write_cell(output, i, &fields[i].cell);
    end_line(output);
}

const struct writer writer_csv = {
    .section_begin = begin_section,
    .row = write_row,
    .record = write_record,
};
