/* post STATE-DIR COUNT ADDRESS... : puts mails into the outbox, as the recorder would: each about a
 * slice of its own, to all the addresses. */
#include "db/outbox.h"
#include "db/store.h"
#include "mom/common/clock.h"
#include "mom/report/mail.h"
#include "slices/base/text.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int post(struct db *db, int number, char **addresses, int count, struct mom_error *error)
{
    static char to[8192], bytes[65536];
    const struct outbox_limits limits = {.burst = 1000, .queue = 1000};
    char key[64], message_id[96];
    struct mail mail = {.created_unix_usec = clock_now().unix_usec,
        .key = key,
        .stage = "warn",
        .subject = "it leaks",
        .message_id = message_id};
    (void)text_format(key, sizeof key, "user:%d-%lld", number, (long long)mail.created_unix_usec);
    (void)text_format(message_id, sizeof message_id, "%d.%lld.warn@testbed", number,
        (long long)mail.created_unix_usec);
    to[0] = '\0';
    for (int i = 0; i < count && mail.recipients < MAIL_RECIPIENTS_MAX; i++) {
        struct delivery *delivery = &mail.recipient[mail.recipients++];
        (void)text_copy(delivery->address, sizeof delivery->address, addresses[i]);
        size_t used = strlen(to);
        (void)text_format(to + used, sizeof to - used, "%s%s", used ? "," : "", addresses[i]);
    }
    const struct mail_text text = {.from = "mom@testbed",
        .to = to,
        .subject = mail.subject,
        .message_id = message_id,
        .list_id = "testbed",
        .date_unix_sec = mail.created_unix_usec / USEC_PER_SEC,
        .body = "It leaks.\n.\n..\nFrom here on, too.\n"};
    long length = mail_compose(&text, bytes, sizeof bytes);
    if (length < 0)
        return (int)length;
    mail.bytes = bytes;
    mail.length = (size_t)length;
    return outbox_add(db, &mail, &limits, error);
}

int main(int argc, char **argv)
{
    static const uint8_t boot[16] = {0x70};
    struct db *db = NULL;
    struct mom_error error = {0};
    if (argc < 4) {
        (void)fprintf(stderr, "usage: post DATABASE COUNT ADDRESS...\n");
        return 2;
    }
    int r = db_open(argv[1], DB_WRITE, &db, &error);
    if (r == 0)
        r = db_begin(db, &error);
    if (r == 0)
        r = store_boot(db, boot, clock_now(), &error);
    for (int i = 0; r >= 0 && i < atoi(argv[2]); i++)
        r = post(db, i, argv + 3, argc - 3, &error);
    if (r >= 0)
        r = db_commit(db, &error);
    db_close(db);
    if (r != 0)
        (void)fprintf(stderr, "post: %s\n", error.text);
    return r != 0;
}
