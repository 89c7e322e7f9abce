/* Reading one decision back, with all that belongs to it. */
#include "db/query.h"
#include "db/rows.h"
#include "slices/base/text.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

enum { BOOT_DIGITS = 8 };

/* "3f2a91c0-17" or "17" (boot then is ""). */
static int parse_id(const char *id, char boot[BOOT_DIGITS + 1], uint64_t *ret_seq)
{
    boot[0] = '\0';
    const char *dash = strchr(id, '-');
    if (dash) {
        if (dash - id != BOOT_DIGITS)
            return -EINVAL;
        for (int i = 0; i < BOOT_DIGITS; i++)
            boot[i] = (char)tolower((unsigned char)id[i]);
        boot[BOOT_DIGITS] = '\0';
        id = dash + 1;
    }
    return text_whole_u64(id, ret_seq);
}

/* Finds the row of the boot that the id means, and spells the id in full. */
static int find_decision(struct db *db, const char *id, int64_t *ret_boot, uint64_t *ret_seq,
    struct query_decision *ret, struct mom_error *error)
{
    char prefix[BOOT_DIGITS + 1];
    if (parse_id(id, prefix, ret_seq) < 0)
        return error_set(error, -ENOENT, "`%s` is no decision's id", id);
    struct call call;
    call_open(&call, db, SQL_DECISION_FIND, error);
    put_u64(&call, *ret_seq);
    put_text(&call, prefix);
    int r = call_next(&call);
    if (r > 0) {
        *ret_boot = get_int(&call);
        (void)text_format(ret->id, sizeof ret->id, "%.*s-%llu", BOOT_DIGITS, get_text(&call),
            (unsigned long long)*ret_seq);
    }
    if (r == 0)
        r = error_set(error, -ENOENT, "no decision `%s`", id);
    return call_close(&call, r < 0 ? r : 0);
}

static void open_of(struct call *call, struct db *db, enum statement statement, int64_t boot,
    uint64_t seq, struct mom_error *error)
{
    call_open(call, db, statement, error);
    put_int(call, boot);
    put_u64(call, seq);
}

/* Ends a reading call: a word of a later program is no word at all. */
static int close_read(struct call *call, int r)
{
    if (r >= 0 && call->unknown_word)
        r = error_set(call->error, -EUCLEAN, "a word that this program doesn't know");
    return call_close(call, r);
}

static void get_target(struct call *call, struct decision *ret)
{
    ret->serial = get_u64(call);
    get_life(call, &ret->life);
    get_text_into(call, ret->path, sizeof ret->path);
    get_text_into(call, ret->key, sizeof ret->key);
    get_text_into(call, ret->name, sizeof ret->name);
    get_text_into(call, ret->owner, sizeof ret->owner);
}

static int read_decision(
    struct db *db, int64_t boot, uint64_t seq, struct decision *ret, struct mom_error *error)
{
    struct call call;
    open_of(&call, db, SQL_DECISION, boot, seq, error);
    int r = call_next(&call);
    if (r <= 0)
        return call_close(&call, r);
    ret->seq = get_u64(&call);
    ret->incident = get_u64(&call);
    ret->at.boot_usec = get_int(&call);
    ret->at.unix_usec = get_int(&call);
    ret->wanted = get_word(&call, action_kind_names, ACTION_KINDS);
    ret->action = get_word(&call, action_kind_names, ACTION_KINDS);
    ret->restraint = get_word(&call, restraint_names, RESTRAINTS);
    ret->reason = get_word(&call, reason_names, REASONS);
    get_text_into(&call, ret->rule, sizeof ret->rule);
    get_text_into(&call, ret->domain, sizeof ret->domain);
    get_target(&call, ret);
    ret->mode = get_word(&call, mode_names, MODES);
    ret->leak_mode = get_word(&call, mode_names, MODES);
    ret->independent = get_int(&call) != 0;
    ret->rank = (int)get_int(&call);
    ret->strikes = get_u32(&call);
    ret->policy_hash = get_u64(&call);
    ret->leak.weakest = get_u32(&call);
    get_report(&call, &ret->leak);
    return close_read(&call, r);
}

static int read_evidence(
    struct db *db, int64_t boot, uint64_t seq, struct evidence *ret, struct mom_error *error)
{
    struct call call;
    open_of(&call, db, SQL_EVIDENCE, boot, seq, error);
    int r = 0;
    while (ret->count < EVIDENCE_MAX && (r = call_next(&call)) > 0) {
        struct evidence_item *item = &ret->item[ret->count++];
        get_text_into(&call, item->name, sizeof item->name);
        item->unit = get_word(&call, unit_words, UNITS);
        item->value = get_real(&call);
        item->relation = *get_text(&call);
        item->bound = get_real(&call);
    }
    return close_read(&call, r);
}

static int read_gates(
    struct db *db, int64_t boot, uint64_t seq, struct leak_report *ret, struct mom_error *error)
{
    struct call call;
    open_of(&call, db, SQL_GATES, boot, seq, error);
    int r = 0;
    while (ret->gates < LEAK_GATES_MAX && (r = call_next(&call)) > 0) {
        struct leak_gate *gate = &ret->gate[ret->gates++];
        get_text_into(&call, gate->name, sizeof gate->name);
        gate->value = get_real(&call);
        gate->threshold = get_real(&call);
        gate->strength = get_real(&call);
        gate->passed = get_int(&call) != 0;
    }
    return close_read(&call, r);
}

