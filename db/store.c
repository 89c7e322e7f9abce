/* Writing what is neither a sample nor a decision: boots, lives, the node, trends, notes, holds. */
#include "db/store.h"
#include "db/rows.h"
#include "db/samples.h"

#include <errno.h>

int require_boot(struct db *db, struct mom_error *error)
{
    return db->boot ? 0 : error_set(error, -EINVAL, "rows of no boot: store_boot comes first");
}

/* Its row, which is made where there is none yet: 1 then, else 0. */
static int find_boot(struct db *db, const uint8_t boot[16], int64_t first_unix_usec, int64_t *ret,
    struct mom_error *error)
{
    enum { UUID_LENGTH = 16 };
    struct call call;
    call_open(&call, db, SQL_BOOT_ADD, error);
    put_bytes(&call, boot, UUID_LENGTH);
    put_int(&call, first_unix_usec);
    int r = call_run(&call);
    if (r < 0)
        return r;
    bool is_new = db_changes(db) > 0;
    call_open(&call, db, SQL_BOOT_FIND, error);
    put_bytes(&call, boot, UUID_LENGTH);
    r = call_scalar(&call, ret);
    return r < 0 ? r : is_new;
}

int store_boot(struct db *db, const uint8_t boot[16], struct stamp at, struct mom_error *error)
{
    int64_t id = 0;
    int is_new = find_boot(db, boot, at.unix_usec, &id, error);
    if (is_new < 0)
        return is_new;
    if (id != db->boot)
        store_forget(db); /* serials are of a boot */
    db->boot = id;
    return is_new;
}

static int add_boot_end(
    struct db *db, int64_t boot, const struct boot_ended *ended, struct mom_error *error)
{
    bool ordered = ended->how == BOOT_END_ORDERED;
    struct call call;
    call_open(&call, db, SQL_BOOT_END_ADD, error);
    put_int(&call, boot);
    put_word(&call, boot_end_names, BOOT_ENDS, ended->how);
    put_int(&call, ended->begun_unix_usec);
    put_int(&call, ended->found.unix_usec);
    put_int_or_null(&call, ordered, ended->order.unix_usec);
    if (ordered)
        put_word(&call, last_resort_names, LAST_RESORTS, ended->order.way);
    else
        put_null(&call);
    put_int_or_null(&call, ordered, (int64_t)ended->order.decision);
    put_text_within(&call, ended->panic, sizeof ended->panic);
    return call_run(&call);
}

int store_boot_end(struct db *db, const struct boot_ended *ended, const struct decision *decision,
    struct mom_error *error)
{
    int64_t boot = 0, now = db->boot;
    int r = require_boot(db, error);
    if (r == 0)
        r = find_boot(db, ended->boot, ended->begun_unix_usec, &boot, error);
    if (r >= 0)
        r = add_boot_end(db, boot, ended, error);
    if (r < 0 || db_changes(db) == 0)
        return r < 0 ? r : 0;
    if (!decision)
        return 1;
    db->boot = boot; /* it may not have reached the database then */
    r = store_decision(db, decision, error);
    db->boot = now;
    return r < 0 ? r : 1;
}

static void put_slice(struct call *call, const struct slice *slice)
{
    put_text(call, slice->path);
    put_word(call, slice_kind_names, SLICE_KINDS, slice->kind);
    put_text(call, slice->runtime);
}

static int add_slice(struct db *db, const struct slice *slice, struct stamp at, int64_t *ret,
    struct mom_error *error)
{
    struct call call;
    call_open(&call, db, SQL_SLICE_ADD, error);
    put_text(&call, slice->key);
    put_text(&call, slice->name);
    put_slice(&call, slice);
    put_int(&call, at.unix_usec);
    return call_scalar(&call, ret);
}

