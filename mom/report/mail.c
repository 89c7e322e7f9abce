#include "mom/report/mail.h"

#include "slices/base/text.h"

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

/* Becomes `full` for good at the first piece that does not fit. */
struct letter {
    char *buffer;
    size_t size, used;
    bool full;
};

static void put_bytes(struct letter *letter, const char *bytes, size_t length)
{
    if (letter->full || length >= letter->size - letter->used) {
        letter->full = true;
        return;
    }
    memcpy(letter->buffer + letter->used, bytes, length);
    letter->used += length;
    letter->buffer[letter->used] = '\0';
}

static void put(struct letter *letter, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void put(struct letter *letter, const char *format, ...)
{
    char line[1024];
    va_list arguments;
    va_start(arguments, format);
    int n = vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    if (n < 0 || (size_t)n >= sizeof line)
        letter->full = true;
    else
        put_bytes(letter, line, (size_t)n);
}

int mail_address_valid(const char *address)
{
    static const char forbidden[] = " \t\r\n\"'()<>[],;:\\|";
    int ats = 0;
    if (!*address || *address == '-' || *address == '@' || strlen(address) > 254)
        return 0;
    for (const char *c = address; *c; c++) {
        if (*c <= ' ' || *c >= 127 || strchr(forbidden, *c))
            return 0;
        ats += *c == '@';
    }
    return ats <= 1 && address[strlen(address) - 1] != '@';
}

/* "a@b,c@d" as a folded header; every address is checked. */
static int put_recipients(struct letter *letter, const char *to)
{
    put(letter, "To:");
    int count = 0;
    for (const char *c = to; *c; count++) {
        char address[256];
        size_t length = strcspn(c, ",");
        if (length >= sizeof address)
            return -EINVAL;
        memcpy(address, c, length);
        address[length] = '\0';
        if (!mail_address_valid(address))
            return -EINVAL;
        put(letter, "%s %s", count > 0 ? ",\r\n" : "", address);
        c += length + (c[length] == ',');
    }
    put(letter, "\r\n");
    return count > 0 ? 0 : -EINVAL;
}

/* Printable ASCII alone: what isn't is shown as \xNN. Headers then need no encoded words, and fold
 * at blanks before RFC 5322's 78 columns where there are any; a header line is at most 998 bytes.
 */
static void put_header(struct letter *letter, const char *name, const char *value)
{
    enum { COLUMNS = 76 };
    char escaped[240]; /* four times as much, and the name, stay below 998 without one blank */
    text_escape(escaped, sizeof escaped, value);
    put(letter, "%s:", name);
    size_t column = strlen(name) + 1;
    for (char *save = NULL, *piece = strtok_r(escaped, " ", &save); piece;
         piece = strtok_r(NULL, " ", &save)) {
        bool fold = column + strlen(piece) + 1 > COLUMNS && column > strlen(name) + 1;
        put(letter, "%s ", fold ? "\r\n" : "");
        column = (fold ? 0 : column) + strlen(piece) + 1;
        for (const char *c = piece; *c; c++)
            if ((unsigned char)*c < 127)
                put(letter, "%c", *c);
            else
                put(letter, "\\x%02x", (unsigned char)*c);
    }
    put(letter, "\r\n");
}

/* An identifier in angle brackets. */
static void put_id(struct letter *letter, const char *name, const char *prefix, const char *id)
{
    char value[224];
    if (text_format(value, sizeof value, "<%s%s>", prefix, id) < 0)
        letter->full = true;
    put_header(letter, name, value);
}

/* RFC 2045 section 6.7, line by line; a line that begins with "From " or "." survives every
 * transport. */
static void put_quoted_printable(struct letter *letter, const char *body)
{
    enum { COLUMNS = 75 };
    size_t column = 0;
    for (const char *c = body; *c; c++) {
        if (*c == '\n') {
            put(letter, "\r\n");
            column = 0;
            continue;
        }
        unsigned char byte = (unsigned char)*c;
        bool blank_at_end = byte == ' ' && (c[1] == '\n' || !c[1]);
        bool touchy = column == 0 && (byte == '.' || byte == 'F');
        bool plain = byte >= ' ' && byte < 127 && byte != '=' && !blank_at_end && !touchy;
        size_t width = plain ? 1 : 3;
        if (column + width > COLUMNS) {
            put(letter, "=\r\n");
            column = 0;
        }
        put(letter, plain ? "%c" : "=%02X", byte);
        column += width;
    }
}

/* Fit to go as it is, so that people and scripts can read the stored mail too: ASCII, lines well
 * below the 998 bytes that RFC 5322 allows, nothing that a mailbox file would take for its own. */
static bool is_plain(const char *body)
{
    enum { LONGEST = 900 };
    size_t column = 0;
    for (const char *c = body; *c; c++) {
        if (column == 0 && (*c == '.' || text_starts_with(c, "From ")))
            return false;
        column = *c == '\n' ? 0 : column + 1;
        if (column > LONGEST || (*c != '\n' && (*c < ' ' || (unsigned char)*c >= 127)))
            return false;
    }
    return true;
}

static void put_plain(struct letter *letter, const char *body)
{
    for (const char *end; (end = strchr(body, '\n')); body = end + 1) {
        put_bytes(letter, body, (size_t)(end - body));
        put(letter, "\r\n");
    }
    put_bytes(letter, body, strlen(body));
}

long mail_compose(const struct mail_text *text, char *buffer, size_t size)
{
    struct letter letter = {.buffer = buffer, .size = size};
    char date[64];
    time_t when = (time_t)text->date_unix_sec;
    struct tm parts;
    (void)gmtime_r(&when, &parts);
    (void)strftime(
        date, sizeof date, "%a, %d %b %Y %H:%M:%S +0000", &parts); /* C locale: never set */
    if (!mail_address_valid(text->from))
        return -EINVAL;
    put(&letter, "From: mom <%s>\r\n", text->from);
    int r = put_recipients(&letter, text->to);
    if (r < 0)
        return r;
    put_header(&letter, "Subject", text->subject);
    put(&letter, "Date: %s\r\n", date);
    put_id(&letter, "Message-ID", "", text->message_id);
    put(&letter, "Auto-Submitted: auto-generated\r\nPrecedence: bulk\r\n");
    put_id(&letter, "List-Id", "mom.", text->list_id);
    bool plain = is_plain(text->body);
    put(&letter, "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n");
    put(&letter, "Content-Transfer-Encoding: %s\r\n\r\n", plain ? "7bit" : "quoted-printable");
    (plain ? put_plain : put_quoted_printable)(&letter, text->body);
    return letter.full ? -ENOSPC : (long)letter.used;
}
