/* The SQL. Parameters are bound in the order of their numbers. */
#include "db/statements.h"

#define REPORT                                                                                     \
    "verdict, shape, rate, rate_low, rate_high, at_usec, since_usec, window_usec, floor_bytes,"    \
    " grown_bytes, limit_bytes, forecast, left_p10, left_p50, left_p90, channel"

#define DECISION                                                                                   \
    "seq, incident, boot_usec, unix_usec, wanted, action, restraint, reason, rule, domain, "       \
    "serial,"                                                                                      \
    " life_boot, mount, inode, path, key, name, owner, mode, leak_mode, independent, rank,"        \
    " strikes, policy_hash, weakest_gate, " REPORT

#define OUTCOME                                                                                    \
    "decision, kind, result, started_boot_usec, started_usec, ended_boot_usec, ended_usec, "       \
    "job, rounds,"                                                                                 \
    " processes_before, survivors, bytes_before, bytes_after, bytes_freed, error, processes,"      \
    " complete"

#define PROGRAM "decision, role, result, ended_usec, took_usec, status, command, words"

#define PROCESS "pid, parent, uid, state, comm, vsz_bytes, rss_bytes, swap_bytes, start_ticks"

#define NODE_NUMBERS                                                                               \
    "mem_total, mem_free, mem_available, cached, shmem, anon, slab_reclaimable,"                   \
    " slab_unreclaimable, swap_total, swap_free, swap_cached, swap_devices, zram_swap, pswpin,"    \
    " pswpout, pgmajfault, pgscan_direct, allocstall, oom_kill, psi_some_avg10, psi_full_avg10,"   \
    " psi_some_total, psi_full_total"

#define NODE "unix_usec, " NODE_NUMBERS

#define LOOK                                                                                       \
    NODE ", boot, boot_usec, kind, standing_usec, fill_rate, swapped_out_usec, reclaimed_usec,"    \
         " psi_stuck_usec, stalled, domain, room_due, listed_room, charged, confined,"             \
         " boot_ends, newest_end_usec, tried_usec"

#define MAIL "id, created_usec, decision, key, stage, message_id, subject, bytes"

/* Waits, and is due: ?1 is now, ?2 further off than any wait. */
#define DUE "state = 'waiting' AND (next_try_usec <= ?1 OR next_try_usec > ?2)"

#define ROLLUP                                                                                     \
    "rollup(span, slice, t, n, rss, swap, footprint, current, footprint_min, footprint_max,"       \
    " pressure, faults, limit_bytes)"

/* A bin is made anew from all of its rows. One that would come out with fewer than before has lost
 * some of them to retention since, and stays as it was. */
#define REPLACE_ROLLUP                                                                             \
    " ON CONFLICT DO UPDATE SET n = excluded.n, rss = excluded.rss, swap = excluded.swap,"         \
    " footprint = excluded.footprint, current = excluded.current,"                                 \
    " footprint_min = excluded.footprint_min, footprint_max = excluded.footprint_max,"             \
    " pressure = excluded.pressure, faults = excluded.faults,"                                     \
    " limit_bytes = excluded.limit_bytes WHERE excluded.n >= rollup.n"

/* Rounded to the next page; NULL where no row knows it. The second weighs rows by what they
 * stand for. */
#define AVERAGE(column)  "(sum(" column ") + count(" column ") / 2) / count(" column ")"
#define WEIGHT(column)   "sum(iif(" column " IS NULL, 0, n))"
#define WEIGHTED(column) "(sum(" column " * n) + " WEIGHT(column) " / 2) / " WEIGHT(column)

/* The limit in force at a time of a slice; a rollup has the lowest of those at its minutes' ends.
 */
#define LIMIT_AT(slice, t)                                                                         \
    "(SELECT bytes FROM limit_change WHERE slice = " slice " AND t <= " t                          \
    " ORDER BY t DESC LIMIT 1)"

