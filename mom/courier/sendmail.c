#include "mom/courier/sendmail.h"

#include "mom/common/helper.h"
#include "slices/base/text.h"

#include <string.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <unistd.h>

/* Which of sysexits.h's are about the mail or its recipient, and final. */
static bool is_final(int status)
{
    return status == EX_USAGE || status == EX_DATAERR || status == EX_NOUSER || status == EX_NOHOST;
}

static void judge(int status, bool in_time, const char *words, struct attempt *attempt)
{
    bool done = in_time && WIFEXITED(status) && WEXITSTATUS(status) == EX_OK;
    bool final = in_time && WIFEXITED(status) && is_final(WEXITSTATUS(status));
    attempt->verdict = done ? VERDICT_DELIVERED : final ? VERDICT_REFUSED : VERDICT_DEFERRED;
    if (done)
        attempt->why[0] = '\0';
    else if (!in_time)
        (void)text_format(attempt->why, sizeof attempt->why, "sendmail took too long");
    else if (WIFSIGNALED(status))
        (void)text_format(
            attempt->why, sizeof attempt->why, "sendmail: signal %d", WTERMSIG(status));
    else
        (void)text_format(attempt->why, sizeof attempt->why, "sendmail: status %d: %s",
            WEXITSTATUS(status), words);
}

static int run(const struct mail_settings *settings, const struct letter *letter,
    const char *recipient, struct attempt *attempt)
{
    char program[sizeof settings->sendmail], from[sizeof settings->return_path], to[256],
        words[160];
    char dots[] = "-oi", sender[] = "-f", options_end[] = "--";
    char *const arguments[] = {program, dots, sender, from, options_end, to, NULL};
    (void)text_copy(program, sizeof program, settings->sendmail);
    (void)text_copy(from, sizeof from, settings->return_path[0] ? settings->return_path : "<>");
    (void)text_copy(to, sizeof to, recipient);
    struct helper_end end;
    int in = helper_file(letter->bytes, letter->length);
    int out = in < 0 ? in : helper_file("", 0);
    int r = out < 0 ? out : helper_run(arguments, in, out, settings->timeout_usec, &end);
    if (r == 0) {
        helper_words(out, words, sizeof words);
        judge(end.status, end.in_time, words, attempt);
    }
    if (out >= 0)
        (void)close(out);
    if (in >= 0)
        (void)close(in);
    return r;
}

void sendmail_deliver(
    const struct mail_settings *settings, const struct letter *letter, struct attempt *attempt)
{
    for (uint32_t i = 0; i < letter->recipients; i++) {
        int r = run(settings, letter, letter->recipient[i], &attempt[i]);
        if (r == 0)
            continue;
        attempt[i].verdict = VERDICT_DEFERRED;
        (void)text_format(attempt[i].why, sizeof attempt[i].why, "%s: %s", settings->sendmail,
            strerrordesc_np(-r));
    }
}
