#include "mom/scorer/question.h"

#include "slices/base/text.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

#define SCORE_MOST 1e18 /* beyond that a uint64_t would be near its end */

/* --- The question ----------------------------------------------------------------------------- */

/* Bytes that are no UTF-8 are shown as momctl shows them. */
static json_t *text_of(const char *bytes)
{
    char shown[4 * SLICE_KEY_MAX];
    json_t *text = json_string(bytes);
    return text ? text : json_string(text_show(shown, sizeof shown, bytes));
}

static json_t *fields_of(
    const struct field_info *info, unsigned count, uint64_t have, const uint64_t *value)
{
    json_t *object = json_object();
    for (unsigned i = 0; object && i < count; i++)
        if (have >> i & 1 && value[i] <= INT64_MAX)
            (void)json_object_set_new(object, info[i].name, json_integer((json_int_t)value[i]));
    return object;
}

static json_t *slice_of(const struct live_slice *row, struct stamp now)
{
    const struct slice *slice = &row->slice;
    bool is_protected = slice->protection != SLICE_UNPROTECTED || row->protected_by_policy;
    double age_sec = (double)(now.boot_usec - row->born.boot_usec) / 1e6;
    return json_pack("{s:I,s:o,s:o,s:o,s:s,s:I,s:i,s:b,s:b,s:s,s:I,s:f,s:f,s:o}", "serial",
        (json_int_t)slice->serial, "key", text_of(slice->key), "name", text_of(slice->name), "path",
        text_of(slice->path), "kind", slice_kind_names[slice->kind], "uid", (json_int_t)slice->uid,
        "rank", row->rank, "protected", is_protected, "held", row->held, "leak",
        leak_verdict_names[row->leak.verdict], "footprint", (json_int_t)row->footprint, "growth",
        row->growth, "age", age_sec, "sample",
        fields_of(sample_fields, SAMPLE_FIELDS, row->sample.have, row->sample.value));
}

char *question_text(const struct live *live, const struct live_state *state)
{
    json_t *slices = json_array();
    for (uint32_t i = 0; slices && i < live_rows(live); i++) {
        struct live_slice row;
        if (live_read_slice(live, i, &row) == 0)
            (void)json_array_append_new(slices, slice_of(&row, state->ticked));
    }
    json_t *question = json_pack("{s:i,s:I,s:o,s:o}", "schema", 1, "tick", (json_int_t)state->ticks,
        "node", fields_of(node_fields, NODE_FIELDS, state->node.have, state->node.value), "slices",
        slices);
    char *text = question ? json_dumps(question, JSON_COMPACT | JSON_ENSURE_ASCII) : NULL;
    json_decref(question);
    return text;
}

/* --- The answer ------------------------------------------------------------------------------- */

static int by_serial(const void *a, const void *b)
{
    const struct scores_row *x = a, *y = b;
    return (x->serial > y->serial) - (x->serial < y->serial);
}

static int take_score(
    struct scores *ret, const char *serial, const json_t *score, struct mom_error *error)
{
    struct scores_row row;
    double number = json_number_value(score);
    if (text_whole_u64(serial, &row.serial) < 0)
        return error_set(error, -EINVAL, "no slice has the serial \"%.40s\"", serial);
    if (!json_is_number(score) || !(number >= 0 && number <= SCORE_MOST))
        return error_set(error, -EINVAL, "the score of %.40s is no number from 0 to 1e18", serial);
    if (ret->count == SCORES_MAX)
        return error_set(error, -EINVAL, "more than %d scores", SCORES_MAX);
    row.score = (uint64_t)llround(number);
    ret->row[ret->count++] = row;
    return 0;
}

static int take_scores(struct scores *ret, json_t *scores, struct mom_error *error)
{
    const char *serial;
    json_t *score;
    ret->count = 0;
    if (!json_is_object(scores))
        return error_set(error, -EINVAL, "no object \"scores\"");
    json_object_foreach(scores, serial, score)
    {
        int r = take_score(ret, serial, score, error);
        if (r < 0)
            return r;
    }
    qsort(ret->row, ret->count, sizeof *ret->row, by_serial);
    for (uint64_t i = 1; i < ret->count; i++) /* "7" and "07" */
        if (ret->row[i].serial == ret->row[i - 1].serial)
            return error_set(error, -EINVAL, "two scores for one slice");
    return 0;
}

int question_answer(const char *text, size_t length, struct scores *ret, struct mom_error *error)
{
    json_error_t why;
    json_t *answer = json_loadb(text, length, JSON_REJECT_DUPLICATES, &why);
    if (!answer)
        return error_set(error, -EINVAL, "%d:%d: %s", why.line, why.column, why.text);
    int r = take_scores(ret, json_object_get(answer, "scores"), error);
    json_decref(answer);
    return r;
}
