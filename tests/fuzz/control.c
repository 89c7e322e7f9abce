/* What comes in on the control socket, from anybody on the machine: the socket, its thread and the
 * permissions are the governor's own; its other threads are played here. Input: a byte that says
 * who asks, then the record, of any size; with bit 0 its first word is made right. */
#include "mom/common/control.h"
#include "mom/common/log.h"
#include "mom/governor/requests.h"
#include "tests/fuzz/fuzz.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { RIGHT_MAGIC = 1, RECORD_MOST = 1024 };

static struct options options;
static struct requests *requests;
static struct sockaddr_un address = {.sun_family = AF_UNIX};
static int wake_fd;

static void check_request(const struct control_request *request, const struct asker *asker)
{
    fuzz_must(request->magic == CONTROL_MAGIC, "what is passed on is a request");
    fuzz_must(request->verb < CONTROL_VERBS, "its verb is one");
    fuzz_must(memchr(request->why, '\0', sizeof request->why) != NULL, "its reason is a string");
    fuzz_must(asker->uid == getuid(), "it is the kernel that says who asks");
    (void)permission_granted(asker, request->verb, NULL);
}

static void *answer(void *argument)
{
    struct control_request request;
    struct asker asker;
    struct pollfd wake = {.fd = wake_fd, .events = POLLIN};
    uint64_t count;
    while (poll(&wake, 1, -1) >= 0) {
        (void)!read(wake_fd, &count, sizeof count);
        if (requests_take(requests, &request, &asker)) {
            check_request(&request, &asker);
            const struct control_reply reply = {.decision = 1 + request.serial};
            requests_answer(requests, &reply);
        }
        policy_free(requests_policy(requests));
    }
    return argument;
}

static void begin(void)
{
    pthread_t thread;
    log_open("fuzz_control", LOG_LEVEL_ERROR); /* root may load policies: that is told each time */
    fuzz_write("policy.yaml", "tick: 1s\n", 9);
    (void)snprintf(options.paths.run_dir, sizeof options.paths.run_dir, "%s", fuzz_folder());
    (void)snprintf(
        options.policy_file, sizeof options.policy_file, "%s/policy.yaml", fuzz_folder());
    (void)snprintf(address.sun_path, sizeof address.sun_path, "%s/" CONTROL_SOCKET, fuzz_folder());
    wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    fuzz_must(requests_open(&options, getgid(), wake_fd, &requests, NULL) == 0, "the socket");
    fuzz_must(pthread_create(&thread, NULL, answer, NULL) == 0, "a thread");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_input input = {data, size};
    struct control_reply reply;
    char record[RECORD_MOST];
    if (!requests)
        begin();
    uint8_t how = fuzz_byte(&input);
    size_t length = input.size < sizeof record ? input.size : sizeof record;
    fuzz_take(&input, record, length);
    const uint32_t magic = CONTROL_MAGIC;
    if ((how & RIGHT_MAGIC) && length >= sizeof magic)
        memcpy(record, &magic, sizeof magic);
    int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
    fuzz_must(fd >= 0 && connect(fd, (const struct sockaddr *)&address, sizeof address) == 0,
        "whoever comes is let in");
    fuzz_must(send(fd, record, length, MSG_NOSIGNAL) == (ssize_t)length, "and may speak");
    ssize_t n = TEMP_FAILURE_RETRY(recv(fd, &reply, sizeof reply, 0)); /* libFuzzer has a timer */
    if (length > 0) { /* an empty record is a hanging up */
        fuzz_must(n == sizeof reply && reply.magic == CONTROL_MAGIC, "who speaks is answered");
        fuzz_must(memchr(reply.text, '\0', sizeof reply.text) != NULL, "with a string");
        fuzz_must(length == sizeof(struct control_request) || reply.code < 0,
            "and refused for a wrong size");
    }
    fuzz_must(length == 0 || TEMP_FAILURE_RETRY(recv(fd, &reply, sizeof reply, 0)) == 0,
        "one record each way");
    (void)close(fd);
    return 0;
}
