/* status: daemon, its watchdog if it has one, node, database, the kernel's OOM kills. */
#include "db/outbox.h"
#include "mom/cli/facts.h"
#include "mom/cli/oom_kills.h"
#include "mom/cli/verbs.h"
#include "mom/common/clock.h"
#include "slices/base/text.h"

#include <inttypes.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

static void show_no_daemon(struct cli *cli)
{
    const struct field fields[] = {
        {"running", "Daemon running", cell_toned(cell_flag(false), TONE_ALARM)}};
    output_record(cli->output, "daemon", fields, COUNT(fields));
}

/* The mode of all slices where they agree. */
static const char *common_mode(const struct daemon *daemon)
{
    struct live_slice slice;
    uint32_t index = 0;
    const char *mode = NULL;
    while (daemon_next(daemon, &index, &slice)) {
        const char *name = mode_names[slice.mode];
        if (mode && mode != name)
            return "differs by slice";
        mode = name;
    }
    return mode;
}

static void show_daemon(struct cli *cli, const struct daemon *daemon)
{
    const struct live_state *s = &daemon->state;
    bool stale = daemon_stale(daemon, cli->now);
    char hash[24];
    (void)text_format(hash, sizeof hash, "%016" PRIx64, s->policy_hash);
    const struct field fields[] = {
        {"running", "Daemon running", cell_flag(true)},
        {"pid", "Pid", cell_count((uint64_t)s->pid)},
        {"started", "Started", cell_time(s->started.unix_usec)},
        {"last_tick_age_seconds", "Last tick", cell_duration(daemon_tick_age(daemon, cli->now))},
        {"stale", "Stale", cell_toned(cell_flag(stale), stale ? TONE_ALARM : TONE_PLAIN)},
        {"tick_seconds", "Tick every", cell_duration((double)s->tick_usec / USEC_PER_SEC)},
        {"tick_cost_seconds", "Tick costs",
            cell_duration((double)s->tick_cost_usec / USEC_PER_SEC)},
        {"ticks", "Ticks", cell_count(s->ticks)},
        {"mode", "Mode", cell_text(common_mode(daemon))},
        {"dry_run", "Dry run", cell_flag(s->dry_run)},
        {"policy_hash", "Policy", cell_text(hash)},
        {"time_scale", "Time scale", cell_number(s->time_scale)},
        {"hierarchy", "Hierarchy", cell_text(s->hierarchy == 2 ? "cgroup v2" : "cgroup v1")},
        {"scope", "Scope", cell_text(s->scope)},
        {"slices", "Slices", cell_count(s->slices)},
        {"folded", "Folded groups", cell_count(s->folded)},
        {"unreadable", "Unreadable groups", cell_count(s->unreadable)},
        {"not_kept_open", "Slices not kept open", cell_count(s->unkept)},
        {"unread", "Slices not read",
            cell_toned(cell_count(s->unread), s->unread ? TONE_ALARM : TONE_PLAIN)},
        {"resets", "Resets", cell_count(s->resets)},
        {"warnings", "Warnings", cell_count(s->warnings)},
        {"alarms", "Alarms", cell_count(s->alarms)},
        {"last_resort", "Last resort", cell_text(last_resort_names[s->last_resort.action])},
        {"last_resort_bar", "Last resort barred", cell_text(restraint_names[s->last_resort.bar])},
        {"unclean_ends", "Unclean ends within a day", cell_count(s->last_resort.ends)},
        {"oom_victims", "OOM victims are",
            cell_text(s->witness ? "named" : "not named: see the log")},
        {"deaths_missed", "Deaths missed", cell_count(s->deaths_missed)},
        {"dropped_records", "Dropped records",
            cell_toned(cell_count(s->dropped), s->dropped ? TONE_WARNING : TONE_PLAIN)},
    };
    output_record(cli->output, "daemon", fields, COUNT(fields));
}

/* As of the phase; what is wrong behind it. */
static void show_watchdog(struct cli *cli, const struct live_watchdog *w)
{
    char why[320] = "";
    bool ails = w->phase == WATCHDOG_AILING || w->phase == WATCHDOG_WITHHELD;
    if (ails || w->error[0])
        (void)text_format(
            why, sizeof why, "%s", w->error[0] ? w->error : ailment_texts[w->ailment]);
    enum tone tone = w->phase == WATCHDOG_WITHHELD  ? TONE_ALARM
                     : w->phase == WATCHDOG_REFUSED ? TONE_WARNING
                                                    : TONE_PLAIN;
    const struct field fields[] = {
        {"state", "Watchdog", cell_toned(cell_text(watchdog_phase_names[w->phase]), tone)},
        {"why", "Because", cell_text(why)},
        {"armed", "Armed", cell_flag(w->phase == WATCHDOG_ARMED || w->phase == WATCHDOG_WITHHELD)},
        {"device", "Device", cell_text(w->device)},
        {"identity", "Driver", cell_text(w->identity)},
        {"timeout_seconds", "Timeout",
            w->timeout_sec ? cell_duration(w->timeout_sec) : cell_absent()},
    };
    if (w->phase != WATCHDOG_NONE)
        output_record(cli->output, "watchdog", fields, COUNT(fields));
}

static struct cell node_cell(const struct node_sample *node, enum node_field field)
{
    return cell_field(&node_fields[field], node_has(node, field), node->value[field]);
}

