#include "mom/courier/smtp.h"

#include "mom/courier/smtp_verdict.h"
#include "slices/base/text.h"

#include <curl/curl.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { IMPLICIT_TLS_PORT = 465, CONNECT_MSEC = 15000 };

struct smtp {
    CURL *curl;
    const struct mail_settings *settings;
    char said[CURL_ERROR_SIZE]; /* libcurl's words for the last error */
    /* One transaction. */
    const struct letter *letter;
    size_t read; /* of the letter */
    struct smtp_end end;
    char reply[256]; /* the last refusal */
};

static bool is_this_host(const char *server)
{
    return strcmp(server, "localhost") == 0 || text_starts_with(server, "127.");
}

static enum mail_tls tls_of(const struct mail_settings *settings)
{
    if (settings->tls != MAIL_TLS_AUTO)
        return settings->tls;
    return settings->port == IMPLICIT_TLS_PORT ? MAIL_TLS_IMPLICIT
           : is_this_host(settings->server)    ? MAIL_TLS_NONE
                                               : MAIL_TLS_STARTTLS;
}

/* --- What libcurl asks and tells ------------------------------------------------------------ */

static size_t give_bytes(char *buffer, size_t size, size_t count, void *context)
{
    struct smtp *smtp = context;
    size_t length = smtp->letter->length - smtp->read;
    if (length > size * count)
        length = size * count;
    memcpy(buffer, smtp->letter->bytes + smtp->read, length);
    smtp->read += length;
    return length;
}

/* Only refusals: after one libcurl says QUIT, which is answered, too. */
static void hear_reply(struct smtp *smtp, const char *line, size_t length)
{
    char *reply = smtp->reply, text[sizeof smtp->reply];
    if (length >= sizeof text)
        length = sizeof text - 1;
    memcpy(text, line, length);
    text[length] = '\0';
    long code = strtol(text, NULL, 10);
    if (code < 400 || code > 599)
        return;
    smtp->end.reply = (int)code;
    text[strcspn(text, "\r\n")] = '\0';
    memcpy(reply, text, sizeof text);
}

/* The only way to see all replies, and how far it has come. Never logged: a login passes here. */
static int overhear(CURL *curl, curl_infotype type, char *data, size_t length, void *context)
{
    struct smtp *smtp = context;
    (void)curl;
    if (type == CURLINFO_HEADER_IN) {
        hear_reply(smtp, data, length);
    } else if (type == CURLINFO_HEADER_OUT && length > 5 && strncmp(data, "MAIL ", 5) == 0) {
        smtp->end = (struct smtp_end){.transaction = true};
    }
    return 0;
}

/* --- Setting up ----------------------------------------------------------------------------- */

static int check_credentials(const struct mail_settings *settings, struct mom_error *error)
{
    const char *path = settings->credentials;
    struct stat status = {0};
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    int r = fd < 0 || fstat(fd, &status) < 0 ? -errno : 0;
    if (fd >= 0)
        (void)close(fd);
    if (r < 0)
        return error_errno(error, r, "%s", path);
    if (!S_ISREG(status.st_mode))
        return error_set(error, -EINVAL, "%s is no plain file", path);
    if (status.st_mode & (S_IWGRP | S_IRWXO))
        return error_set(error, -EPERM,
            "%s may be read or written by others than its owner and group: not used", path);
    if (tls_of(settings) == MAIL_TLS_NONE && !is_this_host(settings->server))
        return error_set(error, -EINVAL,
            "the login would go to %s in clear: mail.tls must not be none", settings->server);
    return 0;
}

