#include "mom/cli/writer.h"
#include "slices/base/text.h"

#include <ctype.h>
#include <errno.h>
#include <libsmartcols/libsmartcols.h>
#include <string.h>

static const char *const tone_colors[TONES] = {[TONE_WARNING] = "yellow", [TONE_ALARM] = "red"};

/* An empty line between two parts of an answer. */
static void separate(struct output *output)
{
    if (output->parts++ > 0)
        (void)fputc('\n', output->file);
}

/* Everything comes escaped already, hence noencoding: smartcols would escape the escapes. What it
 * is given must then be valid in the locale, or it loops for ever (2.38 with "\xc3" under
 * LC_ALL=C). A table is as wide as its content; lines are not cut or broken, so that names can be
 * copied. */
static struct libscols_table *new_table(struct output *output, bool headings)
{
    struct libscols_table *table = scols_new_table();
    if (!table)
        return NULL;
    (void)scols_table_set_stream(table, output->file);
    (void)scols_table_enable_noencoding(table, 1);
    (void)scols_table_enable_noheadings(table, !headings);
    (void)scols_table_enable_colors(table, output->settings.color);
    (void)scols_table_set_column_separator(table, "  ");
    (void)scols_table_set_termforce(table, SCOLS_TERMFORCE_NEVER);
    return table;
}

static void add_column(struct output *output, const char *title, enum column_align align)
{
    char heading[64];
    size_t i = 0;
    for (; title[i] && i + 1 < sizeof heading; i++)
        heading[i] = (char)toupper((unsigned char)title[i]);
    heading[i] = '\0';
    if (!scols_table_new_column(
            output->table, heading, 0, align == ALIGN_RIGHT ? SCOLS_FL_RIGHT : 0))
        writer_failed(output, -ENOMEM);
}

/* For a terminal without UTF-8: other than ASCII becomes \xNN. */
static void to_ascii(char *dst, size_t size, const char *src)
{
    size_t used = 0;
    for (; *src && used + 4 < size; src++) {
        bool ascii = (unsigned char)*src < 0x80;
        (void)text_format(dst + used, size - used, ascii ? "%c" : "\\x%02x", (unsigned char)*src);
        used += ascii ? 1 : 4;
    }
    dst[used] = '\0';
}

static void set_cell(
    struct output *output, struct libscols_line *line, size_t column, const struct cell *cell)
{
    char text[CELL_TEXT_MAX], ascii[CELL_TEXT_MAX];
    const char *shown = cell_human(cell, output->settings.exact, text, sizeof text);
    if (!output->settings.utf8) {
        to_ascii(ascii, sizeof ascii, text);
        shown = ascii;
    }
    if (scols_line_set_data(line, column, shown) < 0)
        writer_failed(output, -ENOMEM);
    const char *color = tone_colors[cell->tone];
    if (color && output->settings.color)
        (void)scols_cell_set_color(scols_line_get_cell(line, column), color);
}

static void begin_section(struct output *output)
{
    output->table = new_table(output, !output->settings.no_headers);
    if (!output->table) {
        writer_failed(output, -ENOMEM);
        return;
    }
    for (size_t i = 0; i < output->section->count; i++)
        add_column(output, output->section->columns[i].title, output->section->columns[i].align);
}

static void write_row(struct output *output, const struct cell *cells)
{
    struct libscols_line *line = output->table ? scols_table_new_line(output->table, NULL) : NULL;
    if (!line) {
        writer_failed(output, -ENOMEM);
        return;
    }
    for (size_t i = 0; i < output->section->count; i++)
        set_cell(output, line, i, &cells[i]);
}

/* A table without rows leaves no trace. */
static void print_table(struct output *output)
{
    if (output->rows > 0)
        separate(output);
    if (output->table && scols_print_table(output->table) < 0)
        writer_failed(output, -EIO);
    scols_unref_table(output->table);
    output->table = NULL;
}

static void write_record(
    struct output *output, const char *name, const struct field *fields, size_t count)
{
    static const struct column columns[] = {
        {"name", "Name", ALIGN_LEFT}, {"value", "Value", ALIGN_LEFT}};
    const struct section section = {name, columns, 2};
    bool no_headers = output->settings.no_headers;
    output->settings.no_headers = true; /* a record's titles stand in its first column */
    output->section = &section;
    begin_section(output);
    output->rows = count;
    for (size_t i = 0; i < count; i++) {
        const struct cell row[] = {cell_text(fields[i].title), fields[i].cell};
        write_row(output, row);
    }
    print_table(output);
    output->section = NULL;
    output->settings.no_headers = no_headers;
}

static void write_note(struct output *output, const char *text)
{
    separate(output);
    (void)fprintf(output->file, "%s%s", text, text_ends_with(text, "\n") ? "" : "\n");
}

const struct writer writer_table = {
    .section_begin = begin_section,
    .row = write_row,
    .section_end = print_table,
    .record = write_record,
    .note = write_note,
};
