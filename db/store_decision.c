/* Writing decisions and outcomes: one row each, and a row for every item that belongs to it. */
#include "db/rows.h"
#include "db/store.h"

/* Opens the call that adds item `n` of a decision. */
static void open_item(struct call *call, struct db *db, enum statement statement, uint64_t decision,
    uint32_t n, struct mom_error *error)
{
    call_open(call, db, statement, error);
    put_int(call, db->boot);
    put_u64(call, decision);
    put_int(call, n);
}

static uint32_t at_most(uint32_t count, uint32_t max)
{
    return count < max ? count : max;
}

static int add_evidence(struct db *db, const struct decision *decision, struct mom_error *error)
{
    uint32_t count = at_most(decision->evidence.count, EVIDENCE_MAX);
    for (uint32_t i = 0; i < count; i++) {
        const struct evidence_item *item = &decision->evidence.item[i];
        struct call call;
        open_item(&call, db, SQL_EVIDENCE_ADD, decision->seq, i, error);
        put_text_within(&call, item->name, sizeof item->name);
        put_word(&call, unit_words, UNITS, item->unit);
        put_real(&call, item->value);
        put_text_within(&call, &item->relation, 1);
        put_real(&call, item->bound);
        int r = call_run(&call);
        if (r < 0)
            return r;
    }
    return 0;
}

static int add_gates(struct db *db, const struct decision *decision, struct mom_error *error)
{
    uint32_t count = at_most(decision->leak.gates, LEAK_GATES_MAX);
    for (uint32_t i = 0; i < count; i++) {
        const struct leak_gate *gate = &decision->leak.gate[i];
        struct call call;
        open_item(&call, db, SQL_GATE_ADD, decision->seq, i, error);
        put_text_within(&call, gate->name, sizeof gate->name);
        put_real(&call, gate->value);
        put_real(&call, gate->threshold);
        put_real(&call, gate->strength);
        put_int(&call, gate->passed);
        int r = call_run(&call);
        if (r < 0)
            return r;
    }
    return 0;
}

static int add_runners_up(struct db *db, const struct decision *decision, struct mom_error *error)
{
    uint32_t count = at_most(decision->runners_up, RUNNERS_UP_MAX);
    for (uint32_t i = 0; i < count; i++) {
        const struct runner_up *runner_up = &decision->runner_up[i];
        struct call call;
        open_item(&call, db, SQL_RUNNER_UP_ADD, decision->seq, i, error);
        put_text_within(&call, runner_up->key, sizeof runner_up->key);
        put_int(&call, runner_up->rank);
        put_real(&call, runner_up->score);
        int r = call_run(&call);
        if (r < 0)
            return r;
    }
    return 0;
}

/* An incident lasts from its first decision to the all-clear that names it. */
static int add_incident(struct db *db, const struct decision *decision, struct mom_error *error)
{
    if (decision->incident == 0)
        return 0;
    bool over = decision->reason == REASON_ALL_CLEAR || decision->reason == REASON_GONE;
    struct call call;
    call_open(&call, db, over ? SQL_INCIDENT_CLOSE : SQL_INCIDENT_OPEN, error);
    put_int(&call, db->boot);
    put_u64(&call, decision->incident);
    put_int(&call, decision->at.unix_usec);
    return call_run(&call);
}

static void put_target(struct call *call, const struct decision *decision)
{
    put_u64(call, decision->serial);
    put_bytes(call, decision->life.boot, sizeof decision->life.boot);
    put_u64(call, decision->life.mount);
    put_u64(call, decision->life.inode);
    put_text_within(call, decision->path, sizeof decision->path);
    put_text_within(call, decision->key, sizeof decision->key);
    put_text_within(call, decision->name, sizeof decision->name);
    put_text_within(call, decision->owner, sizeof decision->owner);
}

static int add_decision(struct db *db, const struct decision *decision, struct mom_error *error)
{
    struct call call;
    call_open(&call, db, SQL_DECISION_ADD, error);
    put_int(&call, db->boot);
    put_u64(&call, decision->seq);
    put_u64(&call, decision->incident);
    put_int(&call, decision->at.boot_usec);
    put_int(&call, decision->at.unix_usec);
    put_word(&call, action_kind_names, ACTION_KINDS, decision->wanted);
    put_word(&call, action_kind_names, ACTION_KINDS, decision->action);
    put_word(&call, restraint_names, RESTRAINTS, decision->restraint);
    put_word(&call, reason_names, REASONS, decision->reason);
    put_text_within(&call, decision->rule, sizeof decision->rule);
    put_text_within(&call, decision->domain, sizeof decision->domain);
    put_target(&call, decision);
    put_word(&call, mode_names, MODES, decision->mode);
    put_word(&call, mode_names, MODES, decision->leak_mode);
    put_int(&call, decision->independent);
    put_int(&call, decision->rank);
    put_int(&call, decision->strikes);
    put_u64(&call, decision->policy_hash);
    put_int(&call, decision->leak.weakest);
    put_report(&call, &decision->leak);
    return call_run(&call);
}