static int configure(struct smtp *smtp, struct mom_error *error)
{
    static const long use_ssl[MAIL_TLS_MODES] = {[MAIL_TLS_NONE] = CURLUSESSL_NONE,
        [MAIL_TLS_STARTTLS] = CURLUSESSL_ALL,
        [MAIL_TLS_IMPLICIT] = CURLUSESSL_ALL};
    const struct mail_settings *settings = smtp->settings;
    enum mail_tls tls = tls_of(settings);
    CURL *curl = smtp->curl;
    char url[256], node[65] = "localhost";
    (void)gethostname(node, sizeof node - 1);
    if (text_format(url, sizeof url, "%s://%s:%d/%s", tls == MAIL_TLS_IMPLICIT ? "smtps" : "smtp",
            settings->server, settings->port, node) < 0)
        return error_errno(error, -ENAMETOOLONG, "%s", settings->server);
    long msec = (long)(settings->timeout_usec / 1000);
    CURLcode r = CURLE_OK;
#define SET(option, value) r = r == CURLE_OK ? curl_easy_setopt(curl, option, value) : r
    SET(CURLOPT_ERRORBUFFER, smtp->said);
    SET(CURLOPT_URL, url);
    SET(CURLOPT_PROTOCOLS_STR, "smtp,smtps");
    SET(CURLOPT_PROXY, ""); /* whatever the environment says */
    SET(CURLOPT_NOSIGNAL, 1L);
    SET(CURLOPT_USE_SSL, use_ssl[tls]);
    SET(CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    if (settings->ca_file[0])
        SET(CURLOPT_CAINFO, settings->ca_file);
    if (settings->credentials[0]) {
        SET(CURLOPT_NETRC, (long)CURL_NETRC_REQUIRED);
        SET(CURLOPT_NETRC_FILE, settings->credentials);
    }
    SET(CURLOPT_CONNECTTIMEOUT_MS, msec < CONNECT_MSEC ? msec : (long)CONNECT_MSEC);
    SET(CURLOPT_TIMEOUT_MS, msec);
    SET(CURLOPT_MAIL_FROM, settings->return_path);
    SET(CURLOPT_UPLOAD, 1L);
    SET(CURLOPT_READFUNCTION, give_bytes);
    SET(CURLOPT_READDATA, smtp);
    SET(CURLOPT_DEBUGFUNCTION, overhear);
    SET(CURLOPT_DEBUGDATA, smtp);
    SET(CURLOPT_VERBOSE, 1L);
#undef SET
    return r == CURLE_OK ? 0 : error_set(error, -EINVAL, "libcurl: %s", curl_easy_strerror(r));
}

int smtp_open(const struct mail_settings *settings, struct smtp **ret, struct mom_error *error)
{
    int r = settings->credentials[0] ? check_credentials(settings, error) : 0;
    if (r < 0)
        return r;
    struct smtp *smtp = calloc(1, sizeof *smtp);
    if (!smtp || curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
        free(smtp);
        return error_errno(error, -ENOMEM, "SMTP");
    }
    smtp->settings = settings;
    smtp->curl = curl_easy_init();
    r = smtp->curl ? configure(smtp, error) : error_errno(error, -ENOMEM, "SMTP");
    if (r < 0) {
        smtp_close(smtp);
        return r;
    }
    *ret = smtp;
    return 0;
}

void smtp_close(struct smtp *smtp)
{
    if (!smtp)
        return;
    curl_easy_cleanup(smtp->curl);
    curl_global_cleanup();
    free(smtp);
}

/* --- Delivering ----------------------------------------------------------------------------- */

static CURLcode send_to(struct smtp *smtp, const char *recipient)
{
    struct curl_slist *list = curl_slist_append(NULL, recipient);
    if (!list)
        return CURLE_OUT_OF_MEMORY;
    smtp->read = 0;
    smtp->end = (struct smtp_end){0};
    smtp->reply[0] = smtp->said[0] = '\0';
    (void)curl_easy_setopt(smtp->curl, CURLOPT_MAIL_RCPT, list);
    (void)curl_easy_setopt(smtp->curl, CURLOPT_INFILESIZE_LARGE, (curl_off_t)smtp->letter->length);
    CURLcode r = curl_easy_perform(smtp->curl);
    (void)curl_easy_setopt(smtp->curl, CURLOPT_MAIL_RCPT, NULL);
    curl_slist_free_all(list);
    smtp->end.ok = r == CURLE_OK;
    return r;
}

static void describe(const struct smtp *smtp, CURLcode r, struct attempt *attempt)
{
    attempt->verdict = smtp_verdict(&smtp->end);
    if (attempt->verdict == VERDICT_DELIVERED)
        attempt->why[0] = '\0';
    else if (smtp->end.reply)
        (void)text_format(attempt->why, sizeof attempt->why, "%s", smtp->reply);
    else
        (void)text_format(attempt->why, sizeof attempt->why, "%s:%d: %s", smtp->settings->server,
            smtp->settings->port, smtp->said[0] ? smtp->said : curl_easy_strerror(r));
}

int smtp_deliver(struct smtp *smtp, const struct letter *letter, struct attempt *attempt)
{
    int down = 0;
    smtp->letter = letter;
    for (uint32_t i = 0; i < letter->recipients; i++) {
        if (down) {
            attempt[i] = attempt[i - 1];
            attempt[i].verdict = VERDICT_DEFERRED;
            continue;
        }
        CURLcode r = send_to(smtp, letter->recipient[i]);
        describe(smtp, r, &attempt[i]);
        if (smtp_is_down(&smtp->end))
            down = r == CURLE_COULDNT_CONNECT ? -ECONNREFUSED : -EHOSTDOWN;
    }
    return down;
}
