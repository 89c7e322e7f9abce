#include "mom/report/digest.h"

#include "mom/common/clock.h"
#include "mom/recorder/recorder.h"
#include "slices/base/text.h"

#include <string.h>

struct collection {
    struct digest *digest;
    int64_t newest_id;
};

static int collect(void *context, const struct mail *mail)
{
    struct collection *collection = context;
    struct digest *digest = collection->digest;
    if (digest->count < DIGEST_LINES) {
        struct digest_line *line = &digest->line[digest->count];
        line->unix_usec = mail->created_unix_usec;
        (void)text_copy(line->subject, sizeof line->subject, mail->subject);
    }
    digest->count++;
    collection->newest_id = mail->id;
    return 0;
}

/* Its number is the newest mail's that it stands for: no other digest has that, to anybody else
 * but one who got the same mails. */
static int post_to(struct recorder *recorder, const char *address, struct mom_error *error)
{
    static struct digest digest; /* large; this program has one thread */
    int64_t now = clock_now().unix_usec;
    char id[48], subject[400], message_id[384];
    struct collection collection = {.digest = &digest};
    digest = (struct digest){.node = recorder->node, .id = id, .made_unix_usec = now};
    int r = outbox_folded(recorder->db, address, collect, &collection, error);
    if (r < 0)
        return r;
    (void)text_format(id, sizeof id, "digest-%lld", (long long)collection.newest_id);
    (void)text_format(message_id, sizeof message_id, "%s.%016llx@%s", id,
        (unsigned long long)text_hash(TEXT_HASH_SEED, address, strlen(address)), recorder->node);
    digest_subject(&digest, subject, sizeof subject);
    digest_body(&digest, recorder->body, sizeof recorder->body);
    struct mail mail = {
        .created_unix_usec = now,
        .key = "",
        .stage = MAIL_STAGE_DIGEST,
        .subject = subject,
        .message_id = message_id,
        .recipients = 1,
    };
    (void)text_copy(mail.recipient[0].address, sizeof mail.recipient[0].address, address);
    (void)letter_write(recorder, &mail); /* without bytes the courier gives it up, and says so */
    return outbox_add_digest(recorder->db, &mail, error);
}

int digest_post(struct recorder *recorder, struct mom_error *error)
{
    char address[MAIL_ADDRESS_MAX];
    int64_t digest_usec = policy_globals(recorder->policy)->mail.digest_usec;
    int r = outbox_digest_due(recorder->db, clock_now().unix_usec, digest_usec, address, error);
    if (r <= 0)
        return r;
    r = db_begin(recorder->db, error);
    if (r == 0)
        r = post_to(recorder, address, error);
    return r < 0 ? r : db_commit(recorder->db, error);
}
