/* reset, reclaim, throttle, raise, freeze, move, hold, release, leaks --dismiss: orders to the
 * daemon. Whether they are allowed is the daemon's to say. */
#include "mom/cli/facts.h"
#include "mom/cli/moment.h"
#include "mom/cli/undo.h"
#include "mom/cli/verbs.h"
#include "mom/common/clock.h"
#include "mom/common/control.h"
#include "policy/file/values.h"
#include "slices/base/text.h"

#include <errno.h>
#include <inttypes.h>
#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

enum { ANSWER_WITHIN_SEC = 10 };

/* The daemon's refusals as exit codes. */
static int refused(const struct control_reply *reply)
{
    struct mom_error error = {0};
    if (reply->code == -ENOENT)
        return cli_say(CLI_NO_SLICE, "%s", *reply->text ? reply->text : "no such slice any more");
    if (*reply->text)
        (void)error_set(&error, reply->code, "%s", reply->text);
    else
        (void)error_errno(&error, reply->code, "the daemon refused");
    return cli_failed(&error);
}

/* `key`: whom it is about, as it is shown; NULL: all. */
static int order(struct cli *cli, struct control_request request, const char *key)
{
    struct control_reply reply;
    struct mom_error error = {0};
    const char *why = cli->option[OPTION_WHY];
    if (why && text_copy(request.why, sizeof request.why, why) < 0)
        return cli_say(CLI_USAGE, "the reason is longer than %zu bytes", sizeof request.why - 1);
    request.magic = CONTROL_MAGIC;
    int r = control_call(
        cli->paths.run_dir, &request, ANSWER_WITHIN_SEC * USEC_PER_SEC, &reply, &error);
    if (r == -ENOENT)
        return cli_say(CLI_NO_DAEMON, "no daemon runs");
    if (r < 0)
        return cli_failed(&error);
    if (reply.code < 0)
        return refused(&reply);
    const struct field fields[] = {
        {"slice", "Slice", cell_text(key)},
        {"decision", "Decision", reply.decision ? cell_count(reply.decision) : cell_absent()},
        {"text", "Answer", cell_text(*reply.text ? reply.text : "done")},
    };
    output_record(cli->output, "answer", fields, COUNT(fields));
    return CLI_OK;
}

/* A folder of a cgroup hierarchy: so those can name their slice to whom the live table is not
 * shown. */
static bool is_group_folder(const char *word, struct control_request *request)
{
    struct stat status;
    struct statfs system;
    if (*word != '/' || stat(word, &status) < 0 || !S_ISDIR(status.st_mode) ||
        statfs(word, &system) < 0 ||
        (system.f_type != CGROUP2_SUPER_MAGIC && system.f_type != CGROUP_SUPER_MAGIC))
        return false;
    request->mount = status.st_dev;
    request->inode = status.st_ino;
    return true;
}

static int order_for_slice(struct cli *cli, const char *word, struct control_request request)
{
    struct subject subject;
    if (is_group_folder(word, &request))
        return order(cli, request, word);
    int code = subject_of(cli, word, true, &subject);
    if (code != CLI_OK)
        return code;
    request.serial = subject.now.slice.serial;
    return order(cli, request, subject.key);
}

/* CLI_OK or CLI_USAGE. */
static int take_duration(const struct cli *cli, const char *verb, int64_t *ret_usec)
{
    struct mom_error error = {0};
    if (!cli->option[OPTION_FOR])
        return cli_say(CLI_USAGE, "%s needs --for=TIME, as in --for=2h", verb);
    if (duration_parse(cli->option[OPTION_FOR], ret_usec, &error) < 0)
        return cli_say(CLI_USAGE, "%s", error.text);
    return CLI_OK;
}

static int take_size(const struct cli *cli, uint64_t *ret_bytes)
{
    struct mom_error error = {0};
    if (value_parse(VALUE_SIZE, NULL, cli->operand[1], ret_bytes, sizeof *ret_bytes, &error) < 0)
        return cli_say(CLI_USAGE, "%s", error.text);
    return *ret_bytes > 0 ? CLI_OK : cli_say(CLI_USAGE, "a size of nothing");
}

