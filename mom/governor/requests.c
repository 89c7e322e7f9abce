#include "mom/governor/requests.h"

#include "mom/common/clock.h"
#include "mom/common/log.h"
#include "mom/common/policy_source.h"
#include "slices/base/text.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

enum { ANSWER_WITHIN_SEC = 5, BACKLOG = 64, CLIENTS = 64, NAP_MSEC = 100 };

/* Where the one request that is under way stands. */
enum stage { STAGE_IDLE, STAGE_ASKED, STAGE_TAKEN, STAGE_ANSWERED };

/* Who has connected. */
struct client {
    int fd; /* -1: a free place */
    struct asker asker;
    uint64_t number; /* in the order of coming */
};

struct requests {
    const struct options *options;
    gid_t group;
    pthread_t thread;
    int socket_fd, poke_fd, wake_fd;
    atomic_bool stop, reload;

    struct client client[CLIENTS]; /* for the control thread alone */
    uint64_t came;                 /* how many have connected */

    pthread_mutex_t lock; /* of the four below; held for copies only */
    enum stage stage;
    struct control_request request;
    struct control_reply reply;
    struct asker asker;
    sem_t answered;

    _Atomic(struct policy *) policy;
};

/* What can't be done now is tried again, but not at once. */
static void nap(void)
{
    (void)poll(NULL, 0, NAP_MSEC);
}

static void load_policy(struct requests *requests)
{
    struct policy *policy;
    char name[PATH_MAX];
    if (policy_source_load(requests->options, policy_source_log, NULL, &policy, name) < 0) {
        log_error("%s is invalid: the old policy stays in force", name);
        return;
    }
    log_notice("policy loaded anew from %s", name);
    policy_free(atomic_exchange(&requests->policy, policy)); /* one that nobody has fetched */
    (void)eventfd_write(requests->wake_fd, 1);
}

static struct control_reply refuse(int code, const char *text)
{
    struct control_reply reply = {.magic = CONTROL_MAGIC, .code = code};
    (void)text_copy(reply.text, sizeof reply.text, text);
    return reply;
}

/* Passes the request to the governor's thread and waits for its word. */
static struct control_reply ask(
    struct requests *requests, const struct control_request *request, const struct asker *asker)
{
    (void)pthread_mutex_lock(&requests->lock);
    requests->stage = STAGE_ASKED;
    requests->request = *request;
    requests->asker = *asker;
    (void)pthread_mutex_unlock(&requests->lock);
    while (sem_trywait(&requests->answered) == 0)
        ; /* an answer that came too late for an earlier request */
    (void)eventfd_write(requests->wake_fd, 1);
    struct timespec until;
    (void)clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += ANSWER_WITHIN_SEC;
    while (sem_clockwait(&requests->answered, CLOCK_MONOTONIC, &until) < 0 && errno == EINTR)
        ;
    (void)pthread_mutex_lock(&requests->lock);
    struct control_reply reply = requests->stage == STAGE_ANSWERED
                                     ? requests->reply
                                     : refuse(-EBUSY, "the governor does not answer");
    requests->stage = STAGE_IDLE;
    (void)pthread_mutex_unlock(&requests->lock);
    return reply;
}

static struct control_reply handle(
    struct requests *requests, struct control_request *request, const struct asker *asker)
{
    if (request->magic != CONTROL_MAGIC || request->verb >= CONTROL_VERBS)
        return refuse(-EPROTO, "not a request of this version");
    request->why[sizeof request->why - 1] = request->to[sizeof request->to - 1] = '\0';
    return ask(requests, request, asker);
}

/* One record each way. Never waits: the socket is non-blocking, and an answer always fits. */
static void serve(struct requests *requests, const struct client *client)
{
    struct control_request request;
    ssize_t n = recv(client->fd, &request, sizeof request, MSG_TRUNC);
    if (n <= 0)
        return;
    struct control_reply reply = n == sizeof request
                                     ? handle(requests, &request, &client->asker)
                                     : refuse(-EPROTO, "a record of the wrong size");
    (void)send(client->fd, &reply, sizeof reply, MSG_NOSIGNAL);
}

static void drop(struct client *client)
{
    if (client->fd >= 0)
        (void)close(client->fd);
    client->fd = -1;
}

static unsigned places_of(const struct requests *requests, uid_t uid)
{
    unsigned count = 0;
    for (int i = 0; i < CLIENTS; i++)
        count += requests->client[i].fd >= 0 && requests->client[i].asker.uid == uid;
    return count;
}

/* A free place, else that of whoever came first among the connections of the user who has most: no
 * crowd of one user's can keep another out. */
static struct client *find_place(struct requests *requests, uid_t newcomer)
{
    struct client *chosen = requests->client;
    unsigned most = 0;
    for (struct client *client = requests->client; client < requests->client + CLIENTS; client++) {
        if (client->fd < 0)
            return client;
        unsigned places = places_of(requests, client->asker.uid) + (client->asker.uid == newcomer);
        if (places > most || (places == most && client->number < chosen->number)) {
            most = places;
            chosen = client;
        }
    }
    return chosen;
}

/* Whoever connects and says nothing keeps nobody waiting. Who must make room has a last chance to
 * have said something. */
