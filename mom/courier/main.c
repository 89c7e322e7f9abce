/* mom-courier: delivers the mails that are due, and ends. Started by momd as an unprivileged user
 * whenever the recorder says that mail waits. */
#include "db/outbox.h"
#include "mom/common/clock.h"
#include "mom/common/log.h"
#include "mom/common/options.h"
#include "mom/common/policy_source.h"
#include "mom/courier/directory.h"
#include "slices/base/text.h"

#include <stdlib.h>
#include <string.h>

enum { BATCH = 32 };
#define RETRY_LEAST_USEC (60 * USEC_PER_SEC)
#define GIVE_UP_USEC     (7 * 86400 * USEC_PER_SEC)
#define RETRY_MOST_USEC  (6 * 3600 * USEC_PER_SEC)

struct result {
    int64_t id, next_try_unix_usec;
    enum mail_state state;
    char error[256];
};

struct batch {
    char folder[PATH_MAX];
    int count;
    struct result result[BATCH];
};

/* The wait doubles with each try. */
static int64_t next_try(uint32_t tries)
{
    int64_t wait = RETRY_LEAST_USEC;
    for (uint32_t i = 0; i < tries && wait < RETRY_MOST_USEC; i++)
        wait *= 2;
    return clock_now().unix_usec + (wait < RETRY_MOST_USEC ? wait : RETRY_MOST_USEC);
}

static int deliver(void *context, const struct mail *mail)
{
    struct batch *batch = context;
    struct mom_error error = {0};
    char name[64];
    if (batch->count == BATCH)
        return 1;
    struct result *result = &batch->result[batch->count++];
    (void)text_format(name, sizeof name, "%lld-%lld",
        (long long)(mail->created_unix_usec / USEC_PER_SEC), (long long)mail->id);
    int r = directory_deliver(batch->folder, name, mail->bytes, mail->length, &error);
    bool old = clock_now().unix_usec - mail->created_unix_usec > GIVE_UP_USEC;
    *result = (struct result){.id = mail->id,
        .state = r == 0 ? MAIL_SENT
                 : old  ? MAIL_GIVEN_UP
                        : MAIL_WAITING};
    if (r < 0) {
        result->next_try_unix_usec = next_try(mail->tries);
        (void)text_copy(result->error, sizeof result->error, error.text);
        log_warning("mail %lld: %s%s", (long long)mail->id, error.text, old ? "; given up" : "");
    }
    return 0;
}

/* What came of each is written in one short transaction, after all deliveries: the recorder must
 * not wait for a transport. */
static int settle(struct db *db, const struct batch *batch, struct mom_error *error)
{
    int r = db_begin(db, error);
    for (int i = 0; r == 0 && i < batch->count; i++) {
        const struct result *result = &batch->result[i];
        r = outbox_settle(
            db, result->id, result->state, result->next_try_unix_usec, result->error, error);
    }
    if (r == 0)
        return db_commit(db, error);
    db_rollback(db);
    return r;
}

static int deliver_due(const struct options *options, struct batch *batch, struct mom_error *error)
{
    char path[PATH_MAX];
    struct db *db;
    if (paths_join(path, sizeof path, options->paths.state_dir, "mom.db") < 0)
        return error_set(error, -1, "the state dir's path is too long");
    int r = db_open(path, DB_WRITE, &db, error);
    if (r < 0)
        return r;
    r = outbox_due(db, clock_now().unix_usec, BATCH, deliver, batch, error);
    if (r >= 0)
        r = settle(db, batch, error);
    db_close(db);
    return r;
}

int main(int argc, char **argv)
{
    struct options options;
    int status = options_parse(&options, argc, argv);
    if (status >= 0)
        return status;
    log_open("mom-courier", options.verbose ? LOG_LEVEL_DEBUG : LOG_LEVEL_INFO);
    struct policy *policy;
    if (policy_source_load(&options, policy_source_log, NULL, &policy, NULL) < 0)
        return EXIT_BAD_CONFIG;
    static struct batch batch;
    const struct policy_globals *globals = policy_globals(policy);
    if (globals->mail_directory[0])
        (void)text_copy(batch.folder, sizeof batch.folder, globals->mail_directory);
    else if (paths_join(batch.folder, sizeof batch.folder, options.paths.state_dir, "mail") < 0)
        return EXIT_CANT_START;
    struct mom_error error = {0};
    int r = deliver_due(&options, &batch, &error);
    if (r < 0)
        log_error("%s", error.text);
    policy_free(policy);
    return r < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
