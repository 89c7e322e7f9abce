#include "policy/file/values.h"
#include "slices/base/text.h"
#include "tests/scenarios/scenario.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TEXT_MAX = 1 << 20, STATEMENTS_MAX = 4096 };

void complain(struct words_left *words, const char *format, ...)
{
    if (words->failed)
        return;
    words->failed = true;
    (void)fprintf(stderr, "%s:%u: ", words->scenario->file, words->statement->line);
    va_list arguments;
    va_start(arguments, format);
    (void)vfprintf(stderr, format, arguments);
    va_end(arguments);
    (void)putc('\n', stderr);
}

const char *take_word(struct words_left *words, const char *what)
{
    if (words->next < words->statement->count)
        return words->statement->word[words->next++];
    complain(words, "%s is missing at the end", what);
    return "";
}

bool take_keyword(struct words_left *words, const char *keyword)
{
    bool there = words->next < words->statement->count &&
                 strcmp(words->statement->word[words->next], keyword) == 0;
    words->next += there;
    return there;
}

static void take_value(
    struct words_left *words, enum value_type type, const char *text, void *dst, size_t size)
{
    struct mom_error error = {0};
    if (!words->failed && value_parse(type, NULL, text, dst, size, &error) < 0)
        complain(words, "%s", error.text);
}

int64_t take_duration(struct words_left *words)
{
    int64_t usec = 0;
    take_value(words, VALUE_DURATION, take_word(words, "a duration"), &usec, sizeof usec);
    return usec;
}

double take_size(struct words_left *words)
{
    uint64_t bytes = 0;
    take_value(words, VALUE_SIZE, take_word(words, "a size"), &bytes, sizeof bytes);
    return (double)bytes;
}

double take_rate(struct words_left *words)
{
    static const struct {
        const char *name;
        double sec;
    } units[] = {{"/s", 1}, {"/min", 60}, {"/h", 3600}, {"/d", 86400}};
    char size[32];
    const char *text = take_word(words, "a rate");
    size_t length = strcspn(text, "/");
    (void)text_format(size, sizeof size, "%.*s", (int)length, text);
    uint64_t bytes = 0;
    take_value(words, VALUE_SIZE, size, &bytes, sizeof bytes);
    for (size_t i = 0; i < sizeof units / sizeof *units; i++)
        if (strcmp(text + length, units[i].name) == 0)
            return (double)bytes / units[i].sec;
    complain(words, "'%s' is no rate: SIZE/s, SIZE/min, SIZE/h or SIZE/d", text);
    return 0;
}

double take_percentage(struct words_left *words)
{
    double percentage = 0;
    take_value(
        words, VALUE_PERCENTAGE, take_word(words, "a percentage"), &percentage, sizeof percentage);
    return percentage;
}

uint64_t take_count(struct words_left *words)
{
    const char *text = take_word(words, "a number");
    uint64_t count = 0;
    if (!words->failed && text_whole_u64(text, &count) < 0)
        complain(words, "'%s' is no number", text);
    return count;
}

/* A blank in a name is a '-' here. */
static bool is_name(const char *word, const char *name)
{
    while (*word && (*word == *name || (*word == '-' && *name == ' ')))
        word++, name++;
    return *word == *name;
}

unsigned take_choice(
    struct words_left *words, const char *const *names, unsigned count, const char *what)
{
    const char *word = take_word(words, what);
    for (unsigned i = 0; i < count; i++)
        if (is_name(word, names[i]))
            return i;
    complain(words, "'%s' is no %s", word, what);
    return 0;
}

void take_end(struct words_left *words)
{
    if (words->next < words->statement->count)
        complain(words, "'%s' is not understood", words->statement->word[words->next]);
}

/* Splits the line in place. Returns false: too many words. */
static bool split(char *line, struct statement *statement)
{
    for (char *word = strtok(line, " \t\r"); word && word[0] != '#'; word = strtok(NULL, " \t\r")) {
        if (statement->count == WORDS_MAX)
            return false;
        statement->word[statement->count++] = word;
    }
    return true;
}

/* `at TIME`, and perhaps `every PERIOD`, in front of a statement. */
static bool take_time(const struct scenario *scenario, struct statement *statement)
{
    struct words_left words = {.scenario = scenario, .statement = statement};
    if (!take_keyword(&words, "at"))
        return true;
    statement->at_usec = take_duration(&words);
    if (take_keyword(&words, "every"))
        statement->every_usec = take_duration(&words);
    if (!words.failed && words.next == statement->count)
        complain(&words, "what happens then?");
    statement->count -= words.next;
    memmove(
        statement->word, statement->word + words.next, statement->count * sizeof *statement->word);
    return !words.failed;
}

