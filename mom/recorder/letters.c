#include "mom/recorder/recorder.h"

#include "db/query.h"
#include "mom/common/clock.h"
#include "mom/common/log.h"
#include "mom/report/boot_end.h"
#include "mom/report/mail.h"
#include "mom/report/text.h"
#include "slices/base/text.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* "a@b,c@d" */
static void join(const struct mail *mail, char *list, size_t size)
{
    size_t used = 0;
    list[0] = '\0';
    for (uint32_t i = 0; i < mail->recipients; i++) {
        (void)text_format(
            list + used, size - used, "%s%s", i > 0 ? "," : "", mail->recipient[i].address);
        used += strlen(list + used);
    }
}

int letter_write(struct recorder *recorder, struct mail *mail)
{
    static char to[MAIL_RECIPIENTS_MAX * sizeof mail->recipient[0].address];
    const struct mail_settings *settings = &policy_globals(recorder->policy)->mail;
    join(mail, to, sizeof to);
    const struct mail_text text = {
        .from = settings->from[0] ? settings->from : "mom",
        .to = to,
        .subject = mail->subject,
        .message_id = mail->message_id,
        .list_id = recorder->node,
        .date_unix_sec = mail->created_unix_usec / USEC_PER_SEC,
        .body = recorder->body,
    };
    long length = mail_compose(&text, recorder->letter, sizeof recorder->letter);
    if (length < 0) {
        log_error("no mail <%s>: %s", mail->message_id, strerrordesc_np((int)-length));
        mail->bytes = "";
        mail->length = 0;
        return -EINVAL;
    }
    mail->bytes = recorder->letter;
    mail->length = (size_t)length;
    return 0;
}

/* What stands in recorder->body goes into the outbox. */
static int post_body(struct recorder *recorder, struct mail *mail, struct mom_error *error)
{
    const struct mail_settings *settings = &policy_globals(recorder->policy)->mail;
    const struct outbox_limits limits = {.interval_usec = settings->interval_usec,
        .burst = (uint32_t)settings->burst,
        .digest_usec = settings->digest_usec,
        .queue = (uint32_t)settings->queue};
    mail->created_unix_usec = clock_now().unix_usec;
    if (letter_write(recorder, mail) < 0)
        return 0; /* what it is about must still be stored */
    int r = outbox_add(recorder->db, mail, &limits, error);
    return r < 0 ? r : 0;
}

static int post(struct recorder *recorder, const char *stage, const struct report *report,
    struct mom_error *error)
{
    char subject[400], message_id[384];
    report_subject(report, subject, sizeof subject);
    report_body(report, recorder->body, sizeof recorder->body);
    (void)text_format(message_id, sizeof message_id, "%s.%s@%s", report->id, stage, report->node);
    struct mail mail = {
        .decision = report->decision->seq,
        .key = report->decision->key,
        .stage = stage,
        .subject = subject,
        .message_id = message_id,
    };
    recipients_find(recorder, report->decision, &mail);
    return post_body(recorder, &mail, error);
}

/* Of one stage there is so much mail and no more. */
static const char *stage_of(const struct decision *decision)
{
    if (decision->reason == REASON_ALL_CLEAR)
        return "all-clear";
    return report_announces_reboot(decision) ? "reboot" : action_kind_names[decision->action];
}

/* What is carried out is told of with its outcome; all else at once. */
int letters_for_decision(
    struct recorder *recorder, const struct decision *decision, struct mom_error *error)
{
    bool is_news = decision->action == ACTION_ALARM || decision->reason == REASON_ALL_CLEAR;
    if (!is_news || action_is_deed(decision->action))
        return 0;
    char id[DECISION_ID_MAX];
    decision_id(recorder->boot, decision->seq, id);
    const struct report report = {.node = recorder->node, .id = id, .decision = decision};
    return post(recorder, stage_of(decision), &report, error);
}

int letters_for_outcome(
    struct recorder *recorder, const struct record_outcome *record, struct mom_error *error)
{
    static struct query_decision found; /* large; this program has one thread */
    enum action_kind kind = record->outcome.kind;
    if (kind != ACTION_WARN && !action_is_deed(kind))
        return 0;
    if (kind == ACTION_RELEASE && record->outcome.result == RESULT_VANISHED)
        return 0; /* it took what was changed along */
    char id[DECISION_ID_MAX];
    decision_id(recorder->boot, record->outcome.decision, id);
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
        .processes = &record->processes,
        .program = found.program,
        .programs = found.programs};
    return post(recorder, stage_of(&found.decision), &report, error);
}

/* ---- how the boot before ended ---- */

static int take_active(void *context, const struct query_active *active)
{
    struct boot_end_report *report = context;
    (void)text_copy(report->active[report->count].key, sizeof report->active->key, active->key);
    report->active[report->count].footprint = active->footprint;
    report->active[report->count].resident = active->rss;
    report->count++;
    return 0;
}

/* By the last words where there are any, else by the history. */
static int find_active(struct recorder *recorder, const struct record_boot_end *end,
    struct boot_end_report *report, struct mom_error *error)
{
    int r = query_boot_newest(recorder->db, end->ended.boot, &report->newest_unix_usec, error);
    if (r < 0)
        return r;
    if (!end->has_words)
        return query_active(recorder->db, end->ended.boot, report->newest_unix_usec,
            LAST_WORDS_ACTIVE, take_active, report, error);
    for (uint32_t i = 0; i < end->words.count && i < LAST_WORDS_ACTIVE; i++) {
        memcpy(report->active[i].key, end->words.active[i].key, sizeof report->active[i].key);
        report->active[i].footprint = end->words.active[i].gives_back;
        report->active[i].resident = end->words.active[i].resident;
        report->active[i].growth = end->words.active[i].growth;
        report->count++;
    }
    return 0;
}

int letters_for_boot_end(
    struct recorder *recorder, const struct record_boot_end *end, struct mom_error *error)
{
    static struct boot_end_report report; /* large; this program has one thread */
    char id[DECISION_ID_MAX], key[DECISION_ID_MAX], subject[400], message_id[384];
    const struct decision none = {.action = ACTION_ALARM}; /* for the operators alone */
    decision_id(end->ended.boot, end->ended.order.decision, id);
    report = (struct boot_end_report){.node = recorder->node,
        .id = id,
        .ended = &end->ended,
        .past = &end->past,
        .decision = end->has_words ? &end->words.decision : NULL};
    int r = find_active(recorder, end, &report, error);
    if (r < 0)
        return r;
    boot_end_subject(&report, subject, sizeof subject);
    boot_end_body(&report, recorder->body, sizeof recorder->body);
    (void)text_format(key, sizeof key, "boot:%.8s", id); /* each is news */
    (void)text_format(message_id, sizeof message_id, "%s.boot-end@%s", id, recorder->node);
    struct mail mail = {
        .key = key, .stage = "boot-end", .subject = subject, .message_id = message_id};
    recipients_find(recorder, &none, &mail);
    return post_body(recorder, &mail, error);
}
