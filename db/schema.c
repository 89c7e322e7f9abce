/* The tables. A migration that has been released is never changed: append another. */
#include "db/schema.h"
#include "db/connection.h"

#include <errno.h>

#define APPLICATION_ID "1836019044" /* "momd": `file` and a reader tell it from other databases */

/* What a leak report says, in the order of put_report and get_report (rows.c). */
#define REPORT_COLUMNS                                                                             \
    "verdict TEXT NOT NULL, shape TEXT NOT NULL, rate REAL, rate_low REAL, rate_high REAL,"        \
    "at_usec INTEGER NOT NULL, since_usec INTEGER NOT NULL, window_usec INTEGER NOT NULL,"         \
    "floor_bytes INTEGER NOT NULL, grown_bytes INTEGER NOT NULL, limit_bytes INTEGER,"             \
    "forecast INTEGER NOT NULL, left_p10 REAL, left_p50 REAL, left_p90 REAL"

static const char *const migrations[] = {
    "PRAGMA application_id = " APPLICATION_ID ";"

    /* Who: boots, slices (by key, over all lives), lives. */
    "CREATE TABLE boot (id INTEGER PRIMARY KEY, uuid BLOB NOT NULL UNIQUE,"
    " first_usec INTEGER NOT NULL) STRICT;"
    "CREATE TABLE slice (id INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, name TEXT NOT NULL,"
    " path TEXT NOT NULL, kind TEXT NOT NULL, runtime TEXT NOT NULL,"
    " first_usec INTEGER NOT NULL, last_usec INTEGER NOT NULL,"
    " mark INTEGER) STRICT;" /* time of the sample that was stored last */
    "CREATE INDEX slice_last ON slice(last_usec);"
    "CREATE TABLE life (boot INTEGER NOT NULL, serial INTEGER NOT NULL,"
    " slice INTEGER NOT NULL REFERENCES slice ON DELETE CASCADE,"
    " mount INTEGER NOT NULL, inode INTEGER NOT NULL, uid INTEGER NOT NULL, path TEXT NOT NULL,"
    " kind TEXT NOT NULL, runtime TEXT NOT NULL, name TEXT NOT NULL,"
    " born_usec INTEGER NOT NULL, vanished_usec INTEGER,"
    " PRIMARY KEY (boot, serial)) STRICT, WITHOUT ROWID;"
    "CREATE INDEX life_slice ON life(slice);"

    /* Samples: t in Unix seconds, memory in pages of 4 KiB, pressure in hundredths of a per cent;
     * NULL: not known. */
    "CREATE TABLE raw (slice INTEGER NOT NULL, t INTEGER NOT NULL, rss INTEGER, swap INTEGER,"
    " footprint INTEGER, current INTEGER, pressure INTEGER, faults INTEGER NOT NULL,"
    " PRIMARY KEY (slice, t)) STRICT, WITHOUT ROWID;"
    "CREATE TABLE shifted (slice INTEGER NOT NULL, t INTEGER NOT NULL,"
    " boot INTEGER NOT NULL, serial INTEGER NOT NULL, unix_usec INTEGER NOT NULL,"
    " PRIMARY KEY (slice, t), UNIQUE (boot, serial, unix_usec)) STRICT, WITHOUT ROWID;"
    "CREATE TABLE limit_change (slice INTEGER NOT NULL REFERENCES slice ON DELETE CASCADE,"
    " t INTEGER NOT NULL, bytes INTEGER,"
    " PRIMARY KEY (slice, t)) STRICT, WITHOUT ROWID;"
    "CREATE TABLE rollup (span INTEGER NOT NULL, slice INTEGER NOT NULL, t INTEGER NOT NULL,"
    " n INTEGER NOT NULL, rss INTEGER, swap INTEGER, footprint INTEGER, current INTEGER,"
    " footprint_min INTEGER, footprint_max INTEGER, pressure INTEGER, faults INTEGER NOT NULL,"
    " limit_bytes INTEGER, PRIMARY KEY (span, slice, t)) STRICT, WITHOUT ROWID;"
    "CREATE TABLE tier (span INTEGER NOT NULL, slice INTEGER NOT NULL, oldest INTEGER NOT NULL,"
    " due INTEGER, PRIMARY KEY (span, slice)) STRICT, WITHOUT ROWID;"
    "CREATE INDEX tier_oldest ON tier(span, oldest);"
    "CREATE INDEX tier_due ON tier(span, due);"

    /* The columns are the names of node_fields, in their order. */
    "CREATE TABLE node (unix_usec INTEGER PRIMARY KEY, mem_total INTEGER, mem_free INTEGER,"
    " mem_available INTEGER, cached INTEGER, shmem INTEGER, anon INTEGER,"
    " slab_reclaimable INTEGER, slab_unreclaimable INTEGER, swap_total INTEGER,"
    " swap_free INTEGER, swap_cached INTEGER, swap_devices INTEGER, zram_swap INTEGER,"
    " pswpin INTEGER, pswpout INTEGER, pgmajfault INTEGER, pgscan_direct INTEGER,"
    " allocstall INTEGER, oom_kill INTEGER, psi_some_avg10 INTEGER, psi_full_avg10 INTEGER,"
    " psi_some_total INTEGER, psi_full_total INTEGER) STRICT;"

    /* Verdicts, decisions and what belongs to them. */
    "CREATE TABLE trend (slice INTEGER NOT NULL REFERENCES slice ON DELETE CASCADE,"
    " boot INTEGER NOT NULL, boot_usec INTEGER NOT NULL, serial INTEGER NOT NULL,"
    " unix_usec INTEGER NOT NULL, " REPORT_COLUMNS ","
    " PRIMARY KEY (slice, boot, boot_usec, serial)) STRICT, WITHOUT ROWID;"
    "CREATE INDEX trend_time ON trend(unix_usec);"
    "CREATE TABLE decision (boot INTEGER NOT NULL, seq INTEGER NOT NULL,"
    " incident INTEGER NOT NULL, boot_usec INTEGER NOT NULL, unix_usec INTEGER NOT NULL,"
    " wanted TEXT NOT NULL, action TEXT NOT NULL, restraint TEXT NOT NULL, reason TEXT NOT NULL,"
    " rule TEXT NOT NULL, serial INTEGER NOT NULL, life_boot BLOB NOT NULL,"
    " mount INTEGER NOT NULL, inode INTEGER NOT NULL, path TEXT NOT NULL, key TEXT NOT NULL,"
    " name TEXT NOT NULL, owner TEXT NOT NULL, mode TEXT NOT NULL, leak_mode TEXT NOT NULL,"
    " rank INTEGER NOT NULL, strikes INTEGER NOT NULL, policy_hash INTEGER NOT NULL,"
    " weakest_gate INTEGER NOT NULL, " REPORT_COLUMNS ","
    " PRIMARY KEY (boot, seq)) STRICT, WITHOUT ROWID;"
    "CREATE INDEX decision_time ON decision(unix_usec);"
    "CREATE INDEX decision_key ON decision(key, unix_usec);"
    "CREATE TABLE evidence (boot INTEGER NOT NULL, decision INTEGER NOT NULL, n INTEGER NOT NULL,"
    " name TEXT NOT NULL, unit TEXT NOT NULL, value REAL, relation TEXT NOT NULL, bound REAL,"
    " PRIMARY KEY (boot, decision, n),"
    " FOREIGN KEY (boot, decision) REFERENCES decision ON DELETE CASCADE) STRICT, WITHOUT ROWID;"
    "CREATE TABLE gate (boot INTEGER NOT NULL, decision INTEGER NOT NULL, n INTEGER NOT NULL,"
    " name TEXT NOT NULL, value REAL, threshold REAL, strength REAL, passed INTEGER NOT NULL,"
    " PRIMARY KEY (boot, decision, n),"
    " FOREIGN KEY (boot, decision) REFERENCES decision ON DELETE CASCADE) STRICT, WITHOUT ROWID;"
    "CREATE TABLE runner_up (boot INTEGER NOT NULL, decision INTEGER NOT NULL,"
    " n INTEGER NOT NULL, key TEXT NOT NULL, rank INTEGER NOT NULL, score REAL,"
    " PRIMARY KEY (boot, decision, n),"
    " FOREIGN KEY (boot, decision) REFERENCES decision ON DELETE CASCADE) STRICT, WITHOUT ROWID;"
    "CREATE TABLE incident (boot INTEGER NOT NULL, seq INTEGER NOT NULL,"
    " opened_usec INTEGER NOT NULL, closed_usec INTEGER,"
    " PRIMARY KEY (boot, seq)) STRICT, WITHOUT ROWID;"
    "CREATE INDEX incident_time ON incident(opened_usec);"

    /* An outcome may arrive before its decision, or without: they come through different rings. */
    "CREATE TABLE outcome (boot INTEGER NOT NULL, decision INTEGER NOT NULL,"
    " kind TEXT NOT NULL, result TEXT NOT NULL, started_boot_usec INTEGER NOT NULL,"
    " started_usec INTEGER NOT NULL, ended_boot_usec INTEGER NOT NULL,"
    " ended_usec INTEGER NOT NULL, rounds INTEGER NOT NULL, processes_before INTEGER NOT NULL,"
    " survivors INTEGER NOT NULL, bytes_before INTEGER NOT NULL, bytes_after INTEGER NOT NULL,"
    " bytes_freed INTEGER NOT NULL, error TEXT NOT NULL, processes INTEGER NOT NULL,"
    " complete INTEGER NOT NULL, PRIMARY KEY (boot, decision)) STRICT, WITHOUT ROWID;"
    "CREATE INDEX outcome_time ON outcome(ended_usec);"
    "CREATE TABLE survivor (boot INTEGER NOT NULL, decision INTEGER NOT NULL,"
    " n INTEGER NOT NULL, pid INTEGER NOT NULL, PRIMARY KEY (boot, decision, n),"
    " FOREIGN KEY (boot, decision) REFERENCES outcome ON DELETE CASCADE) STRICT, WITHOUT ROWID;"
    "CREATE TABLE process (boot INTEGER NOT NULL, decision INTEGER NOT NULL,"
    " n INTEGER NOT NULL, pid INTEGER NOT NULL, parent INTEGER NOT NULL, uid INTEGER NOT NULL,"
    " state TEXT NOT NULL, comm TEXT NOT NULL, vsz_bytes INTEGER NOT NULL,"
    " rss_bytes INTEGER NOT NULL, swap_bytes INTEGER NOT NULL, start_ticks INTEGER NOT NULL,"
    " PRIMARY KEY (boot, decision, n),"
    " FOREIGN KEY (boot, decision) REFERENCES outcome ON DELETE CASCADE) STRICT, WITHOUT ROWID;"

    "CREATE TABLE note (boot INTEGER NOT NULL, seq INTEGER NOT NULL,"
    " boot_usec INTEGER NOT NULL, unix_usec INTEGER NOT NULL, kind TEXT NOT NULL,"
    " text TEXT NOT NULL, PRIMARY KEY (boot, seq)) STRICT, WITHOUT ROWID;"
    "CREATE INDEX note_time ON note(unix_usec);"
    "CREATE TABLE hold (key TEXT NOT NULL, boot INTEGER NOT NULL, boot_usec INTEGER NOT NULL,"
    " unix_usec INTEGER NOT NULL, until_usec INTEGER NOT NULL, by_uid INTEGER NOT NULL,"
    " why TEXT NOT NULL, PRIMARY KEY (key, boot, boot_usec)) STRICT, WITHOUT ROWID;"
    "CREATE TABLE mail (id INTEGER PRIMARY KEY, boot INTEGER NOT NULL,"
    " decision INTEGER NOT NULL, key TEXT NOT NULL, stage TEXT NOT NULL,"
    " created_usec INTEGER NOT NULL, next_try_usec INTEGER NOT NULL, state TEXT NOT NULL,"
    " tries INTEGER NOT NULL, message_id TEXT NOT NULL, recipients TEXT NOT NULL,"
    " bytes BLOB NOT NULL, last_error TEXT NOT NULL) STRICT;"
    "CREATE INDEX mail_state ON mail(state, next_try_usec);"
    "CREATE INDEX mail_key ON mail(key, stage, created_usec);"
    "CREATE UNIQUE INDEX mail_decision ON mail(boot, decision, stage) WHERE decision <> 0;",

    /* The kernel's OOM kills: its counter of the node since the boot, and of a group since it was
     * made, each as high as it was ever seen, and when that was. Governors that follow each other
     * see the same group (boot, mount, inode) as lives of several serials. */
    "ALTER TABLE boot ADD COLUMN oom_kills INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE boot ADD COLUMN oom_usec INTEGER;"
    "ALTER TABLE life ADD COLUMN oom_kills INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE life ADD COLUMN oom_usec INTEGER;"
    "CREATE INDEX life_oom ON life(slice, boot, mount, inode, oom_kills, oom_usec)"
    " WHERE oom_kills > 0;",

    /* A mail's outcome for each recipient. */
    "ALTER TABLE mail ADD COLUMN subject TEXT NOT NULL DEFAULT '';"
    "CREATE TABLE delivery (mail INTEGER NOT NULL REFERENCES mail ON DELETE CASCADE,"
    " address TEXT NOT NULL, state TEXT NOT NULL, tries INTEGER NOT NULL,"
    " next_try_usec INTEGER NOT NULL, last_error TEXT NOT NULL,"
    " PRIMARY KEY (mail, address)) STRICT, WITHOUT ROWID;"
    "WITH RECURSIVE piece(mail, address, rest) AS (SELECT id, '', recipients || ',' FROM mail"
    " UNION ALL SELECT mail, substr(rest, 1, instr(rest, ',') - 1),"
    " substr(rest, instr(rest, ',') + 1) FROM piece WHERE rest <> '')"
    " INSERT OR IGNORE INTO delivery SELECT mail, address, state, tries, next_try_usec, last_error"
    " FROM piece JOIN mail ON mail.id = piece.mail WHERE address <> '';"
    "DROP INDEX mail_state;"
    "ALTER TABLE mail DROP COLUMN state;"
    "ALTER TABLE mail DROP COLUMN tries;"
    "ALTER TABLE mail DROP COLUMN next_try_usec;"
    "ALTER TABLE mail DROP COLUMN recipients;"
    "ALTER TABLE mail DROP COLUMN last_error;"
    "CREATE INDEX mail_created ON mail(created_usec);"
    "CREATE INDEX delivery_state ON delivery(state, next_try_usec);",

    /* What else decisions are made from, so that they can be made again: of a sample also what is
     * shared and what lies in the swap cache; ticks by their boot time; the guard's looks while the
     * node was close to trouble (the columns are those of node and of struct node_look); which
     * policy was in force (file NULL: built in). */
    "ALTER TABLE raw ADD COLUMN shmem INTEGER;"
    "ALTER TABLE raw ADD COLUMN swapcached INTEGER;"
    "ALTER TABLE limit_change ADD COLUMN high INTEGER;"
    "ALTER TABLE life ADD COLUMN protection TEXT NOT NULL DEFAULT '';"
    "ALTER TABLE node ADD COLUMN boot INTEGER;"
    "ALTER TABLE node ADD COLUMN boot_usec INTEGER;"
    "CREATE TABLE look (boot INTEGER NOT NULL, boot_usec INTEGER NOT NULL, kind INTEGER NOT NULL,"
    " unix_usec INTEGER NOT NULL, standing_usec INTEGER NOT NULL, fill_rate REAL,"
    " swapped_out_usec INTEGER NOT NULL, reclaimed_usec INTEGER NOT NULL,"
    " psi_stuck_usec INTEGER NOT NULL, mem_total INTEGER, mem_free INTEGER,"
    " mem_available INTEGER, cached INTEGER, shmem INTEGER, anon INTEGER,"
    " slab_reclaimable INTEGER, slab_unreclaimable INTEGER, swap_total INTEGER,"
    " swap_free INTEGER, swap_cached INTEGER, swap_devices INTEGER, zram_swap INTEGER,"
    " pswpin INTEGER, pswpout INTEGER, pgmajfault INTEGER, pgscan_direct INTEGER,"
    " allocstall INTEGER, oom_kill INTEGER, psi_some_avg10 INTEGER, psi_full_avg10 INTEGER,"
    " psi_some_total INTEGER, psi_full_total INTEGER,"
    " PRIMARY KEY (boot, boot_usec, kind)) STRICT, WITHOUT ROWID;"
    "CREATE INDEX look_time ON look(unix_usec);"
    "CREATE TABLE policy_use (boot INTEGER NOT NULL, boot_usec INTEGER NOT NULL,"
    " unix_usec INTEGER NOT NULL, hash INTEGER NOT NULL,"
    " PRIMARY KEY (boot, boot_usec)) STRICT, WITHOUT ROWID;"
    "CREATE INDEX policy_use_time ON policy_use(unix_usec);"
    "CREATE TABLE policy_layer (hash INTEGER NOT NULL, n INTEGER NOT NULL, file TEXT,"
    " text BLOB NOT NULL, UNIQUE (hash, n)) STRICT;",

    /* Of a sample, what a policy that ranks by processes goes by, and the memory nodes that the
     * slice is bound to, where it is bound to a part of them, what groups that it shares with
     * others could still give, how much swap it may have, and its kernel memory. Of a leak,
     * through which kind of memory it grows. Of a look, how much of the time all
     * have waited for memory, how much room is due since the last reset, how much there was when
     * the list was made, what the slice had that was to be reset, and what the last resort
     * depends on; of looks and decisions, which
     * domain they are about: a group with a limit that slices share, the name of memory nodes, ''
     * for the node. Of a slice whose jobs are independent, which one went, '' for the slice as a
     * whole. Leaks that a person has called none. When a life was told of its slice's past. What
     * came of the operators' programs. How boots ended that no clean stop came before. */
    "ALTER TABLE raw ADD COLUMN badness INTEGER;"
    "ALTER TABLE raw ADD COLUMN mems INTEGER;"
    "ALTER TABLE raw ADD COLUMN room INTEGER;"
    "ALTER TABLE raw ADD COLUMN kernel INTEGER;"
    "ALTER TABLE trend ADD COLUMN channel TEXT NOT NULL DEFAULT 'unknown';"
    "ALTER TABLE decision ADD COLUMN channel TEXT NOT NULL DEFAULT 'unknown';"
    "ALTER TABLE limit_change ADD COLUMN swap INTEGER;"
    "ALTER TABLE look ADD COLUMN stalled REAL;"
    "ALTER TABLE look ADD COLUMN room_due REAL;"
    "ALTER TABLE look ADD COLUMN listed_room REAL;"
    "ALTER TABLE look ADD COLUMN charged INTEGER;"
    "ALTER TABLE look ADD COLUMN domain TEXT NOT NULL DEFAULT '';"
    "ALTER TABLE look ADD COLUMN confined INTEGER;"
    "ALTER TABLE look ADD COLUMN boot_ends INTEGER;"
    "ALTER TABLE look ADD COLUMN newest_end_usec INTEGER;"
    "ALTER TABLE look ADD COLUMN tried_usec INTEGER;"
    "ALTER TABLE decision ADD COLUMN domain TEXT NOT NULL DEFAULT '';"
    "ALTER TABLE decision ADD COLUMN independent INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE outcome ADD COLUMN job TEXT NOT NULL DEFAULT '';"
    "CREATE TABLE dismissal (key TEXT NOT NULL, boot INTEGER NOT NULL, boot_usec INTEGER NOT NULL,"
    " unix_usec INTEGER NOT NULL, bytes INTEGER NOT NULL, by_uid INTEGER NOT NULL,"
    " why TEXT NOT NULL, PRIMARY KEY (key, boot, boot_usec)) STRICT, WITHOUT ROWID;"
    "CREATE TABLE warm_start (boot INTEGER NOT NULL, serial INTEGER NOT NULL,"
    " boot_usec INTEGER NOT NULL, unix_usec INTEGER NOT NULL,"
    " PRIMARY KEY (boot, serial, boot_usec)) STRICT, WITHOUT ROWID;"
    "CREATE TABLE program (boot INTEGER NOT NULL, decision INTEGER NOT NULL, role TEXT NOT NULL,"
    " result TEXT NOT NULL, ended_usec INTEGER NOT NULL, took_usec INTEGER NOT NULL,"
    " status INTEGER NOT NULL, command TEXT NOT NULL, words TEXT NOT NULL,"
    " PRIMARY KEY (boot, decision, role)) STRICT, WITHOUT ROWID;"
    "CREATE INDEX program_time ON program(ended_usec);"
    "CREATE TABLE boot_end (boot INTEGER PRIMARY KEY, how TEXT NOT NULL, begun_usec INTEGER NOT "
    "NULL,"
    " found_usec INTEGER NOT NULL, ordered_usec INTEGER, way TEXT, decision INTEGER,"
    " panic TEXT NOT NULL) STRICT;",
};