static int read_runners_up(
    struct db *db, int64_t boot, uint64_t seq, struct decision *ret, struct mom_error *error)
{
    struct call call;
    open_of(&call, db, SQL_RUNNERS_UP, boot, seq, error);
    int r = 0;
    while (ret->runners_up < RUNNERS_UP_MAX && (r = call_next(&call)) > 0) {
        struct runner_up *runner_up = &ret->runner_up[ret->runners_up++];
        get_text_into(&call, runner_up->key, sizeof runner_up->key);
        runner_up->rank = (int)get_int(&call);
        runner_up->score = get_real(&call);
    }
    return close_read(&call, r);
}

/* 1: there is one. */
static int read_outcome(
    struct db *db, int64_t boot, uint64_t seq, struct query_decision *ret, struct mom_error *error)
{
    struct outcome *outcome = &ret->outcome;
    struct call call;
    open_of(&call, db, SQL_OUTCOME, boot, seq, error);
    int r = call_next(&call);
    if (r <= 0)
        return call_close(&call, r);
    outcome->decision = get_u64(&call);
    outcome->kind = get_word(&call, action_kind_names, ACTION_KINDS);
    outcome->result = get_word(&call, action_result_names, ACTION_RESULTS);
    outcome->started.boot_usec = get_int(&call);
    outcome->started.unix_usec = get_int(&call);
    outcome->ended.boot_usec = get_int(&call);
    outcome->ended.unix_usec = get_int(&call);
    get_text_into(&call, outcome->job, sizeof outcome->job);
    outcome->rounds = get_u32(&call);
    outcome->processes_before = get_u32(&call);
    outcome->survivors = get_u32(&call);
    outcome->bytes_before = get_u64(&call);
    outcome->bytes_after = get_u64(&call);
    outcome->bytes_freed = get_u64(&call);
    get_text_into(&call, outcome->error, sizeof outcome->error);
    ret->processes.total = get_u32(&call);
    ret->processes.complete = get_int(&call) != 0;
    return close_read(&call, r);
}

static int read_survivors(
    struct db *db, int64_t boot, uint64_t seq, struct outcome *ret, struct mom_error *error)
{
    struct call call;
    open_of(&call, db, SQL_SURVIVORS, boot, seq, error);
    int r = 0;
    for (uint32_t i = 0; i < OUTCOME_SURVIVORS_MAX && (r = call_next(&call)) > 0; i++)
        ret->survivor[i] = (int32_t)get_int(&call);
    return call_close(&call, r);
}

static int read_processes(
    struct db *db, int64_t boot, uint64_t seq, struct process_table *ret, struct mom_error *error)
{
    struct call call;
    open_of(&call, db, SQL_PROCESSES, boot, seq, error);
    int r = 0;
    while (ret->count < PROCESS_TABLE_MAX && (r = call_next(&call)) > 0) {
        struct process_row *row = &ret->row[ret->count++];
        row->pid = (int32_t)get_int(&call);
        row->parent = (int32_t)get_int(&call);
        row->uid = get_u32(&call);
        row->state = *get_text(&call);
        get_text_into(&call, row->comm, sizeof row->comm);
        row->vsz_bytes = get_u64(&call);
        row->rss_bytes = get_u64(&call);
        row->swap_bytes = get_u64(&call);
        row->start_ticks = get_u64(&call);
    }
    return call_close(&call, r);
}

static int read_programs(
    struct db *db, int64_t boot, uint64_t seq, struct query_decision *ret, struct mom_error *error)
{
    struct call call;
    open_of(&call, db, SQL_PROGRAMS, boot, seq, error);
    int r = 0;
    while (ret->programs < PROGRAM_ROLES && (r = call_next(&call)) > 0) {
        struct program_outcome *program = &ret->program[ret->programs++];
        program->decision = get_u64(&call);
        program->role = get_word(&call, program_role_names, PROGRAM_ROLES);
        program->result = get_word(&call, program_result_names, PROGRAM_RESULTS);
        program->ended.unix_usec = get_int(&call);
        program->took_usec = get_int(&call);
        program->status = (int32_t)get_int(&call);
        get_text_into(&call, program->command, sizeof program->command);
        get_text_into(&call, program->words, sizeof program->words);
    }
    return close_read(&call, r);
}

static int read_all(
    struct db *db, const char *id, struct query_decision *ret, struct mom_error *error)
{
    int64_t boot = 0;
    uint64_t seq = 0;
    int r = find_decision(db, id, &boot, &seq, ret, error);
    if (r >= 0)
        r = read_decision(db, boot, seq, &ret->decision, error);
    if (r >= 0)
        r = read_evidence(db, boot, seq, &ret->decision.evidence, error);
    if (r >= 0)
        r = read_gates(db, boot, seq, &ret->decision.leak, error);
    if (r >= 0)
        r = read_runners_up(db, boot, seq, &ret->decision, error);
    if (r >= 0)
        r = read_outcome(db, boot, seq, ret, error);
    ret->has_outcome = r > 0;
    if (r > 0)
        r = read_survivors(db, boot, seq, &ret->outcome, error);
    if (r >= 0 && ret->has_outcome)
        r = read_processes(db, boot, seq, &ret->processes, error);
    if (r >= 0)
        r = read_programs(db, boot, seq, ret, error);
    return r < 0 ? r : 0;
}

int query_decision(
    struct db *db, const char *id, struct query_decision *ret, struct mom_error *error)
{
    memset(ret, 0, sizeof *ret);
    int r = snapshot_begin(db, error);
    if (r < 0)
        return r;
    r = read_all(db, id, ret, error);
    snapshot_end(db);
    return r;
}

int query_life_uid(struct db *db, uint64_t serial, uint32_t *ret, struct mom_error *error)
{
    struct call call;
    int64_t uid = 0;
    call_open(&call, db, SQL_LIFE_UID, error);
    put_int(&call, db->boot);
    put_u64(&call, serial);
    int r = call_scalar(&call, &uid);
    *ret = (uint32_t)uid;
    return r;
}