int store_slice_born(
    struct db *db, const struct slice *slice, struct stamp at, struct mom_error *error)
{
    int64_t id = 0;
    int r = life_slice(db, slice->serial, &id, error);
    if (r != -ENOENT)
        return r; /* stored before, or failed */
    r = add_slice(db, slice, at, &id, error);
    if (r < 0)
        return r;
    struct call call;
    call_open(&call, db, SQL_LIFE_ADD, error);
    put_int(&call, db->boot);
    put_u64(&call, slice->serial);
    put_int(&call, id);
    put_u64(&call, slice->life.mount);
    put_u64(&call, slice->life.inode);
    put_int(&call, slice->uid);
    put_slice(&call, slice);
    put_text(&call, slice->name);
    put_int(&call, at.unix_usec);
    put_word(&call, slice_protection_names, SLICE_PROTECTIONS, slice->protection);
    return call_run(&call);
}

int store_slice_vanished(struct db *db, uint64_t serial, struct stamp at, struct mom_error *error)
{
    int r = samples_end_life(db, serial, error);
    if (r < 0)
        return r;
    struct call call;
    call_open(&call, db, SQL_LIFE_VANISHED, error);
    put_int(&call, db->boot);
    put_u64(&call, serial);
    put_int(&call, at.unix_usec);
    return call_run(&call);
}

int store_oom_kills(
    struct db *db, uint64_t serial, struct stamp at, uint64_t kills, struct mom_error *error)
{
    int r = require_boot(db, error);
    if (r < 0)
        return r;
    struct call call;
    call_open(&call, db, SQL_LIFE_OOM_KILLS, error);
    put_int(&call, db->boot);
    put_u64(&call, serial);
    put_u64(&call, kills);
    put_int(&call, at.unix_usec);
    return call_run(&call);
}

/* Written only when there are more of them. */
static int store_node_oom_kills(
    struct db *db, const struct node_sample *node, struct mom_error *error)
{
    uint64_t kills = node->value[NODE_OOM_KILL];
    if (!node_has(node, NODE_OOM_KILL) || kills <= db->oom_kills || !db->boot)
        return 0;
    struct call call;
    call_open(&call, db, SQL_BOOT_OOM_KILLS, error);
    put_int(&call, db->boot);
    put_u64(&call, kills);
    put_int(&call, node->at.unix_usec);
    db->oom_kills = kills;
    return call_run(&call);
}

static void put_node(struct call *call, const struct node_sample *node)
{
    for (unsigned field = 0; field < NODE_FIELDS; field++)
        put_int_or_null(call, node_has(node, field), (int64_t)node->value[field]);
}

int store_node(struct db *db, const struct node_sample *node, struct mom_error *error)
{
    struct call call;
    call_open(&call, db, SQL_NODE_ADD, error);
    put_int(&call, node->at.unix_usec);
    put_node(&call, node);
    put_int_or_null(&call, db->boot != 0, db->boot);
    put_int(&call, node->at.boot_usec);
    int r = call_run(&call);
    return r < 0 ? r : store_node_oom_kills(db, node, error);
}

int store_look(struct db *db, const struct node_look *look, struct mom_error *error)
{
    int r = require_boot(db, error);
    if (r < 0)
        return r;
    struct call call;
    call_open(&call, db, SQL_LOOK_ADD, error);
    put_int(&call, look->node.at.unix_usec);
    put_node(&call, &look->node);
    put_int(&call, db->boot);
    put_int(&call, look->node.at.boot_usec);
    put_int(&call, look->kind);
    put_int(&call, look->standing_usec);
    put_real(&call, look->fill_rate);
    put_int(&call, look->swapped_out_usec);
    put_int(&call, look->reclaimed_usec);
    put_int(&call, look->psi_stuck_since_usec);
    put_real(&call, look->stalled);
    put_text_within(&call, look->domain, sizeof look->domain);
    put_real(&call, look->room_due);
    put_real(&call, look->listed_room);
    put_limit(&call, look->charged);
    put_int(&call, look->last_resort.confined);
    put_int_or_null(&call, look->last_resort.known, look->last_resort.ends);
    put_int(&call, look->last_resort.newest_unix_usec);
    put_int(&call, look->last_resort.tried_usec);
    return call_run(&call);
}