int store_decision(struct db *db, const struct decision *decision, struct mom_error *error)
{
    int r = require_boot(db, error);
    if (r == 0)
        r = add_decision(db, decision, error);
    if (r < 0 || db_changes(db) == 0)
        return r; /* failed, or stored before */
    r = add_evidence(db, decision, error);
    if (r == 0)
        r = add_gates(db, decision, error);
    if (r == 0)
        r = add_runners_up(db, decision, error);
    return r < 0 ? r : add_incident(db, decision, error);
}

static int add_outcome(struct db *db, const struct outcome *outcome,
    const struct process_table *processes, struct mom_error *error)
{
    struct call call;
    call_open(&call, db, SQL_OUTCOME_ADD, error);
    put_int(&call, db->boot);
    put_u64(&call, outcome->decision);
    put_word(&call, action_kind_names, ACTION_KINDS, outcome->kind);
    put_word(&call, action_result_names, ACTION_RESULTS, outcome->result);
    put_int(&call, outcome->started.boot_usec);
    put_int(&call, outcome->started.unix_usec);
    put_int(&call, outcome->ended.boot_usec);
    put_int(&call, outcome->ended.unix_usec);
    put_text_within(&call, outcome->job, sizeof outcome->job);
    put_int(&call, outcome->rounds);
    put_int(&call, outcome->processes_before);
    put_int(&call, outcome->survivors);
    put_u64(&call, outcome->bytes_before);
    put_u64(&call, outcome->bytes_after);
    put_u64(&call, outcome->bytes_freed);
    put_text_within(&call, outcome->error, sizeof outcome->error);
    put_int(&call, processes->total);
    put_int(&call, processes->complete);
    return call_run(&call);
}

static int add_survivors(struct db *db, const struct outcome *outcome, struct mom_error *error)
{
    uint32_t count = at_most(outcome->survivors, OUTCOME_SURVIVORS_MAX);
    for (uint32_t i = 0; i < count; i++) {
        struct call call;
        open_item(&call, db, SQL_SURVIVOR_ADD, outcome->decision, i, error);
        put_int(&call, outcome->survivor[i]);
        int r = call_run(&call);
        if (r < 0)
            return r;
    }
    return 0;
}

static int add_processes(struct db *db, uint64_t decision, const struct process_table *processes,
    struct mom_error *error)
{
    uint32_t count = at_most(processes->count, PROCESS_TABLE_MAX);
    for (uint32_t i = 0; i < count; i++) {
        const struct process_row *row = &processes->row[i];
        struct call call;
        open_item(&call, db, SQL_PROCESS_ADD, decision, i, error);
        put_int(&call, row->pid);
        put_int(&call, row->parent);
        put_int(&call, row->uid);
        put_text_within(&call, &row->state, 1);
        put_text_within(&call, row->comm, sizeof row->comm);
        put_u64(&call, row->vsz_bytes);
        put_u64(&call, row->rss_bytes);
        put_u64(&call, row->swap_bytes);
        put_u64(&call, row->start_ticks);
        int r = call_run(&call);
        if (r < 0)
            return r;
    }
    return 0;
}

int store_outcome(struct db *db, const struct outcome *outcome,
    const struct process_table *processes, struct mom_error *error)
{
    static const struct process_table nothing_seen;
    if (!processes)
        processes = &nothing_seen;
    int r = require_boot(db, error);
    if (r == 0)
        r = add_outcome(db, outcome, processes, error);
    if (r < 0 || db_changes(db) == 0)
        return r; /* failed, or stored before */
    r = add_survivors(db, outcome, error);
    return r < 0 ? r : add_processes(db, outcome->decision, processes, error);
}

int store_program(struct db *db, const struct program_outcome *program, struct mom_error *error)
{
    int r = require_boot(db, error);
    if (r < 0)
        return r;
    struct call call;
    call_open(&call, db, SQL_PROGRAM_ADD, error);
    put_int(&call, db->boot);
    put_u64(&call, program->decision);
    put_word(&call, program_role_names, PROGRAM_ROLES, program->role);
    put_word(&call, program_result_names, PROGRAM_RESULTS, program->result);
    put_int(&call, program->ended.unix_usec);
    put_int(&call, program->took_usec);
    put_int(&call, program->status);
    put_text_within(&call, program->command, sizeof program->command);
    put_text_within(&call, program->words, sizeof program->words);
    return call_run(&call);
}
