#include "mom/cli/output.h"

#include "mom/cli/writer.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>

const char *const output_format_names[OUTPUT_FORMATS] = {
    [OUTPUT_TABLE] = "table",
    [OUTPUT_JSON] = "json",
    [OUTPUT_JSONL] = "jsonl",
    [OUTPUT_CSV] = "csv",
};

static const struct writer *const writers[OUTPUT_FORMATS] = {
    [OUTPUT_TABLE] = &writer_table,
    [OUTPUT_JSON] = &writer_json,
    [OUTPUT_JSONL] = &writer_jsonl,
    [OUTPUT_CSV] = &writer_csv,
};

void writer_failed(struct output *output, int code)
{
    if (output->error == 0)
        output->error = code;
}

/* As git and journalctl do: less stays out of the way of what fits on a screen, and shows colours.
 * Without a pager that starts, the answer is shown all the same. */
static void start_pager(struct output *output)
{
    (void)setenv("LESS", "FRX", 0);
    (void)fflush(output->file);
    FILE *pipe = popen(output->settings.pager, "w");
    if (!pipe)
        return;
    (void)signal(SIGPIPE, SIG_IGN); /* who leaves the pager has seen enough */
    output->file = pipe;
    output->paged = true;
}

int output_open(const struct output_settings *settings, FILE *file, struct output **ret)
{
    struct output *output = calloc(1, sizeof *output);
    if (!output)
        return -ENOMEM;
    output->settings = *settings;
    output->writer = writers[settings->format];
    output->file = file;
    *ret = output;
    return 0;
}

const struct output_settings *output_settings(const struct output *output)
{
    return &output->settings;
}

/* Before the first part of the answer: a verb that fails before it writes nothing. */
static void begin(struct output *output)
{
    if (output->begun)
        return;
    output->begun = true;
    if (output->settings.pager && output->settings.format == OUTPUT_TABLE)
        start_pager(output);
    if (output->writer->begin)
        output->writer->begin(output);
}

static void end_section(struct output *output)
{
    if (output->section && output->writer->section_end)
        output->writer->section_end(output);
    output->section = NULL;
}

void output_section(struct output *output, const struct section *section)
{
    begin(output);
    end_section(output);
    output->section = section;
    output->rows = 0;
    if (output->writer->section_begin)
        output->writer->section_begin(output);
}

void output_row(struct output *output, const struct cell *cells)
{
    output->writer->row(output, cells);
    output->rows++;
}

void output_record(
    struct output *output, const char *name, const struct field *fields, size_t count)
{
    begin(output);
    end_section(output);
    output->writer->record(output, name, fields, count);
}

void output_note(struct output *output, const char *text)
{
    if (!output->writer->note)
        return;
    begin(output);
    end_section(output);
    output->writer->note(output, text);
}

void output_flush(struct output *output)
{
    end_section(output);
    (void)fflush(output->file);
}

int output_close(struct output *output, struct mom_error *error)
{
    end_section(output);
    if (output->begun && output->writer->end)
        output->writer->end(output);
    bool broken = fflush(output->file) != 0 || ferror(output->file);
    if (output->paged)
        (void)pclose(output->file);
    else if (broken)
        writer_failed(output, -EIO);
    int code = output->error;
    free(output);
    return code < 0 ? error_errno(error, code, "writing the answer") : 0;
}