/* Lines that are indented below `policy:` are the policy's. They stay where they are, so that its
 * messages name lines of this file. */
static char *policy_block(struct scenario *scenario, const char *begin, char *line)
{
    char *end = line;
    while (*end == ' ' || *end == '\n' || *end == '#')
        end += strcspn(end, "\n") + (end[strcspn(end, "\n")] == '\n');
    scenario->policy_length = (size_t)(end - begin);
    scenario->policy = malloc(scenario->policy_length + 1);
    if (!scenario->policy)
        return end;
    for (const char *c = begin; c < end; c++)
        scenario->policy[c - begin] = c < line && *c != '\n' ? ' ' : *c;
    scenario->policy[scenario->policy_length] = '\0';
    return end;
}

static unsigned lines_between(const char *from, const char *to)
{
    unsigned lines = 0;
    for (; from < to; from++)
        lines += *from == '\n';
    return lines;
}

static int read_statements(struct scenario *scenario)
{
    char *untouched = strdup(scenario->text), *line = scenario->text;
    unsigned number = 1;
    int r = untouched ? 0 : -ENOMEM;
    while (r == 0 && *line) {
        size_t length = strcspn(line, "\n");
        char *next = line + length + (line[length] == '\n');
        if (strncmp(line, "policy:", 7) == 0 && !scenario->policy) {
            char *end = policy_block(scenario, untouched, untouched + (next - scenario->text));
            next = scenario->text + (end - untouched);
        } else {
            line[length] = '\0';
            struct statement statement = {.line = number};
            if (scenario->count == STATEMENTS_MAX || !split(line, &statement)) {
                (void)fprintf(stderr, "%s:%u: too long\n", scenario->file, number);
                r = -EINVAL;
            } else if (!take_time(scenario, &statement)) {
                r = -EINVAL;
            } else if (statement.count > 0) {
                scenario->statements[scenario->count++] = statement;
            }
        }
        number +=
            lines_between(untouched + (line - scenario->text), untouched + (next - scenario->text));
        line = next;
    }
    free(untouched);
    return r;
}

static int64_t end_usec(const struct scenario *scenario)
{
    int64_t usec = 0;
    for (uint32_t i = 0; i < scenario->count; i++) {
        struct words_left words = {.scenario = scenario, .statement = &scenario->statements[i]};
        if (take_keyword(&words, "run"))
            usec = take_duration(&words);
    }
    return usec;
}

/* What happens every so often happens until the end. */
static int repeat_statements(struct scenario *scenario)
{
    int64_t end = end_usec(scenario);
    for (uint32_t i = 0, once = scenario->count; i < once; i++) {
        struct statement again = scenario->statements[i];
        while (again.every_usec > 0 && (again.at_usec += again.every_usec) < end) {
            if (scenario->count == STATEMENTS_MAX) {
                (void)fprintf(stderr, "%s:%u: too often\n", scenario->file, again.line);
                return -EINVAL;
            }
            scenario->statements[scenario->count++] = again;
        }
    }
    return 0;
}

static int by_time(const void *a, const void *b)
{
    const struct statement *first = a, *second = b;
    if (first->at_usec != second->at_usec)
        return first->at_usec < second->at_usec ? -1 : 1;
    return first->line < second->line ? -1 : first->line > second->line;
}

int scenario_read(const char *file, struct scenario *ret)
{
    struct scenario scenario = {.file = file};
    FILE *in = fopen(file, "re");
    scenario.text = calloc(1, TEXT_MAX + 1);
    scenario.statements = calloc(STATEMENTS_MAX, sizeof *scenario.statements);
    int r = in && scenario.text && scenario.statements ? 0 : -EINVAL;
    if (r < 0)
        (void)fprintf(stderr, "%s: %s\n", file, strerror(errno));
    if (r == 0) {
        size_t length = fread(scenario.text, 1, TEXT_MAX, in);
        if (ferror(in) || memchr(scenario.text, '\0', length)) {
            (void)fprintf(stderr, "%s: not a text\n", file);
            r = -EINVAL;
        }
    }
    if (in)
        (void)fclose(in);
    if (r == 0)
        r = read_statements(&scenario);
    if (r == 0)
        r = repeat_statements(&scenario);
    if (r < 0) {
        scenario_free(&scenario);
        return r;
    }
    qsort(scenario.statements, scenario.count, sizeof *scenario.statements, by_time);
    *ret = scenario;
    return 0;
}

void scenario_free(struct scenario *scenario)
{
    free(scenario->text);
    free(scenario->statements);
    free(scenario->policy);
}