const char *const statement_sql[STATEMENTS] = {
    [SQL_USER_VERSION] = "PRAGMA user_version",
    [SQL_IS_OURS] = "SELECT application_id = 1836019044 FROM pragma_application_id",
    [SQL_QUICK_CHECK] = "PRAGMA quick_check(1)",
    [SQL_TABLES] = "SELECT count(*) FROM sqlite_schema",
    [SQL_USED_BYTES] = "SELECT (page_count - freelist_count) * page_size"
                       " FROM pragma_page_count, pragma_freelist_count, pragma_page_size",

    [SQL_BOOT_ADD] = "INSERT OR IGNORE INTO boot(uuid, first_usec) VALUES (?1, ?2)",
    [SQL_BOOT_FIND] = "SELECT id FROM boot WHERE uuid = ?1",
    [SQL_BOOT_OOM_KILLS] = "UPDATE boot SET oom_kills = ?2, oom_usec = ?3"
                           " WHERE id = ?1 AND oom_kills < ?2",
    [SQL_BOOT_END_ADD] = "INSERT OR IGNORE INTO boot_end(boot, how, begun_usec, found_usec,"
                         " ordered_usec, way, decision, panic)"
                         " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
    [SQL_SLICE_ADD] = "INSERT INTO slice(key, name, path, kind, runtime, first_usec, last_usec)"
                      " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?6)"
                      " ON CONFLICT DO UPDATE SET name = excluded.name, path = excluded.path,"
                      " kind = excluded.kind, runtime = excluded.runtime,"
                      " last_usec = max(last_usec, excluded.last_usec) RETURNING id",
    [SQL_SLICE_MARK] = "UPDATE slice SET mark = ?2, last_usec = ?3 WHERE id = ?1",
    [SQL_LIFE_ADD] = "INSERT INTO life(boot, serial, slice, mount, inode, uid, path, kind,"
                     " runtime, name, born_usec, protection)"
                     " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
    [SQL_LIFE_FIND] = "SELECT slice FROM life WHERE boot = ?1 AND serial = ?2",
    [SQL_LIFE_UID] = "SELECT uid FROM life WHERE boot = ?1 AND serial = ?2",
    [SQL_LIFE_VANISHED] = "UPDATE life SET vanished_usec = ?3"
                          " WHERE boot = ?1 AND serial = ?2 AND vanished_usec IS NULL",
    [SQL_LIFE_OOM_KILLS] = "UPDATE life SET oom_kills = ?3, oom_usec = ?4"
                           " WHERE boot = ?1 AND serial = ?2 AND NOT EXISTS"
                           " (SELECT 1 FROM life same WHERE same.slice = life.slice"
                           " AND same.boot = life.boot AND same.mount = life.mount"
                           " AND same.inode = life.inode AND same.oom_kills > 0"
                           " AND same.oom_kills >= ?3)",

    [SQL_SERIES_FIND] =
        "SELECT s.mark, (SELECT max(t) FROM raw WHERE slice = ?1),"
        " l.slice IS NOT NULL, l.bytes, l.high, l.swap FROM slice s LEFT JOIN limit_change"
        " l ON (l.slice, l.t) = (SELECT slice, t FROM limit_change"
        " WHERE slice = ?1 ORDER BY t DESC LIMIT 1) WHERE s.id = ?1",
    [SQL_RAW_ADD] = "INSERT OR IGNORE INTO raw(slice, t, rss, swap, footprint, current, pressure,"
                    " faults, shmem, swapcached, badness, mems, room, kernel)"
                    " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)",
    [SQL_RAW_STORED] =
        "SELECT EXISTS (SELECT 1 FROM shifted"
        " WHERE boot = ?15 AND serial = ?16 AND unix_usec = ?17)"
        " OR (EXISTS (SELECT 1 FROM raw WHERE slice = ?1 AND t = ?2 AND rss IS ?3 AND swap IS "
        "?4"
        " AND footprint IS ?5 AND current IS ?6 AND pressure IS ?7 AND faults IS ?8"
        " AND shmem IS ?9 AND swapcached IS ?10 AND badness IS ?11"
        " AND mems IS ?12 AND room IS ?13 AND kernel IS ?14)"
        " AND NOT EXISTS (SELECT 1 FROM shifted WHERE slice = ?1 AND t = ?2))",
    [SQL_RAW_TIMES] = "SELECT t FROM raw WHERE slice = ?1 AND t >= ?2 ORDER BY t",
    [SQL_SHIFTED_ADD] = "INSERT OR IGNORE INTO shifted(slice, t, boot, serial, unix_usec)"
                        " VALUES (?1, ?2, ?3, ?4, ?5)",
    [SQL_LIMIT_ADD] = "INSERT OR REPLACE INTO limit_change(slice, t, bytes, high, swap)"
                      " VALUES (?1, ?2, ?3, ?4, ?5)",
    [SQL_TIER_TOUCH] = "INSERT INTO tier(span, slice, oldest, due) VALUES (?1, ?2, ?3, ?4)"
                       " ON CONFLICT DO UPDATE SET oldest = min(oldest, excluded.oldest),"
                       " due = min(coalesce(due, excluded.due), excluded.due)",
    [SQL_NODE_ADD] = "INSERT OR IGNORE INTO node(" NODE ", boot, boot_usec)"
                     " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15,"
                     " ?16, ?17, ?18, ?19, ?20, ?21, ?22, ?23, ?24, ?25, ?26)",
    [SQL_LOOK_ADD] = "INSERT OR IGNORE INTO look(" LOOK ")"
                     " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15,"
                     " ?16, ?17, ?18, ?19, ?20, ?21, ?22, ?23, ?24, ?25, ?26, ?27, ?28, ?29, ?30,"
                     " ?31, ?32, ?33, ?34, ?35, ?36, ?37, ?38, ?39, ?40, ?41)",
    [SQL_POLICY_USE_ADD] = "INSERT OR IGNORE INTO policy_use(boot, boot_usec, unix_usec, hash)"
                           " VALUES (?1, ?2, ?3, ?4)",
    [SQL_POLICY_LAYER_ADD] = "INSERT OR IGNORE INTO policy_layer(hash, n, file, text)"
                             " VALUES (?1, ?2, ?3, ?4)",

    [SQL_TREND_ADD] = "INSERT OR IGNORE INTO trend(slice, boot, boot_usec, serial, unix_usec,"
                      " " REPORT ") VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13,"
                      " ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21)",
    [SQL_DECISION_ADD] =
        "INSERT OR IGNORE INTO decision(boot, " DECISION ") VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7,"
        " ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22, ?23, ?24, "
        "?25,"
        " ?26, ?27, ?28, ?29, ?30, ?31, ?32, ?33, ?34, ?35, ?36, ?37, ?38, ?39, ?40, ?41, ?42)",
    [SQL_EVIDENCE_ADD] = "INSERT INTO evidence(boot, decision, n, name, unit, value, relation,"
                         " bound) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
    [SQL_GATE_ADD] = "INSERT INTO gate(boot, decision, n, name, value, threshold, strength,"
                     " passed) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
    [SQL_RUNNER_UP_ADD] = "INSERT INTO runner_up(boot, decision, n, key, rank, score)"
                          " VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
    [SQL_INCIDENT_OPEN] = "INSERT OR IGNORE INTO incident(boot, seq, opened_usec)"
                          " VALUES (?1, ?2, ?3)",
    [SQL_INCIDENT_CLOSE] = "UPDATE incident SET closed_usec = ?3 WHERE boot = ?1 AND seq = ?2",
    [SQL_OUTCOME_ADD] = "INSERT OR IGNORE INTO outcome(boot, " OUTCOME ") VALUES (?1, ?2, ?3, ?4,"
                        " ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18)",
    [SQL_SURVIVOR_ADD] = "INSERT INTO survivor(boot, decision, n, pid) VALUES (?1, ?2, ?3, ?4)",
    [SQL_PROCESS_ADD] = "INSERT INTO process(boot, decision, n, " PROCESS ")"
                        " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
    [SQL_PROGRAM_ADD] = "INSERT OR IGNORE INTO program(boot, " PROGRAM ") VALUES (?1, ?2, ?3, ?4,"
                        " ?5, ?6, ?7, ?8, ?9)",
    [SQL_NOTE_ADD] = "INSERT OR IGNORE INTO note(boot, seq, boot_usec, unix_usec, kind, text)"
                     " VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
    [SQL_HOLD_ADD] = "INSERT OR IGNORE INTO hold(key, boot, boot_usec, unix_usec, until_usec,"
                     " by_uid, why) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
    [SQL_DISMISSAL_ADD] = "INSERT OR IGNORE INTO dismissal(key, boot, boot_usec, unix_usec, bytes,"
                          " by_uid, why) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",

    [SQL_TIER_NEXT_DUE] = "SELECT slice, due FROM tier WHERE span = ?1 AND due <= ?2"
                          " ORDER BY due LIMIT 1",
    [SQL_TIER_NEXT_OLD] = "SELECT slice, oldest, due FROM tier WHERE span = ?1 AND oldest < ?2"
                          " AND (due IS NULL OR oldest < due) ORDER BY oldest LIMIT 1",
    [SQL_TIER_SET_DUE] = "UPDATE tier SET due = ?3 WHERE span = ?1 AND slice = ?2",
    [SQL_TIER_SET_OLDEST] = "UPDATE tier SET oldest = ?3 WHERE span = ?1 AND slice = ?2",
    [SQL_TIER_DELETE] = "DELETE FROM tier WHERE span = ?1 AND slice = ?2",
    [SQL_ROLL_RAW] = "INSERT INTO " ROLLUP " SELECT ?1, ?2, t - t % ?1, count(*), " AVERAGE(
        "rss") ","
               " " AVERAGE("swap") ", " AVERAGE("footprint") ", " AVERAGE(
                   "current") ","
                              " min(footprint), max(footprint), max(pressure), sum(faults),"
                              " " LIMIT_AT(
                                  "?2", "raw.t - raw.t % ?1 + ?1 - 1") " FROM raw WHERE slice = ?2 "
                                                                       "AND t >= ?3 AND "
                                                                       "t < ?4 GROUP BY t / "
                                                                       "?1" REPLACE_ROLLUP,
    [SQL_ROLL_ROLLUP] = "INSERT INTO " ROLLUP " SELECT ?1, ?2, t - t % ?1, sum(n), " WEIGHTED(
        "rss") ","
               " " WEIGHTED("swap") ", " WEIGHTED("footprint") ", " WEIGHTED(
                   "current") ","
                              " min(footprint_min), max(footprint_max), max(pressure), "
                              "sum(faults), min(limit_bytes)"
                              " FROM rollup WHERE span = ?5 AND slice = ?2 AND t >= ?3 AND t < "
                              "?4"
                              " GROUP BY t / ?1" REPLACE_ROLLUP,
    [SQL_RAW_FIRST] = "SELECT min(t) FROM raw WHERE slice = ?2 AND t >= ?3 AND ?1 = 0",
    [SQL_ROLLUP_FIRST] = "SELECT min(t) FROM rollup WHERE span = ?1 AND slice = ?2 AND t >= ?3",
    [SQL_RAW_DELETE] = "DELETE FROM raw WHERE slice = ?1 AND t < ?2",
    [SQL_SHIFTED_DELETE] = "DELETE FROM shifted WHERE slice = ?1 AND t < ?2",
    [SQL_LIMIT_DELETE] = "DELETE FROM limit_change WHERE slice = ?1 AND t <"
                         " (SELECT max(t) FROM limit_change WHERE slice = ?1 AND t <= ?2)",
    [SQL_ROLLUP_DELETE] = "DELETE FROM rollup WHERE slice = ?1 AND t < ?2 AND span = ?3",
    [SQL_FORGET_NODE] = "DELETE FROM node WHERE unix_usec IN (SELECT unix_usec FROM node"
                        " WHERE unix_usec < ?1 ORDER BY unix_usec LIMIT ?2)",
    [SQL_FORGET_LOOKS] = "DELETE FROM look WHERE (boot, boot_usec, kind) IN (SELECT boot,"
                         " boot_usec, kind FROM look WHERE unix_usec < ?1"
                         " ORDER BY unix_usec LIMIT ?2)",
    /* The newest one before the time is still in force then. */
    [SQL_FORGET_POLICY_USES] =
        "DELETE FROM policy_use WHERE (boot, boot_usec) IN (SELECT boot, boot_usec FROM "
        "policy_use"
        " WHERE unix_usec < ?1 ORDER BY unix_usec LIMIT ?2) AND (boot, boot_usec) <>"
        " (SELECT boot, boot_usec FROM policy_use WHERE unix_usec < ?1"
        " ORDER BY unix_usec DESC LIMIT 1)",
    /* Texts that no governor uses any more, or never did; not the newest, which is about to be.
     */
    [SQL_FORGET_POLICY_LAYERS] =
        "DELETE FROM policy_layer WHERE hash NOT IN (SELECT hash FROM policy_use) AND hash <>"
        " (SELECT hash FROM policy_layer ORDER BY rowid DESC LIMIT 1) AND ?1 AND ?2",
    [SQL_FORGET_TRENDS] = "DELETE FROM trend WHERE (slice, boot, boot_usec, serial) IN (SELECT"
                          " slice, boot, boot_usec, serial FROM trend WHERE unix_usec < ?1"
                          " ORDER BY unix_usec LIMIT ?2)",
    [SQL_FORGET_DECISIONS] = "DELETE FROM decision WHERE (boot, seq) IN (SELECT boot, seq"
                             " FROM decision WHERE unix_usec < ?1 ORDER BY unix_usec LIMIT ?2)",
    [SQL_FORGET_INCIDENTS] = "DELETE FROM incident WHERE (boot, seq) IN (SELECT boot, seq"
                             " FROM incident WHERE opened_usec < ?1"
                             " ORDER BY opened_usec LIMIT ?2)",
    [SQL_FORGET_OUTCOMES] = "DELETE FROM outcome WHERE (boot, decision) IN (SELECT boot, decision"
                            " FROM outcome WHERE ended_usec < ?1 ORDER BY ended_usec LIMIT ?2)",
    [SQL_FORGET_PROGRAMS] = "DELETE FROM program WHERE (boot, decision, role) IN (SELECT boot,"
                            " decision, role FROM program WHERE ended_usec < ?1"
                            " ORDER BY ended_usec LIMIT ?2)",
    [SQL_FORGET_NOTES] = "DELETE FROM note WHERE (boot, seq) IN (SELECT boot, seq FROM note"
                         " WHERE unix_usec < ?1 ORDER BY unix_usec LIMIT ?2)",
    [SQL_FORGET_HOLDS] = "DELETE FROM hold WHERE (key, boot, boot_usec) IN (SELECT key, boot,"
                         " boot_usec FROM hold WHERE unix_usec < ?1 AND until_usec < ?1 LIMIT ?2)",
    [SQL_WARM_START_ADD] = "INSERT OR IGNORE INTO warm_start(boot, serial, boot_usec, unix_usec)"
                           " VALUES (?1, ?2, ?3, ?4)",
    [SQL_FORGET_WARM_STARTS] =
        "DELETE FROM warm_start WHERE (boot, serial, boot_usec) IN (SELECT boot,"
        " serial, boot_usec FROM warm_start WHERE unix_usec < ?1 LIMIT ?2)",
    [SQL_FORGET_DISMISSALS] = "DELETE FROM dismissal WHERE (key, boot, boot_usec) IN (SELECT key,"
                              " boot, boot_usec FROM dismissal WHERE unix_usec < ?1 LIMIT ?2)",
    [SQL_FORGET_MAIL] = "DELETE FROM mail WHERE id IN (SELECT id FROM mail"
                        " WHERE created_usec < ?1 AND NOT EXISTS (SELECT 1 FROM delivery"
                        " WHERE mail = id AND state IN ('waiting', 'folded'))"
                        " ORDER BY created_usec LIMIT ?2)",
    [SQL_FORGET_SLICES] = "DELETE FROM slice WHERE id IN (SELECT id FROM slice s"
                          " WHERE last_usec < ?1 AND NOT EXISTS (SELECT 1 FROM tier"
                          " WHERE span IN (0, 60, 600, 3600) AND tier.slice = s.id)"
                          " ORDER BY last_usec LIMIT ?2)",

    [SQL_SLICES] =
        "SELECT s.id, s.key, s.name, s.path, s.kind, s.runtime, s.first_usec, s.last_usec,"
        " (SELECT count(*) FROM (SELECT DISTINCT boot, mount, inode FROM life WHERE slice = "
        "s.id)),"
        " (SELECT count(*) FROM decision WHERE key = s.key),"
        " (SELECT count(*) FROM decision WHERE key = s.key AND action = 'reset'),"
        " EXISTS (SELECT 1 FROM life WHERE slice = s.id AND vanished_usec IS NULL"
        " AND boot = (SELECT max(id) FROM boot)),"
        " t.verdict, t.shape, t.rate, t.unix_usec, t.at_usec, t.since_usec, t.forecast,"
        " t.left_p10, t.left_p50, t.left_p90, t.channel,"
        " coalesce((SELECT footprint FROM raw WHERE slice = s.id ORDER BY t DESC LIMIT 1),"
        " (SELECT footprint FROM rollup WHERE span = 60 AND slice = s.id ORDER BY t DESC LIMIT "
        "1),"
        " (SELECT footprint FROM rollup WHERE span = 600 AND slice = s.id ORDER BY t DESC "
        "LIMIT 1),"
        " (SELECT footprint FROM rollup WHERE span = 3600 AND slice = s.id"
        " ORDER BY t DESC LIMIT 1)),"
        " (SELECT bytes FROM limit_change WHERE slice = s.id ORDER BY t DESC LIMIT 1),"
        " (SELECT sum(most) FROM (SELECT max(oom_kills) AS most FROM life"
        " WHERE slice = s.id AND oom_kills > 0 GROUP BY boot, mount, inode)),"
        " (SELECT max(oom_usec) FROM life WHERE slice = s.id AND oom_kills > 0),"
        " (SELECT max(oom_kills) FROM life WHERE slice = s.id AND oom_kills > 0"
        " AND boot = n.boot AND mount = n.mount AND inode = n.inode),"
        " n.vanished_usec IS NULL AND n.boot = (SELECT max(id) FROM boot),"
        " (SELECT uuid FROM boot WHERE id = n.boot), n.mount, n.inode"
        " FROM slice s LEFT JOIN trend t ON (t.slice, t.boot, t.boot_usec, t.serial) ="
        " (SELECT slice, boot, boot_usec, serial FROM trend WHERE slice = s.id"
        " ORDER BY boot DESC, boot_usec DESC, serial DESC LIMIT 1)"
        " LEFT JOIN life n ON (n.boot, n.serial) = (SELECT boot, serial FROM life"
        " WHERE slice = s.id ORDER BY boot DESC, serial DESC LIMIT 1)"
        " WHERE ?1 IS NULL OR s.key GLOB ?1 OR s.name GLOB ?1 OR s.path GLOB ?1 ORDER BY s.key",
    [SQL_NODE_OOM_KILLS] = "SELECT total(oom_kills) FROM boot",
    [SQL_BOOTS] =
        "SELECT lower(hex(substr(b.uuid, 1, 4))), b.first_usec,"
        " (SELECT unix_usec FROM node WHERE boot = b.id ORDER BY unix_usec DESC LIMIT 1),"
        " e.how, e.ordered_usec, e.way, e.decision, e.panic FROM boot b LEFT JOIN boot_end e ON "
        "e.boot = b.id"
        " ORDER BY b.id",
    [SQL_BOOT_NEWEST] =
        "SELECT unix_usec FROM node WHERE boot = (SELECT id FROM boot WHERE uuid = ?1)"
        " ORDER BY unix_usec DESC LIMIT 1",
    /* Of a boot that ended at ?2 at the latest: who lived then, by its last row of the last
       minutes. */
    [SQL_ACTIVE] =
        "SELECT s.key, r.rss, r.swap, r.footprint FROM life l JOIN slice s ON s.id = l.slice"
        " JOIN raw r ON r.slice = s.id AND r.t = (SELECT max(t) FROM raw WHERE slice = s.id"
        " AND t BETWEEN ?2 - 120 AND ?2)"
        " WHERE l.boot = (SELECT id FROM boot WHERE uuid = ?1) AND l.vanished_usec IS NULL"
        " GROUP BY s.id ORDER BY coalesce(r.footprint, r.rss) DESC LIMIT ?3",
    [SQL_EVENTS] =
        "SELECT unix_usec, (SELECT lower(hex(substr(uuid, 1, 4))) FROM boot WHERE id = e.boot),"
        " seq, what, key, name, text, wanted, restraint, result, job, bytes_freed, error FROM ("
        "SELECT d.unix_usec, d.boot, d.seq, d.action AS what, d.key, d.name,"
        " trim(d.reason || ' ' || d.rule) AS text, d.wanted, d.restraint, o.result, o.job,"
        " o.bytes_freed, o.error FROM decision d LEFT JOIN outcome o ON o.boot = d.boot"
        " AND o.decision = d.seq"
        " WHERE ?1 IS NULL OR d.key GLOB ?1 OR d.name GLOB ?1 OR d.path GLOB ?1"
        " UNION ALL SELECT o.ended_usec, o.boot, o.decision, o.kind, '', '', 'decision lost',"
        " o.kind, '', o.result, o.job, o.bytes_freed, o.error FROM outcome o WHERE ?1 IS NULL"
        " AND NOT EXISTS (SELECT 1 FROM decision d WHERE d.boot = o.boot AND d.seq = "
        "o.decision)"
        " UNION ALL SELECT p.ended_usec, p.boot, p.decision, p.role, coalesce(d.key, ''),"
        " coalesce(d.name, ''), p.command || ': ' || p.result || iif(p.result = 'failed',"
        " iif(p.status < 0, ', signal ' || -p.status, ', status ' || p.status), '') ||"
        " iif(p.words = '', '', ': ' || p.words), p.role, '', NULL, NULL, NULL, NULL"
        " FROM program p LEFT JOIN decision d ON d.boot = p.boot AND d.seq = p.decision"
        " WHERE ?1 IS NULL OR d.key GLOB ?1 OR d.name GLOB ?1 OR d.path GLOB ?1"
        " UNION ALL SELECT unix_usec, boot, NULL, kind, '', '', text, kind, '', NULL, NULL, "
        "NULL,"
        " NULL FROM note WHERE ?1 IS NULL"
        " UNION ALL SELECT h.unix_usec, h.boot, NULL, iif(h.until_usec > 0, 'hold', 'release'),"
        " h.key, coalesce(s.name, ''), 'by uid ' || h.by_uid || iif(h.why = '', '', ': ' || "
        "h.why),"
        " 'hold', '', NULL, NULL, NULL, NULL FROM hold h LEFT JOIN slice s ON s.key = h.key"
        " WHERE ?1 IS NULL OR h.key GLOB ?1 OR s.name GLOB ?1"
        " UNION ALL SELECT m.unix_usec, m.boot, NULL, 'dismiss', m.key, coalesce(s.name, ''),"
        " 'by uid ' || m.by_uid || ': ' || m.why, 'dismiss', '', NULL, NULL, NULL, NULL"
        " FROM dismissal m LEFT JOIN slice s ON s.key = m.key"
        " WHERE ?1 IS NULL OR m.key GLOB ?1 OR s.name GLOB ?1) AS e"
        " WHERE unix_usec >= ?2 AND unix_usec < ?3 ORDER BY unix_usec, e.boot, seq",
    [SQL_DECISION_FIND] =
        "SELECT d.boot, lower(hex(substr(b.uuid, 1, 4))) FROM decision d JOIN boot b"
        " ON b.id = d.boot WHERE d.seq = ?1 AND iif(?2 = '', b.id = (SELECT max(id) FROM boot),"
        " lower(hex(substr(b.uuid, 1, 4))) = ?2) ORDER BY d.boot DESC LIMIT 1",
    [SQL_DECISION] = "SELECT " DECISION " FROM decision WHERE boot = ?1 AND seq = ?2",
    [SQL_EVIDENCE] = "SELECT name, unit, value, relation, bound FROM evidence"
                     " WHERE boot = ?1 AND decision = ?2 ORDER BY n",
    [SQL_GATES] = "SELECT name, value, threshold, strength, passed FROM gate"
                  " WHERE boot = ?1 AND decision = ?2 ORDER BY n",
    [SQL_RUNNERS_UP] = "SELECT key, rank, score FROM runner_up"
                       " WHERE boot = ?1 AND decision = ?2 ORDER BY n",
    [SQL_OUTCOME] = "SELECT " OUTCOME " FROM outcome WHERE boot = ?1 AND decision = ?2",
    [SQL_SURVIVORS] = "SELECT pid FROM survivor WHERE boot = ?1 AND decision = ?2 ORDER BY n",
    [SQL_PROCESSES] = "SELECT " PROCESS " FROM process WHERE boot = ?1 AND decision = ?2"
                      " ORDER BY n",
    [SQL_PROGRAMS] = "SELECT " PROGRAM " FROM program WHERE boot = ?1 AND decision = ?2"
                     " ORDER BY ended_usec",
    /* A reset that killed nothing (dry run, refused, vanished before) is no strike. */
    [SQL_STRIKES] = "SELECT unix_usec FROM decision d WHERE key = ?1"
                    " AND unix_usec < ?2 AND action = 'reset' AND NOT EXISTS "
                    "(SELECT 1 FROM outcome o"
                    " WHERE o.boot = d.boot AND o.decision = d.seq"
                    " AND o.result NOT IN ('done', 'incomplete'))"
                    " ORDER BY unix_usec DESC LIMIT ?3",
    [SQL_HOLD] = "SELECT until_usec FROM hold WHERE key IN (?1, '*')"
                 " ORDER BY boot DESC, boot_usec DESC LIMIT 1",
    [SQL_DISMISSED] = "SELECT count(*), coalesce((SELECT bytes FROM dismissal WHERE key = ?1"
                      " AND unix_usec > ?2 AND unix_usec < ?3"
                      " ORDER BY boot DESC, boot_usec DESC LIMIT 1), 0) FROM dismissal"
                      " WHERE key = ?1 AND unix_usec > ?2 AND unix_usec < ?3",
    [SQL_SLICE_OF_KEY] = "SELECT id FROM slice WHERE key = ?1",
    [SQL_TIERS_OF_SLICE] = "SELECT span, oldest, due FROM tier"
                           " WHERE span IN (0, 60, 600, 3600) AND slice = ?1",
    [SQL_HISTORY_RAW] =
        "SELECT t, rss, swap, footprint, current, footprint, footprint, pressure, faults,"
        " " LIMIT_AT("?1",
            "raw.t") " FROM raw WHERE slice = ?1 AND t >= ?2 AND t < ?3 AND ?4 = 0 ORDER BY t",
    [SQL_HISTORY_ROLLUP] = "SELECT t, rss, swap, footprint, current, footprint_min, "
                           "footprint_max, pressure, faults,"
                           " limit_bytes FROM rollup"
                           " WHERE slice = ?1 AND t >= ?2 AND t < ?3 AND span = ?4 ORDER BY t",
    /* ?1: since, ?2: until, in Unix time. What was in force at the beginning comes first. */
    [SQL_RECORDED_STARTS] = "SELECT boot, boot_usec, unix_usec FROM note WHERE kind = 'start'"
                            " AND unix_usec >= ?1 AND unix_usec < ?2 ORDER BY boot, boot_usec",
    [SQL_RECORDED_POLICIES] =
        "SELECT boot, boot_usec, unix_usec, hash FROM policy_use WHERE unix_usec < ?2"
        " AND unix_usec >= coalesce((SELECT max(unix_usec) FROM policy_use WHERE unix_usec < "
        "?1),"
        " ?1) ORDER BY boot, boot_usec",
    [SQL_RECORDED_HOLDS] = "SELECT boot, boot_usec, unix_usec, key, until_usec FROM hold"
                           " WHERE unix_usec < ?2 AND (unix_usec >= ?1 OR until_usec >= ?1)"
                           " ORDER BY boot, boot_usec",
    [SQL_RECORDED_DISMISSALS] =
        "SELECT boot, boot_usec, unix_usec, key FROM dismissal"
        " WHERE unix_usec >= ?1 AND unix_usec < ?2 ORDER BY boot, boot_usec",
    [SQL_RECORDED_WARM_STARTS] =
        "SELECT boot, boot_usec, unix_usec, serial FROM warm_start"
        " WHERE unix_usec >= ?1 AND unix_usec < ?2 ORDER BY boot, boot_usec",
    [SQL_RECORDED_OUTCOMES] = "SELECT boot, ended_boot_usec, ended_usec, decision, kind, result,"
                              " started_boot_usec, started_usec, bytes_after, job FROM outcome"
                              " WHERE ended_usec >= ?1 AND ended_usec < ?2"
                              " ORDER BY boot, ended_boot_usec",
    [SQL_RECORDED_LOOKS] =
        "SELECT boot, boot_usec, unix_usec, kind, standing_usec, fill_rate, swapped_out_usec,"
        " reclaimed_usec, psi_stuck_usec, coalesce(stalled, 0), domain, coalesce(room_due, 0),"
        " coalesce(listed_room, 0), charged, coalesce(confined, 0), boot_ends,"
        " coalesce(newest_end_usec, 0), coalesce(tried_usec, 0),"
        " " NODE_NUMBERS " FROM look"
        " WHERE unix_usec >= ?1 AND unix_usec < ?2 ORDER BY boot, boot_usec, kind",
    [SQL_RECORDED_DECISIONS] =
        "SELECT d.boot, d.boot_usec, d.unix_usec,"
        " lower(hex(substr(b.uuid, 1, 4))) || '-' || d.seq FROM decision d JOIN boot b"
        " ON b.id = d.boot WHERE d.unix_usec >= ?1 AND d.unix_usec < ?2"
        " ORDER BY d.boot, d.boot_usec, d.seq",
    [SQL_RECORDED_TICKS] = "SELECT boot, boot_usec, unix_usec, " NODE_NUMBERS " FROM node"
                           " WHERE unix_usec >= ?1 AND unix_usec < ?2 AND boot IS NOT NULL"
                           " ORDER BY boot, boot_usec",
    [SQL_RECORDED_BIRTHS] =
        "SELECT l.boot, l.serial, l.slice, b.uuid, l.mount, l.inode, l.uid, l.path, l.kind,"
        " l.runtime, l.name, s.key, l.protection, l.born_usec, l.vanished_usec"
        " FROM life l JOIN slice s ON s.id = l.slice JOIN boot b ON b.id = l.boot"
        " WHERE l.born_usec < ?2 AND (l.vanished_usec IS NULL OR l.vanished_usec >= ?1)"
        " ORDER BY l.boot, l.serial",
    /* ?1: slice; ?2, ?3: seconds. */
    [SQL_RECORDED_SAMPLES] =
        "SELECT coalesce(f.unix_usec, r.t * 1000000), r.rss, r.swap, r.footprint, r.current,"
        " r.pressure, r.badness, r.mems, r.room, r.kernel, r.faults, coalesce(r.shmem, 0), "
        "coalesce(r.swapcached, 0),"
        " l.bytes, l.high, l.swap"
        " FROM raw r LEFT JOIN shifted f ON f.slice = r.slice AND f.t = r.t"
        " LEFT JOIN limit_change l ON l.slice = r.slice AND l.t = (SELECT max(t)"
        " FROM limit_change WHERE slice = ?1 AND t <= r.t)"
        " WHERE r.slice = ?1 AND r.t >= ?2 AND r.t < ?3 ORDER BY r.t",
    [SQL_RECORDED_LAYERS] = "SELECT file, text FROM policy_layer WHERE hash = ?1 ORDER BY n",

    [SQL_MAIL_YOUNGER] = "SELECT EXISTS (SELECT 1 FROM mail WHERE key = ?1 AND stage = ?2"
                         " AND abs(created_usec - ?3) < ?4)",
    [SQL_MAIL_QUEUED] = "SELECT count(DISTINCT mail) FROM delivery WHERE state = 'waiting'",
    [SQL_DELIVERIES_LATELY] =
        "SELECT count(*) FROM mail m JOIN delivery d ON d.mail = m.id AND d.address = ?1"
        " WHERE m.created_usec > ?2 AND m.created_usec < ?3"
        " AND d.state NOT IN ('folded', 'in-digest') AND m.stage <> 'digest'",
    [SQL_MAIL_ADD] = "INSERT OR IGNORE INTO mail(boot, decision, key, stage, created_usec,"
                     " message_id, subject, bytes) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)"
                     " RETURNING id",
    [SQL_DELIVERY_ADD] = "INSERT OR IGNORE INTO delivery(mail, address, state, tries,"
                         " next_try_usec, last_error) VALUES (?1, ?2, ?3, 0, ?4, '')",
    [SQL_DELIVERIES] = "SELECT address, state, tries, next_try_usec, last_error FROM delivery"
                       " WHERE mail = ?1 ORDER BY address",
    [SQL_MAIL_LIST] = "SELECT " MAIL " FROM mail ORDER BY id DESC",
    [SQL_MAIL_QUEUE] = "SELECT " MAIL " FROM mail WHERE id IN"
                       " (SELECT mail FROM delivery WHERE state IN ('waiting', 'folded'))"
                       " ORDER BY id DESC",
    [SQL_MAIL_ONE] = "SELECT " MAIL " FROM mail WHERE id = ?1",
    [SQL_MAIL_NEXT] = "SELECT " MAIL " FROM mail WHERE id ="
                      " (SELECT min(mail) FROM delivery WHERE " DUE " AND mail > ?3)",
    [SQL_DELIVERY_SETTLE] = "UPDATE delivery SET state = ?3, next_try_usec = ?4, last_error = ?5,"
                            " tries = tries + 1"
                            " WHERE mail = ?1 AND address = ?2 AND state = 'waiting'",
    [SQL_MAIL_STATE] = "SELECT (SELECT count(DISTINCT mail) FROM delivery WHERE state = 'waiting'),"
                       " (SELECT count(DISTINCT mail) FROM delivery WHERE state = 'folded'),"
                       " (SELECT count(DISTINCT mail) FROM delivery WHERE state = 'given-up')",
    [SQL_MAIL_DUE] = "SELECT EXISTS (SELECT 1 FROM delivery WHERE " DUE ")",
    [SQL_DIGEST_DUE] =
        "SELECT d.address FROM delivery d JOIN mail m ON m.id = d.mail WHERE d.state = 'folded'"
        " AND NOT EXISTS (SELECT 1 FROM delivery w JOIN mail o ON o.id = w.mail"
        " WHERE w.state = 'waiting' AND w.address = d.address AND o.stage = 'digest')"
        " GROUP BY d.address HAVING max(abs(?1 - m.created_usec)) >= ?2 LIMIT 1",
    [SQL_MAIL_FOLDED] = "SELECT " MAIL " FROM mail WHERE id IN (SELECT mail FROM delivery"
                        " WHERE state = 'folded' AND address = ?1) ORDER BY id",
    [SQL_DELIVERIES_IN_DIGEST] = "UPDATE delivery SET state = 'in-digest'"
                                 " WHERE state = 'folded' AND address = ?1",
    [SQL_DELIVERIES_RETRY] = "UPDATE delivery SET state = 'waiting', next_try_usec = ?1, tries = 0"
                             " WHERE mail = ?2 AND state IN ('waiting', 'given-up', 'dropped')"
                             " AND (SELECT length(bytes) FROM mail WHERE id = ?2) > 0",
    [SQL_DELIVERIES_RETRY_ALL] = "UPDATE delivery SET next_try_usec = ?1, tries = 0"
                                 " WHERE state = 'waiting'",
    [SQL_DELIVERIES_DROP] = "UPDATE delivery SET state = 'dropped'"
                            " WHERE mail = ?1 AND state IN ('waiting', 'folded')",
};
