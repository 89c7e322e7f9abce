/* Who is told of a slice: its owner as the policy says it, else its user, else mail.owner; and
 * always the operators. Alarms are for the operators alone: it is for them to do what mom may not.
 */
#include "mom/recorder/recorder.h"

#include "db/query.h"
#include "mom/common/log.h"
#include "mom/report/mail.h"
#include "slices/base/text.h"

#include <pwd.h>
#include <stdio.h>
#include <string.h>

#define PASSWD_FILE "/etc/passwd" /* read directly: NSS may wait for a network */
enum { FIRST_PERSON = 1000, NOBODY = 65534 };

static bool is_listed(const struct mail *mail, const char *address)
{
    for (uint32_t i = 0; i < mail->recipients; i++)
        if (strcmp(mail->recipient[i].address, address) == 0)
            return true;
    return false;
}

static void add_recipient(struct mail *mail, const char *address, const char *domain)
{
    char full[sizeof mail->recipient[0].address];
    bool needs_domain = domain[0] && !strchr(address, '@');
    if (text_format(full, sizeof full, "%s%s%s", address, needs_domain ? "@" : "",
            needs_domain ? domain : "") < 0 ||
        !mail_address_valid(full)) {
        log_warning("'%s' is no address that mail could go to", address);
        return;
    }
    if (is_listed(mail, full))
        return;
    if (mail->recipients == MAIL_RECIPIENTS_MAX) {
        log_warning("more than %d recipients: %s gets no mail", MAIL_RECIPIENTS_MAX, full);
        return;
    }
    (void)text_copy(mail->recipient[mail->recipients].address, sizeof full, full);
    mail->recipients++;
}

/* The login name of a person, not of a system account. False: there is none. */
static bool name_of_person(uint32_t uid, char *name, size_t size)
{
    bool found = false;
    FILE *file = uid < FIRST_PERSON || uid == NOBODY ? NULL : fopen(PASSWD_FILE, "re");
    for (struct passwd *entry; file && !found && (entry = fgetpwent(file));)
        found = entry->pw_uid == uid && text_copy(name, size, entry->pw_name) == 0;
    if (file)
        (void)fclose(file);
    return found;
}

static void find_owner(struct recorder *recorder, const struct decision *decision, char owner[128])
{
    uint32_t uid = 0;
    const char *otherwise = policy_globals(recorder->policy)->mail.owner;
    if (decision->owner[0])
        (void)text_copy(owner, 128, decision->owner);
    else if (query_life_uid(recorder->db, decision->serial, &uid, NULL) <= 0 ||
             !name_of_person(uid, owner, 128))
        (void)text_copy(owner, 128, otherwise);
}

void recipients_find(struct recorder *recorder, const struct decision *decision, struct mail *mail)
{
    const struct mail_settings *settings = &policy_globals(recorder->policy)->mail;
    char owner[128], operators[sizeof settings->operators];
    mail->recipients = 0;
    owner[0] = '\0';
    if (decision->action != ACTION_ALARM && decision->action != ACTION_REBOOT)
        find_owner(recorder, decision, owner);
    if (owner[0])
        add_recipient(mail, owner, settings->domain);
    memcpy(operators, settings->operators, sizeof operators);
    for (char *save = NULL, *address = strtok_r(operators, ", ", &save); address;
         address = strtok_r(NULL, ", ", &save))
        add_recipient(mail, address, settings->domain);
}