static struct cell used_cell(
    const struct node_sample *node, enum node_field total, enum node_field free)
{
    bool known = node_has(node, total) && node_has(node, free);
    return known && node->value[total] >= node->value[free]
               ? cell_bytes(node->value[total] - node->value[free])
               : cell_absent();
}

static void show_node(struct cli *cli, const struct node_sample *node)
{
    const struct field fields[] = {
        {"mem_total_bytes", "Memory", node_cell(node, NODE_MEM_TOTAL)},
        {"mem_available_bytes", "Memory available", node_cell(node, NODE_MEM_AVAILABLE)},
        {"swap_total_bytes", "Swap", node_cell(node, NODE_SWAP_TOTAL)},
        {"zram_swap_bytes", "Swap on zram", node_cell(node, NODE_ZRAM_SWAP)},
        {"swap_used_bytes", "Swap used", used_cell(node, NODE_SWAP_TOTAL, NODE_SWAP_FREE)},
        {"psi_some_percent", "Pressure, some", node_cell(node, NODE_PSI_SOME_AVG10)},
        {"psi_full_percent", "Pressure, full", node_cell(node, NODE_PSI_FULL_AVG10)},
        {"oom_kills", "Kernel OOM kills", node_cell(node, NODE_OOM_KILL)},
    };
    output_record(cli->output, "node", fields, COUNT(fields));
}

static void show_limited(struct cli *cli, const struct live_state *state)
{
    static const struct column columns[] = {
        {"group", "Limited", ALIGN_LEFT},
        {"limit_bytes", "Limit", ALIGN_RIGHT},
        {"available_bytes", "Available", ALIGN_RIGHT},
        {"swap_free_bytes", "Swap free", ALIGN_RIGHT},
        {"psi_full_percent", "Pressure, full", ALIGN_RIGHT},
    };
    static const struct section section = {"limited_groups", columns, COUNT(columns)};
    bool begun = false;
    for (uint32_t i = 1; i < DOMAINS_MAX; i++) {
        const struct live_domain *domain = &state->domain[i];
        if (domain->name[0] == '\0')
            continue;
        if (!begun)
            output_section(cli->output, &section);
        begun = true;
        const struct cell cells[] = {
            cell_text(domain->name),
            node_cell(&domain->sample, NODE_MEM_TOTAL),
            node_cell(&domain->sample, NODE_MEM_AVAILABLE),
            node_cell(&domain->sample, NODE_SWAP_FREE),
            node_cell(&domain->sample, NODE_PSI_FULL_AVG10),
        };
        output_row(cli->output, cells);
    }
}

struct tally {
    uint64_t slices, alive;
    int64_t newest_unix_usec;
    struct oom_list oom_kills;
};

static int count_slice(void *context, const struct query_slice *row)
{
    struct tally *tally = context;
    tally->slices++;
    tally->alive += row->alive;
    if (row->last_unix_usec > tally->newest_unix_usec)
        tally->newest_unix_usec = row->last_unix_usec;
    return oom_list_take(&tally->oom_kills, row);
}

static int show_database(struct cli *cli, struct tally *tally, struct mom_error *error)
{
    char path[PATH_MAX];
    struct db *db = NULL;
    struct outbox_state mails = {0};
    uint64_t node_kills = 0;
    int r = paths_database(&cli->paths, path, error);
    if (r == 0)
        r = db_open(path, DB_READ, &db, error);
    if (r < 0)
        return r;
    r = query_slices(db, NULL, count_slice, tally, error);
    if (r == 0)
        r = query_node_oom_kills(db, &node_kills, error);
    if (r == 0)
        r = outbox_state(db, &mails, error);
    int version = db_version(db);
    db_close(db);
    if (r < 0)
        return r;
    const struct field fields[] = {
        {"path", "Database", cell_text(path)},
        {"schema_version", "Version", cell_count((uint64_t)version)},
        {"newest_entry", "Newest entry", cell_time(tally->newest_unix_usec)},
        {"slices", "Slices known", cell_count(tally->slices)},
        {"slices_alive", "Slices alive", cell_count(tally->alive)},
        {"oom_kills_ever", "Kernel OOM kills ever", cell_count(node_kills)},
        {"mails_waiting", "Mails waiting", cell_count(mails.waiting)},
        {"mails_folded", "Mails for a digest", cell_count(mails.folded)},
        {"mails_given_up", "Mails given up",
            cell_toned(cell_count(mails.given_up), mails.given_up ? TONE_WARNING : TONE_PLAIN)},
    };
    output_record(cli->output, "database", fields, COUNT(fields));
    return 0;
}

int verb_status(struct cli *cli)
{
    struct daemon daemon;
    struct tally tally = {0};
    struct mom_error error = {0}, no_database = {0};
    int r = daemon_open(&daemon, &cli->paths, &error);
    if (r < 0) {
        show_no_daemon(cli);
    } else {
        show_daemon(cli, &daemon);
        show_watchdog(cli, &daemon.state.watchdog);
        show_node(cli, &daemon.state.node);
        show_limited(cli, &daemon.state);
    }
    output_flush(cli->output);
    int stored = show_database(cli, &tally, &no_database);
    if (stored < 0)
        (void)cli_failed(&no_database);
    int listed = oom_list_show(&tally.oom_kills, r < 0 ? NULL : &daemon, stored == 0, cli->output);
    if (r == 0)
        daemon_close(&daemon);
    if (r == 0 && listed < 0)
        r = error_errno(&error, listed, "the OOM kills");
    return r < 0 ? cli_failed(&error) : CLI_OK;
}
