#include "mom/common/control.h"
#include "tests/unit/folder.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

enum { SECOND_USEC = 1000000 };

static pid_t server;

static int begin(void **state)
{
    server = 0;
    return folder_make(state);
}

static int end(void **state)
{
    if (server > 0) {
        (void)kill(server, SIGKILL);
        (void)waitpid(server, NULL, 0);
    }
    return folder_remove(state);
}

static struct control_request take_request(int client)
{
    struct control_request request = {0};
    (void)!recv(client, &request, sizeof request, 0);
    return request;
}

/* Serves one connection for each letter, then none: 't' throws it out unread, 'n' reads and says
 * nothing, 's' keeps it waiting, 'a' answers with the number of requests that it has read. */
static void serve(int listener, const char *manners)
{
    uint64_t read = 0;
    for (; *manners; manners++) {
        int client = accept(listener, NULL, NULL);
        if (*manners == 's')
            continue;
        if (*manners != 't')
            read += take_request(client).verb == CONTROL_PING;
        const struct control_reply reply = {.magic = CONTROL_MAGIC, .decision = read};
        if (*manners == 'a')
            (void)!send(client, &reply, sizeof reply, MSG_NOSIGNAL);
        (void)close(client);
    }
    for (;;)
        (void)pause();
}

static void start_server(const char *manners)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    (void)snprintf(address.sun_path, sizeof address.sun_path, "%s/%s", folder, CONTROL_SOCKET);
    int listener = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
    assert_true(listener >= 0);
    assert_int_equal(bind(listener, (const struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(listen(listener, 4), 0);
    (void)fflush(stdout);
    server = fork();
    assert_true(server >= 0);
    if (server == 0) {
        (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
        serve(listener, manners);
    }
    (void)close(listener);
}

static int ask(int64_t timeout_usec, struct control_reply *ret)
{
    const struct control_request ping = {.magic = CONTROL_MAGIC, .verb = CONTROL_PING};
    return control_call(folder, &ping, timeout_usec, ret, NULL);
}

static void whoever_is_thrown_out_unread_asks_again(void **state)
{
    (void)state;
    struct control_reply reply;
    start_server("tttttta");
    assert_int_equal(ask(60ll * SECOND_USEC, &reply), 0);
    assert_int_equal(reply.decision, 1);
}

static void what_was_read_is_not_asked_again(void **state)
{
    (void)state;
    struct control_reply reply;
    start_server("na");
    assert_int_equal(ask(60ll * SECOND_USEC, &reply), -EPROTO);
    assert_int_equal(ask(60ll * SECOND_USEC, &reply), 0);
    assert_int_equal(reply.decision, 2);
}

static void nobody_is_waited_for_longer_than_agreed(void **state)
{
    (void)state;
    struct control_reply reply;
    start_server("s");
    assert_int_equal(ask(SECOND_USEC / 10, &reply), -ETIMEDOUT);
}

static void no_daemon_is_told(void **state)
{
    (void)state;
    struct control_reply reply;
    assert_int_equal(ask(SECOND_USEC, &reply), -ENOENT);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(whoever_is_thrown_out_unread_asks_again),
        TEST(what_was_read_is_not_asked_again),
        TEST(nobody_is_waited_for_longer_than_agreed),
        TEST(no_daemon_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
