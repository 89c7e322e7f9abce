/* What an outside scorer says (the first byte is even), and the file that the governor reads it
 * from. What is taken must be in order, so that it can be found. */
#include "mom/scorer/question.h"
#include "tests/fuzz/fuzz.h"

#include <stdlib.h>
#include <string.h>

static void must_be_findable(const struct scores *scores)
{
    fuzz_must(scores->count <= SCORES_MAX, "no more than fit");
    for (uint64_t i = 0; i < scores->count; i++) {
        uint64_t score;
        fuzz_must(
            scores_find(scores, scores->row[i].serial, &score) && score == scores->row[i].score,
            "each is found");
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct scores scores;
    struct fuzz_input input = {data, size};
    bool is_answer = fuzz_byte(&input) % 2 == 0;
    size_t length = input.size;
    char *text = fuzz_text(&input), path[512];
    struct mom_error error = {0};
    if (is_answer) {
        if (question_answer(text, length, &scores, &error) == 0)
            must_be_findable(&scores);
        else
            fuzz_must(error.text[0] != '\0', "a refusal has words");
    } else {
        fuzz_write("scores", text, length);
        (void)strcpy(stpcpy(path, fuzz_folder()), "/scores");
        if (scores_read(path, &scores) == 0)
            must_be_findable(&scores);
    }
    free(text);
    return 0;
}
