#include "mom/recorder/recorder.h"

#include "db/rollup.h"
#include "db/store.h"
#include "mom/common/clock.h"
#include "mom/common/log.h"
#include "mom/common/policy_source.h"
#include "mom/common/signals.h"
#include "slices/base/text.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FLUSH_USEC    (60 * USEC_PER_SEC) /* raw rows wait at most so long in memory */
#define ROLLUP_USEC   (20 * USEC_PER_SEC)
#define DB_RETRY_USEC (10 * USEC_PER_SEC)
enum { ROUND_MSEC = 500, RECORDS_AT_ONCE = 4000 };

/* In this order an outcome comes after its decision; and they are marked in the reverse order, so
 * that no outcome is read whose decision was written after the decisions were. */
static const enum ring_name drained[] = {
    RING_DECISIONS, RING_GUARD, RING_OUTCOMES, RING_LOOKS, RING_SAMPLES};
enum { DRAINED = sizeof drained / sizeof *drained };

static bool open_ring(struct recorder *recorder, enum ring_name name)
{
    return recorder->rings[name].fd >= 0 || records_open_reader(recorder->options->paths.run_dir,
                                                name, (gid_t)-1, &recorder->rings[name]) == 0;
}

static void tell_drops(struct recorder *recorder, enum ring_name name)
{
    uint64_t dropped;
    if (ring_reader_dropped(&recorder->rings[name], &dropped) < 0 ||
        dropped <= recorder->dropped_told[name])
        return;
    log_warning("%s: %llu records were dropped since the boot", ring_table[name].file,
        (unsigned long long)dropped);
    recorder->dropped_told[name] = dropped;
}

/* Takes what is in the ring, inside the open transaction. Returns how many records, or -errno. */
static int drain_ring(struct recorder *recorder, enum ring_name name, struct mom_error *error)
{
    struct ring_reader *ring = &recorder->rings[name];
    if (ring->fd < 0)
        return 0;
    for (int count = 0; count < RECORDS_AT_ONCE; count++) {
        uint32_t type;
        ssize_t n = ring_read(ring, &type, recorder->buffer);
        if (n == -EAGAIN)
            return count;
        if (n == -EPROTO)
            log_error("%s is damaged: what it held is lost", ring_table[name].file);
        if (n == -ESTALE)
            ring_reader_close(ring); /* made anew; opened at the next round */
        if (n < 0)
            return count;
        int r = drain_record(recorder, type, (size_t)n, error);
        if (r < 0)
            return r;
    }
    return RECORDS_AT_ONCE;
}

static void mark_rings(struct recorder *recorder)
{
    for (int i = DRAINED - 1; i >= 0; i--)
        if (open_ring(recorder, drained[i]))
            (void)ring_mark(
                &recorder->rings[drained[i]]); /* a stale one is closed when it is read */
}

static void acknowledge(struct recorder *recorder, bool samples_too)
{
    for (int i = 0; i < DRAINED; i++) {
        struct ring_reader *ring = &recorder->rings[drained[i]];
        if (ring->fd < 0 || (drained[i] == RING_SAMPLES && !samples_too))
            continue;
        (void)ring_ack(ring);
        tell_drops(recorder, drained[i]);
    }
}

static void close_database(struct recorder *recorder)
{
    if (recorder->db)
        db_close(recorder->db);
    recorder->db = NULL;
}

/* One bad read is no proof: the file is looked through before it is taken for lost. What was
 * drained from the rings and flushed already goes with it; a note in the new one tells of it. */
static void set_damage_aside(struct recorder *recorder)
{
    char path[PATH_MAX], aside[DB_PATH_MAX];
    struct mom_error error = {0};
    int r = paths_database(&recorder->options->paths, path, &error);
    if (r < 0 || db_check(path, &error) != -EUCLEAN)
        return;
    log_error("the database is corrupt: %s", error.text);
    if (db_set_aside(path, clock_now().unix_usec, aside, &error) < 0) {
        log_error("it can't be set aside: %s", error.text);
        return;
    }
    log_error("it is kept as %s, and a new one begun", aside);
    (void)text_copy(recorder->aside, sizeof recorder->aside, aside);
}

/* After a failure: everything that was not acknowledged is read again, and the store forgets what
 * it had buffered. On a full disk the database stays open: whoever opens it first, even to read,
 * would want to make its shared memory anew, and find no room for that. */