int store_policy_use(struct db *db, struct stamp at, uint64_t hash, struct mom_error *error)
{
    int r = require_boot(db, error);
    if (r < 0)
        return r;
    struct call call;
    call_open(&call, db, SQL_POLICY_USE_ADD, error);
    put_int(&call, db->boot);
    put_int(&call, at.boot_usec);
    put_int(&call, at.unix_usec);
    put_u64(&call, hash);
    return call_run(&call);
}

int store_policy(struct db *db, const struct policy *policy, struct mom_error *error)
{
    struct policy_layer layer;
    for (uint32_t n = 0; policy_layer(policy, n, &layer); n++) {
        struct call call;
        call_open(&call, db, SQL_POLICY_LAYER_ADD, error);
        put_u64(&call, policy_hash(policy));
        put_int(&call, n);
        put_text(&call, layer.file);
        put_bytes(&call, layer.text, layer.length);
        int r = call_run(&call);
        if (r < 0)
            return r;
    }
    return 0;
}

int store_trend(struct db *db, uint64_t serial, struct stamp at, const struct leak_report *report,
    struct mom_error *error)
{
    int64_t slice = 0;
    int r = life_slice(db, serial, &slice, error);
    if (r < 0)
        return r;
    struct call call;
    call_open(&call, db, SQL_TREND_ADD, error);
    put_int(&call, slice);
    put_int(&call, db->boot);
    put_int(&call, at.boot_usec);
    put_u64(&call, serial);
    put_int(&call, at.unix_usec);
    put_report(&call, report);
    return call_run(&call);
}

int store_note(struct db *db, uint64_t seq, struct stamp at, const char *kind, const char *text,
    struct mom_error *error)
{
    int r = require_boot(db, error);
    if (r < 0)
        return r;
    struct call call;
    call_open(&call, db, SQL_NOTE_ADD, error);
    put_int(&call, db->boot);
    put_u64(&call, seq);
    put_int(&call, at.boot_usec);
    put_int(&call, at.unix_usec);
    put_text(&call, kind);
    put_text(&call, text);
    return call_run(&call);
}

int store_warm_start(struct db *db, uint64_t serial, struct stamp at, struct mom_error *error)
{
    int r = require_boot(db, error);
    if (r < 0)
        return r;
    struct call call;
    call_open(&call, db, SQL_WARM_START_ADD, error);
    put_int(&call, db->boot);
    put_u64(&call, serial);
    put_int(&call, at.boot_usec);
    put_int(&call, at.unix_usec);
    return call_run(&call);
}

/* What a person has said of a slice, with a number: both tables have the same columns. */
static int store_order(struct db *db, enum statement statement, const char *key, int64_t number,
    uint32_t by_uid, const char *why, struct stamp at, struct mom_error *error)
{
    int r = require_boot(db, error);
    if (r < 0)
        return r;
    struct call call;
    call_open(&call, db, statement, error);
    put_text(&call, key);
    put_int(&call, db->boot);
    put_int(&call, at.boot_usec);
    put_int(&call, at.unix_usec);
    put_int(&call, number);
    put_int(&call, by_uid);
    put_text(&call, why);
    return call_run(&call);
}

int store_hold(struct db *db, const char *key, int64_t until_unix_usec, uint32_t by_uid,
    const char *why, struct stamp at, struct mom_error *error)
{
    return store_order(db, SQL_HOLD_ADD, key, until_unix_usec, by_uid, why, at, error);
}

int store_dismissal(struct db *db, const char *key, uint64_t bytes, uint32_t by_uid,
    const char *why, struct stamp at, struct mom_error *error)
{
    int64_t most = bytes < INT64_MAX ? (int64_t)bytes : INT64_MAX;
    return store_order(db, SQL_DISMISSAL_ADD, key, most, by_uid, why, at, error);
}