enum { NEWEST_VERSION = sizeof migrations / sizeof migrations[0] };

static int read_pragma(
    struct db *db, enum statement statement, int64_t *ret, struct mom_error *error)
{
    struct call call;
    call_open(&call, db, statement, error);
    return call_scalar(&call, ret);
}

int schema_version(struct db *db, struct mom_error *error)
{
    int64_t version = 0;
    int r = read_pragma(db, SQL_USER_VERSION, &version, error);
    return r < 0 ? r : (int)version;
}

int schema_check(struct db *db, struct mom_error *error)
{
    int64_t ours = 0, tables = 0;
    int version = schema_version(db, error);
    if (version < 0)
        return version;
    int r = read_pragma(db, SQL_IS_OURS, &ours, error);
    if (r >= 0 && !ours)
        r = read_pragma(db, SQL_TABLES, &tables, error);
    if (r < 0)
        return r;
    if (tables > 0)
        return error_set(error, -EMEDIUMTYPE, "is a database of another program");
    if (version > NEWEST_VERSION)
        return error_set(error, -ENOTSUP, "has schema version %d, this program knows %d", version,
            NEWEST_VERSION);
    if (db->mode == DB_READ && version < NEWEST_VERSION)
        return error_set(error, -ENOTSUP,
            "has schema version %d; the recorder brings it to %d when it starts", version,
            NEWEST_VERSION);
    return 0;
}

static int set_version(struct db *db, int version, struct mom_error *error)
{
    char text[48];
    (void)sqlite3_snprintf(sizeof text, text, "PRAGMA user_version = %d", version);
    return db_execute(db, text, error);
}

static int migrate_from(struct db *db, int version, struct mom_error *error)
{
    for (; version < NEWEST_VERSION; version++) {
        int r = db_execute(db, migrations[version], error);
        if (r == 0)
            r = set_version(db, version + 1, error);
        if (r < 0) {
            error_wrap(error, "migration %d", version + 1);
            return r;
        }
    }
    return 0;
}

/* All or nothing: no reader meets a version in between. The version is read inside the transaction:
 * another writer may be migrating too. */
int schema_migrate(struct db *db, struct mom_error *error)
{
    int r = schema_version(db, error);
    if (r < 0 || r >= NEWEST_VERSION)
        return r < 0 ? r : 0;
    r = db_begin(db, error);
    if (r < 0)
        return r;
    r = schema_version(db, error);
    if (r >= 0)
        r = migrate_from(db, r, error);
    if (r == 0)
        r = db_commit(db, error);
    if (r < 0)
        db_rollback(db);
    return r;
}