static void let_in(struct requests *requests)
{
    struct asker asker;
    int fd = accept4(requests->socket_fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (fd < 0 && errno != EAGAIN && errno != EINTR && errno != ECONNABORTED)
        nap(); /* no descriptor, no memory: whoever waits outside would wake us at once */
    if (fd < 0)
        return;
    if (asker_of(fd, requests->group, &asker) < 0) {
        (void)close(fd);
        return;
    }
    struct client *place = find_place(requests, asker.uid);
    if (place->fd >= 0)
        serve(requests, place);
    drop(place);
    *place = (struct client){fd, asker, requests->came++};
}

static void *run(void *argument)
{
    enum { SOCKET, POKE, FIRST_CLIENT };
    struct requests *requests = argument;
    while (!atomic_load(&requests->stop)) {
        struct pollfd fds[FIRST_CLIENT + CLIENTS] = {
            [SOCKET] = {.fd = requests->socket_fd, .events = POLLIN},
            [POKE] = {.fd = requests->poke_fd, .events = POLLIN}};
        for (int i = 0; i < CLIENTS; i++)
            fds[FIRST_CLIENT + i] = (struct pollfd){.fd = requests->client[i].fd, .events = POLLIN};
        if (poll(fds, FIRST_CLIENT + CLIENTS, -1) < 0) {
            if (errno != EINTR)
                nap();
            continue;
        }
        uint64_t count;
        if (fds[POKE].revents)
            (void)!read(requests->poke_fd, &count, sizeof count);
        if (atomic_exchange(&requests->reload, false))
            load_policy(requests);
        for (int i = 0; i < CLIENTS; i++)
            if (fds[FIRST_CLIENT + i].revents) {
                serve(requests, &requests->client[i]);
                drop(&requests->client[i]);
            }
        if (fds[SOCKET].revents)
            let_in(requests);
    }
    return NULL;
}

static int listen_at(const struct options *options, struct mom_error *error)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (text_format(address.sun_path, sizeof address.sun_path, "%s/%s", options->paths.run_dir,
            CONTROL_SOCKET) < 0)
        return error_errno(error, -ENAMETOOLONG, "%s/%s", options->paths.run_dir, CONTROL_SOCKET);
    int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return error_errno(error, -errno, "socket");
    (void)unlink(address.sun_path);
    if (bind(fd, (const struct sockaddr *)&address, sizeof address) < 0 ||
        chmod(address.sun_path, 0666) < 0 || listen(fd, BACKLOG) < 0) {
        int r = error_errno(error, -errno, "%s", address.sun_path);
        (void)close(fd);
        return r;
    }
    return fd;
}

int requests_open(const struct options *options, gid_t group, int wake_fd, struct requests **ret,
    struct mom_error *error)
{
    struct requests *requests = calloc(1, sizeof *requests);
    if (!requests)
        return error_errno(error, -ENOMEM, "the control thread");
    requests->options = options;
    requests->group = group;
    requests->wake_fd = wake_fd;
    for (int i = 0; i < CLIENTS; i++)
        requests->client[i].fd = -1;
    (void)pthread_mutex_init(&requests->lock, NULL);
    (void)sem_init(&requests->answered, 0, 0);
    requests->poke_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    requests->socket_fd = listen_at(options, error);
    int r = requests->socket_fd < 0 ? requests->socket_fd : 0;
    if (r == 0) {
        r = -pthread_create(&requests->thread, NULL, run, requests);
        if (r < 0)
            error_errno(error, r, "the control thread");
    }
    if (r < 0)
        free(requests);
    else
        *ret = requests;
    return r;
}

void requests_close(struct requests *requests)
{
    atomic_store(&requests->stop, true);
    (void)eventfd_write(requests->poke_fd, 1);
    (void)sem_post(&requests->answered);
    (void)pthread_join(requests->thread, NULL);
    char path[PATH_MAX];
    if (paths_join(path, sizeof path, requests->options->paths.run_dir, CONTROL_SOCKET) == 0)
        (void)unlink(path);
    for (int i = 0; i < CLIENTS; i++)
        drop(&requests->client[i]);
    (void)close(requests->socket_fd);
    (void)close(requests->poke_fd);
    (void)pthread_mutex_destroy(&requests->lock);
    (void)sem_destroy(&requests->answered);
    policy_free(atomic_load(&requests->policy));
    free(requests);
}

bool requests_take(struct requests *requests, struct control_request *ret, struct asker *ret_asker)
{
    (void)pthread_mutex_lock(&requests->lock);
    bool waits = requests->stage == STAGE_ASKED;
    if (waits) {
        requests->stage = STAGE_TAKEN;
        *ret = requests->request;
        *ret_asker = requests->asker;
    }
    (void)pthread_mutex_unlock(&requests->lock);
    return waits;
}

void requests_answer(struct requests *requests, const struct control_reply *reply)
{
    (void)pthread_mutex_lock(&requests->lock);
    if (requests->stage == STAGE_TAKEN) { /* else it has given up waiting */
        requests->reply = *reply;
        requests->reply.magic = CONTROL_MAGIC;
        requests->stage = STAGE_ANSWERED;
    }
    (void)pthread_mutex_unlock(&requests->lock);
    (void)sem_post(&requests->answered);
}

void requests_reload(struct requests *requests)
{
    atomic_store(&requests->reload, true);
    (void)eventfd_write(requests->poke_fd, 1);
}

struct policy *requests_policy(struct requests *requests)
{
    return atomic_exchange(&requests->policy, NULL);
}
