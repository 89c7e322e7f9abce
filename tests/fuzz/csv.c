/* Recorded samples for `momctl replay`. The first byte chooses the output's format; what claims to
 * be JSON must be. */
#include "mom/cli/replay_csv.h"
#include "tests/fuzz/fuzz.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

enum { FORMATS = REPLAY_CSV + 1 };

static void must_be_json(const char *text, size_t length)
{
    json_t *parsed = json_loadb(text, length, 0, NULL);
    fuzz_must(parsed != NULL, "JSON is JSON");
    json_decref(parsed);
}

static void must_be_json_lines(const char *text)
{
    for (const char *end; (end = strchr(text, '\n')); text = end + 1)
        must_be_json(text, (size_t)(end - text));
    fuzz_must(!*text, "the last line has an end");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static FILE *null;
    if (!null)
        null = fopen("/dev/null", "we");
    struct fuzz_input input = {data, size};
    enum replay_format format = fuzz_byte(&input) % FORMATS;
    char *csv = fuzz_text(&input), *result = NULL;
    size_t result_length = 0, csv_length = size > 0 ? size - 1 : 0;
    FILE *in = fmemopen(csv, csv_length, "r"), *out = open_memstream(&result, &result_length);
    fuzz_must(null && in && out, "streams");

    int r = replay_csv(in, "fuzz.csv", format, out, null, NULL);
    fuzz_must(fclose(out) == 0 && fclose(in) == 0, "the result is written");
    fuzz_must(r == 0 || r == -EINVAL, "the table is read or refused");
    fuzz_must(strlen(result) == result_length, "the result is text");
    if (r == 0 && format == REPLAY_JSON)
        must_be_json(result, result_length);
    if (r == 0 && format == REPLAY_JSONL)
        must_be_json_lines(result);
    free(result);
    free(csv);
    return 0;
}
