/* Reports and mails about slices that chose their names with care: no line of a mail is theirs. */
#include "mom/report/mail.h"
#include "mom/report/text.h"
#include "tests/fuzz/fuzz.h"

#include <errno.h>
#include <string.h>

/* RFC 5322, section 2.1.1, without CRLF. */
enum { LINE_MAX_BYTES = 998 };

static void fill_leak(struct fuzz_input *input, struct leak_report *leak)
{
    fuzz_take(input, &leak->rate, sizeof leak->rate);
    fuzz_take(input, &leak->left_p50, sizeof leak->left_p50);
    leak->verdict = fuzz_byte(input) % LEAK_VERDICTS;
    leak->shape = fuzz_byte(input) % LEAK_SHAPES;
    leak->since_usec = (int64_t)(fuzz_u64(input) / 4);
    leak->at_usec = leak->since_usec + (int64_t)(fuzz_u64(input) / 4);
    leak->grown_bytes = fuzz_u64(input);
    leak->forecast = fuzz_byte(input) & 1;
    leak->gates = fuzz_byte(input) % (LEAK_GATES_MAX + 1);
}

static void fill_decision(struct fuzz_input *input, struct decision *decision)
{
    *decision = (struct decision){
        .wanted = fuzz_byte(input) % ACTION_KINDS,
        .action = fuzz_byte(input) % ACTION_KINDS,
        .restraint = fuzz_byte(input) % RESTRAINTS,
        .reason = fuzz_byte(input) % REASONS,
        .mode = fuzz_byte(input) % MODES,
        .leak_mode = fuzz_byte(input) % MODES,
        .runners_up = fuzz_byte(input) % (RUNNERS_UP_MAX + 1),
        .at.unix_usec = (int64_t)fuzz_u64(input),
    };
    fuzz_string(input, decision->key, sizeof decision->key);
    fuzz_string(input, decision->name, sizeof decision->name);
    fuzz_string(input, decision->path, sizeof decision->path);
    for (uint32_t i = 0; i < decision->runners_up; i++)
        fuzz_string(input, decision->runner_up[i].key, sizeof decision->runner_up[i].key);
    fill_leak(input, &decision->leak);
    evidence_add(&decision->evidence, "footprint", fuzz_byte(input) % UNITS,
        decision->leak.left_p50, '>', decision->leak.rate);
}

static void fill_processes(struct fuzz_input *input, struct process_table *table)
{
    memset(table, 0, sizeof *table);
    table->count = table->total = fuzz_byte(input) % (PROCESS_TABLE_MAX + 1);
    for (uint32_t i = 0; i < table->count; i++) {
        table->row[i].state = (char)fuzz_byte(input);
        fuzz_take(input, table->row[i].comm, sizeof table->row[i].comm);
    }
}

/* One line "mom ..." for machines, and it is the last. */
static void check_body(const char *body)
{
    fuzz_must(fuzz_is_printable_lines(body), "a report can be shown");
    const char *last = NULL;
    for (const char *line = body; line; line = strchr(line, '\n') ? strchr(line, '\n') + 1 : NULL)
        if (strncmp(line, "mom ", 4) == 0) {
            fuzz_must(!last, "there is one line for machines");
            last = line;
        }
    fuzz_must(last && strchr(last, '\n') && !strchr(last, '\n')[1], "and it is the last");
}

static void check_mail(const char *mail, size_t length)
{
    static const char *const headers[] = {
        "From: ", "To: ", "Subject:", "Date: ", "Message-ID: ", "Auto-Submitted: ", "Precedence: ",
        "List-Id: ", "MIME-Version: ", "Content-Type: ", "Content-Transfer-Encoding: "};
    fuzz_must(strlen(mail) == length, "a mail is text");
    fuzz_must(strstr(mail, "\r\n\r\n") != NULL, "headers have an end");
    size_t header = 0;
    bool in_headers = true;
    for (const char *line = mail; *line;) {
        size_t width = strcspn(line, "\r\n");
        fuzz_must(width <= LINE_MAX_BYTES, "lines are short enough");
        fuzz_must(!line[width] || strncmp(line + width, "\r\n", 2) == 0, "no bare CR or LF");
        for (size_t i = 0; i < width; i++)
            fuzz_must(line[i] >= ' ' && line[i] < 127, "bytes are printable ASCII");
        if (width == 0)
            in_headers = false;
        if (in_headers && line[0] != ' ') {
            fuzz_must(header < sizeof headers / sizeof *headers &&
                          strncmp(line, headers[header], strlen(headers[header])) == 0,
                "the headers are mom's own, in its order");
            header++;
        }
        line += width + (line[width] ? 2 : 0);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct decision decision;
    static struct process_table processes;
    static char subject[512], body[32768], mail[131072];
    char from[64], to[256], id[128], node[128];
    struct fuzz_input input = {data, size};
    fuzz_string(&input, from, sizeof from);
    fuzz_string(&input, to, sizeof to);
    fuzz_string(&input, id, sizeof id);
    fuzz_string(&input, node, sizeof node);
    fill_decision(&input, &decision);
    fill_processes(&input, &processes);

    const struct report report = {.node = "node.example",
        .id = "3f2a91c0-17",
        .decision = &decision,
        .processes = &processes};
    report_subject(&report, subject, sizeof subject);
    report_body(&report, body, sizeof body);
    check_body(body);

    const struct mail_text text = {.from = mail_address_valid(from) ? from : "mom@localhost",
        .to = to[0] ? to : "root@localhost",
        .subject = subject,
        .message_id = id,
        .list_id = node,
        .date_unix_sec = decision.at.unix_usec / 1000000,
        .body = body};
    long length = mail_compose(&text, mail, sizeof mail);
    fuzz_must(length > 0 || length == -EINVAL || length == -ENOSPC, "a mail, or a known error");
    if (length > 0)
        check_mail(mail, (size_t)length);
    return 0;
}
