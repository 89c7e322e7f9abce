#include "mom/cli/writer.h"

#include <errno.h>
#include <jansson.h>

/* JSON_ENSURE_ASCII: a control byte of two (U+009B) reaches no terminal, and every reader gets the
 * name back as it was. */
enum { DUMP_FLAGS = JSON_ENSURE_ASCII | JSON_PRESERVE_ORDER | JSON_REAL_PRECISION(12) };

/* Text as it is where it is valid UTF-8, escaped where JSON can't carry it. */
static json_t *json_text(const struct cell *cell)
{
    json_t *json = json_string(cell->text);
    if (json)
        return json;
    char text[CELL_TEXT_MAX];
    return json_string(cell_plain(cell, text, sizeof text));
}

static json_t *json_cell(const struct cell *cell)
{
    char text[CELL_TEXT_MAX];
    switch (cell->kind) {
    case CELL_TEXT:
        return json_text(cell);
    case CELL_COUNT:
    case CELL_BYTES: /* JSON's numbers have no size, jansson's integers have 63 bits */
        return cell->count > INT64_MAX ? json_real((double)cell->count)
                                       : json_integer((json_int_t)cell->count);
    case CELL_INTEGER:
        return json_integer(cell->integer);
    case CELL_NUMBER:
    case CELL_RATE:
    case CELL_PERCENT:
    case CELL_DURATION:
        return json_real(cell->number);
    case CELL_FLAG:
        return json_boolean(cell->flag);
    case CELL_TIME:
        return json_string(cell_plain(cell, text, sizeof text));
    default:
        return json_null();
    }
}

static void set(struct output *output, json_t *object, const char *name, const struct cell *cell)
{
    if (json_object_set_new(object, name, json_cell(cell)) < 0)
        writer_failed(output, -ENOMEM);
}

static json_t *row_object(struct output *output, json_t *object, const struct cell *cells)
{
    for (size_t i = 0; i < output->section->count; i++)
        set(output, object, output->section->columns[i].name, &cells[i]);
    return object;
}

static json_t *record_object(
    struct output *output, json_t *object, const struct field *fields, size_t count)
{
    for (size_t i = 0; i < count; i++)
        set(output, object, fields[i].name, &fields[i].cell);
    return object;
}

static void dump(struct output *output, json_t *object)
{
    if (json_dumpf(object, output->file, DUMP_FLAGS) < 0)
        writer_failed(output, ferror(output->file) ? -EIO : -ENOMEM);
    json_decref(object);
}

static void begin_json(struct output *output)
{
    (void)fprintf(output->file, "{\"schema\": %d", OUTPUT_SCHEMA);
}

static void begin_section(struct output *output)
{
    (void)fprintf(output->file, ",\n\"%s\": [", output->section->name);
}

static void write_row(struct output *output, const struct cell *cells)
{
    (void)fputs(output->rows ? ",\n  " : "\n  ", output->file);
    dump(output, row_object(output, json_object(), cells));
}

static void end_section(struct output *output)
{
    (void)fputs("]", output->file);
}

static void write_record(
    struct output *output, const char *name, const struct field *fields, size_t count)
{
    (void)fprintf(output->file, ",\n\"%s\": ", name);
    dump(output, record_object(output, json_object(), fields, count));
}

static void end_json(struct output *output)
{
    (void)fputs("}\n", output->file);
}

const struct writer writer_json = {
    .begin = begin_json,
    .section_begin = begin_section,
    .row = write_row,
    .section_end = end_section,
    .record = write_record,
    .end = end_json,
};

/* A line stands alone: it says which schema it follows and what it is one of. */
static json_t *line_object(struct output *output, const char *of)
{
    json_t *object = json_object();
    if (json_object_set_new(object, "schema", json_integer(OUTPUT_SCHEMA)) < 0 ||
        json_object_set_new(object, "of", json_string(of)) < 0)
        writer_failed(output, -ENOMEM);
    return object;
}

static void write_row_line(struct output *output, const struct cell *cells)
{
    dump(output, row_object(output, line_object(output, output->section->name), cells));
    (void)fputc('\n', output->file);
}

static void write_record_line(
    struct output *output, const char *name, const struct field *fields, size_t count)
{
    dump(output, record_object(output, line_object(output, name), fields, count));
    (void)fputc('\n', output->file);
}

const struct writer writer_jsonl = {
    .row = write_row_line,
    .record = write_record_line,
};