/* An order that lasts. */
static int order_for_a_time(struct cli *cli, const char *word, struct control_request request)
{
    int code = take_duration(cli, word, &request.duration_usec);
    return code == CLI_OK ? order_for_slice(cli, cli->operand[0], request) : code;
}

int verb_reset(struct cli *cli)
{
    return order_for_slice(cli, cli->operand[0], (struct control_request){.verb = CONTROL_RESET});
}

int verb_reclaim(struct cli *cli)
{
    struct control_request request = {.verb = CONTROL_RECLAIM};
    int code = take_size(cli, &request.bytes);
    return code == CLI_OK ? order_for_slice(cli, cli->operand[0], request) : code;
}

static int order_a_size(struct cli *cli, const char *word, enum control_verb verb)
{
    struct control_request request = {.verb = verb};
    int code = take_size(cli, &request.bytes);
    return code == CLI_OK ? order_for_a_time(cli, word, request) : code;
}

int verb_throttle(struct cli *cli)
{
    return order_a_size(cli, "throttle", CONTROL_THROTTLE);
}

int verb_raise(struct cli *cli)
{
    return order_a_size(cli, "raise", CONTROL_RAISE);
}

int verb_freeze(struct cli *cli)
{
    return order_for_a_time(cli, "freeze", (struct control_request){.verb = CONTROL_FREEZE});
}

int verb_move(struct cli *cli)
{
    struct control_request request = {.verb = CONTROL_MOVE};
    if (cli->operand[1][0] != '/')
        return cli_say(
            CLI_USAGE, "`%s` is no group's path: it does not begin with /", cli->operand[1]);
    if (text_copy(request.to, sizeof request.to, cli->operand[1]) < 0)
        return cli_say(CLI_USAGE, "the path is longer than %zu bytes", sizeof request.to - 1);
    return order_for_a_time(cli, "move", request);
}

int verb_hold(struct cli *cli)
{
    return order_for_a_time(cli, "hold", (struct control_request){.verb = CONTROL_HOLD});
}

int leaks_dismiss(struct cli *cli)
{
    const char *why = cli->option[OPTION_WHY];
    if (!why || !*why)
        return cli_say(CLI_USAGE, "--dismiss needs --why=TEXT: whoever reads of it will ask");
    if (cli->option[OPTION_ALL])
        return cli_say(CLI_USAGE, "--dismiss is about one slice, --all about the list");
    return order_for_slice(
        cli, cli->option[OPTION_DISMISS], (struct control_request){.verb = CONTROL_DISMISS});
}

/* A daemon that answers releases its holds itself; where none runs, what it left behind is undone
 * by hand. */
static int release_all(struct cli *cli)
{
    const struct control_request ping = {.magic = CONTROL_MAGIC, .verb = CONTROL_PING};
    struct control_reply reply;
    int r = control_call(cli->paths.run_dir, &ping, ANSWER_WITHIN_SEC * USEC_PER_SEC, &reply, NULL);
    return r == 0 ? order(cli, (struct control_request){.verb = CONTROL_RELEASE}, NULL)
                  : undo_by_hand(cli);
}

int verb_release(struct cli *cli)
{
    bool all = cli->option[OPTION_ALL] != NULL, by_hand = cli->option[OPTION_BY_HAND] != NULL;
    if (all == (cli->operands == 1))
        return cli_say(CLI_USAGE, "release needs either a slice or --all");
    if (by_hand && !all)
        return cli_say(CLI_USAGE, "--by-hand undoes everything: it needs --all");
    if (by_hand)
        return undo_by_hand(cli);
    return all ? release_all(cli)
               : order_for_slice(
                     cli, cli->operand[0], (struct control_request){.verb = CONTROL_RELEASE});
}
