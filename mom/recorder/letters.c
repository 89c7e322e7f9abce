#include "mom/recorder/recorder.h"

#include "db/outbox.h"
#include "db/query.h"
#include "mom/common/clock.h"
#include "mom/common/log.h"
#include "mom/report/mail.h"
#include "mom/report/text.h"
#include "slices/base/text.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static void add_recipient(char *list, size_t size, const char *address, const char *domain)
{
    char full[256];
    size_t used = strlen(list);
    bool needs_domain = domain[0] && !strchr(address, '@');
    if (text_format(full, sizeof full, "%s%s%s", address, needs_domain ? "@" : "",
            needs_domain ? domain : "") < 0 ||
        !mail_address_valid(full)) {
        log_warning("'%s' is no address that mail could go to", address);
        return;
    }
    if (text_format(list + used, size - used, "%s%s", used > 0 ? "," : "", full) < 0)
        list[used] = '\0';
}

/* The slice's owner, and always the operators. */
static void find_recipients(
    const struct recorder *recorder, const struct decision *decision, char *list, size_t size)
{
    const struct policy_globals *globals = policy_globals(recorder->policy);
    char operators[sizeof globals->operators];
    list[0] = '\0';
    if (decision->owner[0])
        add_recipient(list, size, decision->owner, globals->mail_domain);
    memcpy(operators, globals->operators, sizeof operators);
    for (char *save = NULL, *address = strtok_r(operators, ", ", &save); address;
         address = strtok_r(NULL, ", ", &save))
        add_recipient(list, size, address, globals->mail_domain);
}

static int post(struct recorder *recorder, const char *stage, const struct report *report,
    struct mom_error *error)
{
    const struct policy_globals *globals = policy_globals(recorder->policy);
    const struct decision *decision = report->decision;
    char subject[400], recipients[1024], from[192], message_id[384];
    struct stamp now = clock_now();
    report_subject(report, subject, sizeof subject);
    report_body(report, recorder->body, sizeof recorder->body);
    find_recipients(recorder, decision, recipients, sizeof recipients);
    (void)text_format(from, sizeof from, "%s", globals->mail_from[0] ? globals->mail_from : "mom");
    (void)text_format(message_id, sizeof message_id, "%s.%s@%s", report->id, stage, report->node);
    const struct mail_text text = {
        .from = from,
        .to = recipients,
        .subject = subject,
        .message_id = message_id,
        .list_id = report->node,
        .date_unix_sec = decision->at.unix_usec / USEC_PER_SEC,
        .body = recorder->body,
    };
    long length = mail_compose(&text, recorder->letter, sizeof recorder->letter);
    if (length < 0) {
        log_error("no mail about decision %s: %s", report->id, strerrordesc_np((int)-length));
        return 0; /* the decision itself must still be stored */
    }
    const struct mail mail = {
        .created_unix_usec = now.unix_usec,
        .next_try_unix_usec = now.unix_usec,
        .decision = decision->seq,
        .key = decision->key,
        .stage = stage,
        .message_id = message_id,
        .recipients = recipients,
        .bytes = recorder->letter,
        .length = (size_t)length,
    };
    int r = outbox_add(recorder->db, &mail, globals->mail_interval_usec, error);
    return r < 0 ? r : 0;
}

static void decision_id(const struct recorder *recorder, uint64_t seq, char id[32])
{
    const uint8_t *boot = recorder->boot;
    (void)snprintf(id, 32, "%02x%02x%02x%02x-%llu", boot[0], boot[1], boot[2], boot[3],
        (unsigned long long)seq);
}

/* What is carried out is told of with its outcome; all else at once. */
int letters_for_decision(
    struct recorder *recorder, const struct decision *decision, struct mom_error *error)
{
    bool all_clear = decision->reason == REASON_ALL_CLEAR;
    if (decision->action != ACTION_ALARM && !all_clear)
        return 0;
    char id[32];
    decision_id(recorder, decision->seq, id);
    const struct report report = {.node = recorder->node, .id = id, .decision = decision};
    return post(recorder, all_clear ? "all-clear" : "alarm", &report, error);
}

int letters_for_outcome(
    struct recorder *recorder, const struct record_outcome *record, struct mom_error *error)
{
    static struct query_decision found; /* large; this program has one thread */
    enum action_kind kind = record->outcome.kind;
    if (kind != ACTION_WARN && kind != ACTION_RESET)
        return 0;
    char id[32];
    decision_id(recorder, record->outcome.decision, id);
    int r = query_decision(recorder->db, id, &found, error);
    if (r == -ENOENT) {
        log_warning("the outcome of decision %s is stored, but the decision was dropped", id);
        return 0;
    }
    if (r < 0)
        return r;
    const struct report report = {.node = recorder->node,
        .id = id,
        .decision = &found.decision,
        .outcome = &record->outcome,
        .processes = &record->processes};
    return post(recorder, action_kind_names[kind], &report, error);
}
