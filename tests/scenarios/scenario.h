/* A scenario: a node, slices and what happens to them in virtual time; what is expected of mom by
 * when, and what must not happen to whom. README.md has the language.
 *
 *   read.c    text > statements, each with its line and time
 *   statements.c  what each does to the world
 *   play.c    statements and the clock > world > course (the pure policy code) > a log
 *   judge.c   the log against what was expected
 *   story.c   the log, for people */
#ifndef TESTS_SCENARIOS_SCENARIO_H
#define TESTS_SCENARIOS_SCENARIO_H

#include "policy/course/course.h"
#include "tests/scenarios/world.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#define WORDS_MAX 24

struct statement {
    unsigned line;
    int64_t at_usec;    /* 0 without `at` */
    int64_t every_usec; /* again and again; 0: once */
    unsigned count;
    char *word[WORDS_MAX]; /* into the text */
};

struct scenario {
    const char *file;
    char *text;
    struct statement *statements; /* in order of their times, then of their lines */
    uint32_t count;
    char *policy; /* text of a policy block, its lines where they are in the file; NULL: none */
    size_t policy_length;
};

/* 0; -EINVAL: said on stderr, with file and line. */
int scenario_read(const char *file, struct scenario *ret);
void scenario_free(struct scenario *scenario);

/* Takes words off a statement, one after the other. What does not fit is said once, and `failed`.
 */
struct words_left {
    const struct scenario *scenario;
    const struct statement *statement;
    unsigned next;
    bool failed;
};
void complain(struct words_left *words, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
const char *take_word(struct words_left *words, const char *what);
bool take_keyword(struct words_left *words, const char *keyword); /* false: another word, or none */
int64_t take_duration(struct words_left *words);
double take_size(struct words_left *words);
double take_rate(struct words_left *words);       /* SIZE/s, /min, /h or /d: bytes a second */
double take_percentage(struct words_left *words); /* per cent */
uint64_t take_count(struct words_left *words);
unsigned take_choice(
    struct words_left *words, const char *const *names, unsigned count, const char *what);
void take_end(struct words_left *words);

/* One thing that happened. */
enum happening { HAPPENED_DECISION, HAPPENED_OUTCOME, HAPPENED_VERDICT, HAPPENED_KERNEL_KILL };
struct event {
    enum happening what;
    int64_t t_usec;
    char name[SLICE_NAME_MAX]; /* of the slice; "": nobody */
    struct decision *decision; /* of HAPPENED_DECISION; the log's, they are large */
    enum action_result result;
    enum leak_verdict verdict;
    enum leak_shape shape;
};

struct log {
    struct event *events;
    uint32_t count, room;
    /* The least that was available on the node, and when; for how long it was less than where the
     * rules begin that reset. */
    double memory, available, short_below;
    int64_t available_usec, short_usec;
};
void log_free(struct log *log);

/* Plays it to its end. 0; -EINVAL: a statement can't be carried out, or an order was not as it was
 * expected, said on stderr. */
int scenario_play(const struct scenario *scenario, struct log *log);

/* How many expectations were not met, each said on stderr with the evidence of what was decided. */
unsigned scenario_judge(const struct scenario *scenario, const struct log *log);

/* On stdout: whatever was done or said, a line each, and how near the node came to its end. */
void story_tell(const struct log *log);
void story_available(FILE *out, const struct log *log);

/* Is this statement for the judge? For the player to pass over. */
bool is_expectation(const struct statement *statement);

/* "1h2min3.5s", or from two days on "3d2h1min". Static. */
const char *show_time(int64_t usec);

#endif