static void start_over(struct recorder *recorder, const struct mom_error *why)
{
    int64_t now_usec = clock_now().boot_usec;
    log_error("the database: %s; the rings hold what is new, next try in %lld s", why->text,
        (long long)(DB_RETRY_USEC / USEC_PER_SEC));
    for (int i = 0; i < DRAINED; i++)
        ring_reader_close(&recorder->rings[drained[i]]);
    if (recorder->db && why->code == -ENOSPC)
        db_rollback(recorder->db);
    else
        close_database(recorder);
    if (why->code == -EUCLEAN)
        set_damage_aside(recorder);
    recorder->db_try_usec = now_usec + DB_RETRY_USEC;
}

/* Its number is a time in microseconds, far above those that the governor gives. */
static int note_aside(struct recorder *recorder, struct mom_error *error)
{
    struct stamp now = clock_now();
    char text[sizeof recorder->aside + 64];
    if (!recorder->aside[0])
        return 0;
    (void)text_format(
        text, sizeof text, "the one before was corrupt and is kept as %s", recorder->aside);
    return store_note(recorder->db, (uint64_t)now.unix_usec, now, "database", text, error);
}

static int open_database(struct recorder *recorder, struct mom_error *error)
{
    char path[PATH_MAX];
    int r = paths_database(&recorder->options->paths, path, error);
    if (r == 0)
        r = db_open(path, DB_WRITE, &recorder->db, error);
    if (r == 0)
        r = db_begin(recorder->db, error);
    int is_new = r < 0 ? r : store_boot(recorder->db, recorder->boot, clock_now(), error);
    r = is_new < 0 ? is_new : note_aside(recorder, error);
    if (r == 0)
        r = db_commit(recorder->db, error);
    if (r < 0) {
        close_database(recorder);
        return r;
    }
    recorder->aside[0] = '\0';
    recorder->policy_stored = false;
    if (is_new)
        past_ask(recorder);
    return 0;
}

/* Until then samples wait in memory, and in their ring, which must not fill up. */
static bool flush_is_due(const struct recorder *recorder, int64_t now_usec)
{
    return recorder->flush_due || now_usec - recorder->flushed_usec >= FLUSH_USEC ||
           ring_presses(&recorder->rings[RING_SAMPLES]);
}

/* One transaction: what the rings hold. Decisions and outcomes go to the disk at once, samples with
 * the next flush: nothing is acknowledged before. Returns how many records. */
static int drain_all(
    struct recorder *recorder, bool last, int64_t now_usec, struct mom_error *error)
{
    int total = 0, bulk = 0;
    mark_rings(recorder);
    int r = db_begin(recorder->db, error);
    for (int i = 0; r >= 0 && i < DRAINED; i++) {
        r = drain_ring(recorder, drained[i], error);
        total += r > 0 ? r : 0;
        bulk += r > 0 && (drained[i] == RING_SAMPLES || drained[i] == RING_LOOKS) ? r : 0;
        if (drained[i] == RING_SAMPLES && r > 0)
            recorder->samples_waiting = true;
    }
    bool flush = last || flush_is_due(recorder, now_usec);
    if (r >= 0 && flush)
        r = store_flush(recorder->db, error);
    if (r >= 0)
        r = db_commit(recorder->db, error);
    if (r >= 0 && (flush || total > bulk))
        r = db_sync(recorder->db, error);
    if (r < 0)
        return r;
    acknowledge(recorder, flush || !recorder->samples_waiting);
    if (flush || total > bulk)
        heartbeat_page(&recorder->heartbeat)->beat_usec[HEART_COMMIT] = clock_now().boot_usec;
    if (flush) {
        recorder->samples_waiting = false;
        recorder->flushed_usec = now_usec;
        recorder->flush_due = false;
    }
    return total;
}

static int roll_up(struct recorder *recorder, struct mom_error *error)
{
    const struct policy_globals *globals = policy_globals(recorder->policy);
    const struct rollup_limits limits = {
        .raw_sec = globals->raw_retention_usec / USEC_PER_SEC,
        .minute_sec = globals->minute_retention_usec / USEC_PER_SEC,
        .ten_minutes_sec = globals->ten_minutes_retention_usec / USEC_PER_SEC,
        .hour_sec = globals->hour_retention_usec / USEC_PER_SEC,
        .mail_sec = globals->mail_retention_usec / USEC_PER_SEC,
        .cap_bytes = globals->database_cap_bytes,
    };
    return rollup_run(recorder->db, clock_now().unix_usec, &limits, error);
}

