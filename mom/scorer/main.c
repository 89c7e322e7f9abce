/* mom-scorer: asks a program of somebody else's how bad the slices are, once a tick, and leaves its
 * newest valid answer for the governor. Started by momd as an unprivileged user while the policy
 * says score: outside. When it has nothing to say, or nothing new for long, the governor goes by
 * the policy's fallback. */
#include "mom/common/clock.h"
#include "mom/common/helper.h"
#include "mom/common/log.h"
#include "mom/common/options.h"
#include "mom/common/policy_source.h"
#include "mom/scorer/question.h"
#include "slices/base/file.h"
#include "slices/base/text.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { ANSWER_MAX = 1 << 20, NAP_USEC = 200000 };

struct scorer {
    const struct scorer_settings *settings;
    char path[PATH_MAX]; /* of the scores */
    struct live live;
    bool open;
    uint64_t ticks;  /* that were asked about */
    bool complained; /* since the last valid answer */
    struct scores scores;
    char answer[ANSWER_MAX + 1];
};

static int judge_end(
    const struct scorer *scorer, const struct helper_end *end, int out, struct mom_error *error)
{
    char words[160];
    if (!end->in_time)
        return error_set(error, -ETIMEDOUT, "it took longer than %.3g s",
            (double)scorer->settings->timeout_usec / 1e6);
    if (WIFSIGNALED(end->status))
        return error_set(error, -EIO, "signal %d", WTERMSIG(end->status));
    if (WEXITSTATUS(end->status) == 0)
        return 0;
    helper_words(out, words, sizeof words);
    return error_set(error, -EIO, "status %d: %s", WEXITSTATUS(end->status), words);
}

static int run(struct scorer *scorer, const char *question, struct mom_error *error)
{
    char program[sizeof scorer->settings->program];
    char *const arguments[] = {program, NULL};
    (void)text_copy(program, sizeof program, scorer->settings->program);
    struct helper_end end;
    int in = helper_file(question, strlen(question));
    int out = in < 0 ? in : helper_file("", 0);
    int r = out < 0 ? out : helper_run(arguments, in, out, scorer->settings->timeout_usec, &end);
    if (r < 0)
        error_errno(error, r, "it was not started");
    if (r == 0)
        r = judge_end(scorer, &end, out, error);
    ssize_t length = r == 0 ? file_pread(out, scorer->answer, sizeof scorer->answer) : 0;
    if (length < 0)
        r = error_errno(error, (int)length, "its answer");
    if (r == 0)
        r = question_answer(scorer->answer, (size_t)length, &scorer->scores, error);
    if (out >= 0)
        (void)close(out);
    if (in >= 0)
        (void)close(in);
    return r;
}

static int ask(struct scorer *scorer, const struct live_state *state, struct mom_error *error)
{
    char *question = question_text(&scorer->live, state);
    int r = question ? run(scorer, question, error) : error_errno(error, -ENOMEM, "the question");
    free(question);
    if (r < 0)
        return r;
    scorer->scores.magic = SCORES_MAGIC;
    scorer->scores.ticked_usec = state->ticked.boot_usec;
    r = scores_write(scorer->path, &scorer->scores);
    return r < 0 ? error_errno(error, r, "%s", scorer->path) : 0;
}

/* Said once, until it is well again. */
static void tell(struct scorer *scorer, int r, const struct mom_error *error)
{
    if (r < 0 && !scorer->complained)
        log_error("%s: %s", scorer->settings->program, error->text);
    else if (r == 0 && scorer->complained)
        log_info("%s answers again", scorer->settings->program);
    scorer->complained = r < 0;
}

/* The governor may be started again, and make another table. */
static bool look(struct scorer *scorer, const char *run_dir, struct live_state *ret)
{
    if (!scorer->open)
        scorer->open = live_open(&scorer->live, run_dir, NULL) == 0;
    if (!scorer->open || live_read_state(&scorer->live, ret) < 0)
        return false;
    if (ret->pid == 0) {
        live_close(&scorer->live);
        scorer->open = false;
    }
    return ret->pid != 0 && ret->ticks > 0 && ret->ticks != scorer->ticks;
}

/* At a reload it begins anew, which is no failure. */
static void leave(int number)
{
    (void)number;
    _exit(EXIT_SUCCESS);
}

int main(int argc, char **argv)
{
    struct options options;
    static struct scorer scorer;
    int status = options_parse(&options, argc, argv);
    if (status >= 0)
        return status;
    log_open("mom-scorer", options.verbose ? LOG_LEVEL_DEBUG : LOG_LEVEL_INFO);
    struct policy *policy;
    int r = policy_source_load(&options, policy_source_log, NULL, &policy, NULL);
    if (r < 0)
        return policy_source_exit(r);
    (void)signal(SIGTERM, leave);
    scorer.settings = &policy_globals(policy)->scorer;
    if (paths_join(scorer.path, sizeof scorer.path, options.paths.run_dir, SCORES_FILE) < 0)
        return EXIT_CANT_START;
    for (;;) {
        struct live_state state;
        struct mom_error error = {0};
        if (look(&scorer, options.paths.run_dir, &state)) {
            scorer.ticks = state.ticks;
            tell(&scorer, ask(&scorer, &state, &error), &error);
        }
        (void)usleep(NAP_USEC);
    }
}
