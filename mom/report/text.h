/* What mom tells people about one decision, in plain text: the mail's body, and `momctl why`.
 * Everything that came from a slice is escaped; numbers come with their units. Writes into a
 * caller's buffer. */
#ifndef MOM_REPORT_TEXT_H
#define MOM_REPORT_TEXT_H

#include "policy/decide/decision.h"
#include "slices/action.h"
#include "slices/program.h"

#include <stdbool.h>
#include <stddef.h>

struct report {
    const char *node; /* this host's name */
    const char *id;   /* "3f2a91c0-17" */
    const struct decision *decision;
    const struct outcome *outcome;         /* NULL: none, or not known yet */
    const struct process_table *processes; /* NULL: none */
    const struct program_outcome *program; /* what was run about it, `programs` of them */
    uint32_t programs;
};

/* The node should be rebooted, and is not: people are told. */
bool report_announces_reboot(const struct decision *decision);

/* One line: what happened to whom. */
void report_subject(const struct report *report, char *buffer, size_t size);

/* The whole story, lines of at most 100 characters ending in '\n'; the last line is for machines:
 *   mom 2026-11-21T10:00:00Z NODE ACTION KEY ID
 * (space separated; spaces within a field are escaped as \x20). Cut at a line where it does not
 * fit. */
void report_body(const struct report *report, char *buffer, size_t size);

/* The numbers that a decision was made by, a line each, with a heading. */
struct page;
void page_put_evidence(struct page *page, const struct evidence *evidence);

/* "12.3 MiB". Returns buffer. */
char *report_bytes(double bytes, char buffer[32]);
/* "3.3 h". Returns buffer. */
char *report_span(double seconds, char buffer[32]);

/* Why a growth is none to be told of, by the gate of that name that it did not pass. */
const char *report_gate_failed(const char *gate);

#endif