static int note_mail(struct recorder *recorder, struct mom_error *error)
{
    int due = outbox_due(recorder->db, clock_now().unix_usec, error);
    if (due >= 0)
        heartbeat_page(&recorder->heartbeat)->mail_due = due > 0;
    return due < 0 ? due : digest_post(recorder, error);
}

/* The texts of the policy in force, so that a day can be replayed by what it was decided by. */
static int keep_policy(struct recorder *recorder, struct mom_error *error)
{
    if (recorder->policy_stored)
        return 0;
    int r = db_begin(recorder->db, error);
    if (r == 0)
        r = store_policy(recorder->db, recorder->policy, error);
    if (r == 0)
        r = db_commit(recorder->db, error);
    recorder->policy_stored = r == 0;
    return r;
}

/* Returns 1 when there is more to do at once. */
static int round_of(struct recorder *recorder, bool last, struct mom_error *error)
{
    int64_t now_usec = clock_now().boot_usec;
    heartbeat_page(&recorder->heartbeat)->beat_usec[HEART_RECORDER] = now_usec;
    if (now_usec < recorder->db_try_usec && !last)
        return 0;
    int r = recorder->db ? 0 : open_database(recorder, error);
    if (r < 0)
        return r;
    r = keep_policy(recorder, error);
    if (r < 0)
        return r;
    int taken = drain_all(recorder, last, now_usec, error);
    if (taken < 0)
        return taken;
    if (now_usec - recorder->rolled_usec >= ROLLUP_USEC && !last) {
        r = roll_up(recorder, error);
        recorder->rolled_usec = r == 1 ? recorder->rolled_usec : now_usec;
    }
    if (r >= 0)
        r = note_mail(recorder, error);
    return r < 0 ? r : taken >= RECORDS_AT_ONCE;
}

static int load_policy(struct recorder *recorder)
{
    struct policy *policy;
    int r = policy_source_load(recorder->options, policy_source_log, NULL, &policy, NULL);
    if (r < 0) {
        log_error(
            "the policy is invalid%s", recorder->policy ? ": the old one stays in force" : "");
        return r;
    }
    policy_free(recorder->policy);
    recorder->policy = policy;
    recorder->policy_stored = false;
    return 0;
}

/* False: the end was asked for. */
static bool take_signals(struct recorder *recorder, int signal_fd, int wait_msec)
{
    struct pollfd signals = {.fd = signal_fd, .events = POLLIN};
    int number;
    (void)poll(&signals, 1, wait_msec);
    while (signals_take(signal_fd, &number)) {
        if (number != SIGHUP)
            return false;
        (void)load_policy(recorder);
    }
    return true;
}

static int open_all(struct recorder *recorder, struct mom_error *error)
{
    char path[PATH_MAX];
    int r = clock_boot_id(recorder->options->paths.proc_root, recorder->boot);
    if (r < 0)
        return error_errno(error, r, "boot_id");
    if (gethostname(recorder->node, sizeof recorder->node - 1) < 0 || !recorder->node[0])
        memcpy(recorder->node, "localhost", sizeof "localhost");
    for (int i = 0; i < RINGS; i++)
        recorder->rings[i].fd = recorder->rings[i].ack_fd = -1;
    r = paths_join(path, sizeof path, recorder->options->paths.run_dir, HEARTBEAT_RECORDER_FILE);
    if (r == 0)
        r = heartbeat_create(&recorder->heartbeat, path, (gid_t)-1, error);
    return r < 0 ? r : past_open(recorder, (gid_t)-1, error);
}

int recorder_run(const struct options *options)
{
    static struct recorder recorder;
    struct mom_error error = {0};
    recorder.options = options;
    static const int signals[] = {SIGTERM, SIGINT, SIGHUP};
    int signal_fd = signals_open(signals, 3);
    int r = load_policy(&recorder);
    if (r < 0)
        return policy_source_exit(r);
    if (open_all(&recorder, &error) < 0) {
        log_error("%s", error.text);
        return EXIT_CANT_START;
    }
    int more = 0;
    while (take_signals(&recorder, signal_fd, more > 0 ? 0 : ROUND_MSEC)) {
        more = round_of(&recorder, false, &error);
        if (more < 0)
            start_over(&recorder, &error);
    }
    do {
        more = round_of(&recorder, true, &error);
    } while (more > 0);
    if (more < 0)
        log_error("at the end: %s", error.text);
    close_database(&recorder);
    policy_free(recorder.policy);
    return more < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
