#include "policy/file/settings.h"

#include "policy/file/match.h"

#include <errno.h>

const char *const mode_names[MODES] = {
    [MODE_OBSERVE] = "observe",
    [MODE_WARN] = "warn",
    [MODE_ENFORCE] = "enforce",
};
const char *const thrashing_names[THRASHINGS] = {
    [THRASHING_OBSERVE] = "observe",
    [THRASHING_WARN] = "warn",
    [THRASHING_FREEZE] = "freeze",
    [THRASHING_RESET] = "reset",
};
const char *const rule_action_names[RULE_ACTIONS] = {
    [RULE_RECORD] = "record",
    [RULE_WARN] = "warn",
    [RULE_RECLAIM] = "reclaim",
    [RULE_RESET] = "reset",
    [RULE_REBOOT] = "reboot",
};
const char *const formula_names[FORMULAS] = {
    [FORMULA_MOM] = "mom",
    [FORMULA_RSS] = "rss",
    [FORMULA_SWAP] = "swap",
    [FORMULA_GROWTH] = "growth",
    [FORMULA_VSZ] = "vsz",
    [FORMULA_BADNESS] = "badness",
    [FORMULA_OOM_SCORE] = "oom_score",
    [FORMULA_OUTSIDE] = "outside",
};
const char *const mail_transport_names[MAIL_TRANSPORTS] = {
    [MAIL_DEFAULT] = "default",
    [MAIL_DIRECTORY] = "directory",
    [MAIL_SMTP] = "smtp",
    [MAIL_SENDMAIL] = "sendmail",
};
const char *const mail_tls_names[MAIL_TLS_MODES] = {
    [MAIL_TLS_AUTO] = "auto",
    [MAIL_TLS_NONE] = "none",
    [MAIL_TLS_STARTTLS] = "starttls",
    [MAIL_TLS_IMPLICIT] = "implicit",
};
const char *const nowayout_names[NOWAYOUTS] = {
    [NOWAYOUT_REFUSE] = "refuse",
    [NOWAYOUT_ACCEPT] = "accept",
};

#define FIELD(type, field) .offset = offsetof(type, field), .size = sizeof(((type *)0)->field)
#define GLOBAL(field)      .scope = SCOPE_GLOBAL, FIELD(struct policy_globals, field)
#define SLICE(field, set)  .scope = SCOPE_SLICE, FIELD(struct slice_policy, field), .mark = set
#define RULE(field, bit)   .scope = SCOPE_RULE, FIELD(struct rule, field), .mark = bit
#define NO_FIELD(bit)      .scope = SCOPE_RULE, .mark = bit
#define PENALTY(field)     .scope = SCOPE_PENALTY, FIELD(struct penalty, field)
#define MATCH(index)                                                                               \
    .type = VALUE_GLOBS, .scope = SCOPE_MATCH, FIELD(struct match, condition[index])

static const struct setting table[] = {
    {GLOBAL(time_scale), .name = "time_scale", .type = VALUE_NUMBER, .least = "0.01",
        .most = "100000", .fallback = "1",
        .help = "Divides every time constant of leak detector, ladder and probation; for "
                "demonstrations."},
    {GLOBAL(tick_usec), .name = "tick", .type = VALUE_DURATION, .least = "100ms", .most = "10min",
        .fallback = "10s", .help = "How often slices are sampled."},
    {GLOBAL(max_slices), .name = "max_slices", .type = VALUE_INTEGER, .least = "16",
        .most = "65536", .fallback = "4096",
        .help = "How many slices there is room for, an eighth of it for parents that stand for the "
                "rest. Another number takes effect when momd is started again."},
    {GLOBAL(full_every), .name = "full_every", .type = VALUE_INTEGER, .least = "1", .most = "3600",
        .fallback = "6",
        .help = "Every file of a slice is read at least once in so many ticks. Another "
                "number takes effect when momd is started again."},
    {GLOBAL(guard_usec), .name = "guard.interval", .type = VALUE_DURATION, .least = "10ms",
        .most = "10s", .fallback = "250ms", .help = "How often the node itself is looked at."},
    {GLOBAL(cooldown_usec), .name = "guard.cooldown", .type = VALUE_DURATION, .least = "0s",
        .most = "1h", .fallback = "15s",
        .help = "After a reset for the node's sake, nothing else is reset for so long, as pressure "
                "falls late; but for a slice that is seen to go on filling the memory."},
    {GLOBAL(formula), .name = "guard.score", .type = VALUE_WORD, .words = {formula_names, FORMULAS},
        .fallback = "mom",
        .help =
            "By what slices of one rank are compared: `mom`: what a reset gives back, by guilt "
            "for the shortage and leak; rss, swap, growth; vsz: address space of all processes; "
            "badness: the kernel's points before 2.6.36; oom_score: its worst process by the "
            "kernel's points of today; outside: what scorer.program says."},
    {GLOBAL(pass_over), .name = "guard.pass_over", .type = VALUE_BOOL, .fallback = "true",
        .help = "Where the first to go is protected, or held, the next goes. false: nobody goes, "
                "and the operators are alarmed."},
    {GLOBAL(scorer.program), .name = "scorer.program", .type = VALUE_PATH, .fallback = "",
        .help = "With `guard.score: outside`: the program that is asked, as user mom, once a tick. "
                "It reads the slices as JSON, and writes {\"scores\": {\"SERIAL\": NUMBER}}."},
    {GLOBAL(scorer.timeout_usec), .name = "scorer.timeout", .type = VALUE_DURATION,
        .least = "100ms", .most = "1min", .fallback = "5s", .help = "One answer may take so long."},
    {GLOBAL(scorer.fallback), .name = "scorer.fallback", .type = VALUE_WORD,
        .words = {formula_names, FORMULA_OUTSIDE}, /* any but itself */
        .fallback = "mom",
        .help = "What slices are compared by when its last valid answer is three ticks old."},
    {GLOBAL(mail.operators), .name = "mail.operators", .type = VALUE_ADDRESSES,
        .fallback = "root@localhost", .help = "Who gets a copy of every mail."},
    {GLOBAL(mail.owner), .name = "mail.owner", .type = VALUE_ADDRESS, .fallback = "",
        .help = "Who is told of slices whose owner is known neither from `owner` nor from their "
                "user; empty: the operators alone."},
    {GLOBAL(mail.domain), .name = "mail.domain", .type = VALUE_DOMAIN, .fallback = "",
        .help = "Appended to owners without an @."},
    {GLOBAL(mail.from), .name = "mail.from", .type = VALUE_ADDRESS, .fallback = "mom@localhost",
        .help = "The sender that mails show."},
    {GLOBAL(mail.return_path), .name = "mail.return_path", .type = VALUE_ADDRESS, .fallback = "",
        .help = "Where bounces go; empty: nowhere (the null sender), so that mails can't loop."},
    {GLOBAL(mail.interval_usec), .name = "mail.interval", .type = VALUE_DURATION, .least = "0s",
        .most = "4w", .fallback = "1h",
        .help = "At most one mail about a slice and stage in so long."},
    {GLOBAL(mail.burst), .name = "mail.burst", .type = VALUE_INTEGER, .least = "1", .most = "1000",
        .fallback = "12",
        .help = "Of more mails to somebody than this, within `mail.digest`, the rest becomes one "
                "digest."},
    {GLOBAL(mail.digest_usec), .name = "mail.digest", .type = VALUE_DURATION, .least = "1s",
        .most = "1w", .fallback = "1h", .help = "How long a digest collects."},
    {GLOBAL(mail.queue), .name = "mail.queue", .type = VALUE_INTEGER, .least = "1",
        .most = "100000", .fallback = "1000",
        .help = "At most so many mails wait; what is more becomes part of a digest."},
    {GLOBAL(mail.give_up_usec), .name = "mail.give_up", .type = VALUE_DURATION, .least = "1h",
        .most = "52w", .fallback = "7d",
        .help = "A mail that could not be delivered for so long is given up."},
    {GLOBAL(mail.transport), .name = "mail.transport", .type = VALUE_WORD,
        .words = {mail_transport_names, MAIL_TRANSPORTS}, .fallback = "default",
        .help = "`default`: laid into the directory, and sent through port 25 of this host where "
                "something listens there; or one of directory, smtp, sendmail alone."},
    {GLOBAL(mail.directory), .name = "mail.directory", .type = VALUE_PATH, .fallback = "",
        .help = "Where mails are laid down; empty: recorder/mail in the "
                "state directory. It must be user mom's; under systemd ReadWritePaths= must name "
                "it, too."},
    {GLOBAL(mail.server), .name = "mail.server", .type = VALUE_DOMAIN, .fallback = "localhost",
        .help = "The SMTP server."},
    {GLOBAL(mail.port), .name = "mail.port", .type = VALUE_INTEGER, .least = "1", .most = "65535",
        .fallback = "25", .help = "Its port: 25, 587 (submission) or 465 (with implicit TLS)."},
    {GLOBAL(mail.tls), .name = "mail.tls", .type = VALUE_WORD,
        .words = {mail_tls_names, MAIL_TLS_MODES}, .fallback = "auto",
        .help = "`auto`: none to this host itself, implicit on port 465, else starttls; the "
                "certificate must be valid for the server's name."},
    {GLOBAL(mail.ca_file), .name = "mail.ca_file", .type = VALUE_PATH, .fallback = "",
        .help = "Certificates (PEM) of the authorities that are believed; empty: the system's."},
    {GLOBAL(mail.credentials), .name = "mail.credentials", .type = VALUE_PATH, .fallback = "",
        .help = "A file like netrc(5), `machine SERVER login NAME password SECRET`, that user mom "
                "can read and others can't; empty: no login."},
    {GLOBAL(mail.sendmail), .name = "mail.sendmail", .type = VALUE_PATH,
        .fallback = "/usr/sbin/sendmail", .help = "The program that takes mail from its input."},
    {GLOBAL(mail.timeout_usec), .name = "mail.timeout", .type = VALUE_DURATION, .least = "1s",
        .most = "10min", .fallback = "1min", .help = "One delivery may take so long."},
    {GLOBAL(last_resort.action), .name = "last_resort.action", .type = VALUE_WORD,
        .words = {last_resort_names, LAST_RESORTS}, .fallback = "announce",
        .help = "What a rule's `action: reboot` comes to: announce (an alarm), panic (the kernel "
                "panics, and boots anew), reboot (by the system call), sysrq (at once, and nothing "
                "else); what does not work is followed by the others."},
    {GLOBAL(last_resort.a_day), .name = "last_resort.a_day", .type = VALUE_INTEGER, .least = "1",
        .most = "24", .fallback = "3",
        .help = "At most so often a day; whatever else the machine went down by without a clean "
                "stop counts, too."},
    {GLOBAL(last_resort.back_off_usec), .name = "last_resort.back_off", .type = VALUE_DURATION,
        .least = "1min", .most = "1d", .fallback = "30min",
        .help = "Not sooner after the last time than this; after the second of a day twice as "
                "long, and so on."},
    {GLOBAL(last_resort.after_boot_usec), .name = "last_resort.after_boot", .type = VALUE_DURATION,
        .least = "0s", .most = "1d", .fallback = "10min",
        .help = "Not while the machine has been up for less than this."},
    {GLOBAL(last_resort.panic_on_oom), .name = "last_resort.panic_on_oom", .type = VALUE_BOOL,
        .fallback = "false",
        .help = "While a reboot would be in order, the kernel panics, and boots anew, rather than "
                "kill for the node as a whole (vm.panic_on_oom)."},
    {GLOBAL(raises.budget), .name = "raises.budget", .type = VALUE_AMOUNT, .fallback = "25%",
        .help = "All raised limits together (raise_to) are above what they were by no more than "
                "this: a part of the node's memory or a size."},
    {GLOBAL(raises.reserve), .name = "raises.reserve", .type = VALUE_AMOUNT, .fallback = "20%",
        .help = "A limit is raised by no more than leaves so much available; when not even half of "
                "it is left, raised limits go back."},
    {GLOBAL(watchdog.device), .name = "watchdog.device", .type = VALUE_PATH, .fallback = "",
        .help = "The watchdog that boots the node anew when mom is hung, or the node can't be "
                "helped: /dev/watchdog; empty: none. Never with --dry-run or --scope."},
    {GLOBAL(watchdog.timeout_usec), .name = "watchdog.timeout", .type = VALUE_DURATION,
        .least = "20s", .most = "1h", .fallback = "1min",
        .help = "It does so when it was not petted for so long: whole seconds, which the driver "
                "may round. What hangs by itself is started again within 15 s, or a minute."},
    {GLOBAL(watchdog.after_boot_usec), .name = "watchdog.after_boot", .type = VALUE_DURATION,
        .least = "0s", .most = "1d", .fallback = "10min",
        .help = "It is not armed before the node has been up for so long: people have that long to "
                "change what made it reboot."},
    {GLOBAL(watchdog.nowayout), .name = "watchdog.nowayout", .type = VALUE_WORD,
        .words = {nowayout_names, NOWAYOUTS}, .fallback = "refuse",
        .help = "A device that can't be stopped any more (nowayout), or of which that isn't known: "
                "refuse, or accept; then the node is booted anew whenever momd is stopped."},
    {GLOBAL(watchdog.fork_usec), .name = "watchdog.fork", .type = VALUE_DURATION, .least = "10s",
        .most = "1d", .or_zero = true, .fallback = "1min",
        .help = "It is petted no more when no new process could be started for so long; 0s: that "
                "doesn't matter."},
    {GLOBAL(watchdog.memory_usec), .name = "watchdog.memory", .type = VALUE_DURATION,
        .least = "30s", .most = "1d", .or_zero = true, .fallback = "10min",
        .help = "Nor when less than 10 % of the memory has been available for so long, and all "
                "have waited for memory half of the time (where PSI is unusable: less than 3 %, "
                "and processes reclaim); 0s: that doesn't matter."},
    {GLOBAL(watchdog.disk_usec), .name = "watchdog.disk", .type = VALUE_DURATION, .least = "2min",
        .most = "1d", .or_zero = true, .fallback = "0s",
        .help = "Nor when the recorder has not written to its database for so long; 0s: that "
                "doesn't matter."},
    {GLOBAL(raw_retention_usec), .name = "database.keep_raw", .type = VALUE_DURATION,
        .least = "10min", .most = "520w", .fallback = "2d",
        .help = "How long every sample is kept."},
    {GLOBAL(minute_retention_usec), .name = "database.keep_minutes", .type = VALUE_DURATION,
        .least = "1h", .most = "520w", .fallback = "14d",
        .help = "How long rollups over one minute are kept."},
    {GLOBAL(ten_minutes_retention_usec), .name = "database.keep_ten_minutes",
        .type = VALUE_DURATION, .least = "1h", .most = "520w", .fallback = "90d",
        .help = "How long rollups over ten minutes are kept."},
    {GLOBAL(hour_retention_usec), .name = "database.keep_hours", .type = VALUE_DURATION,
        .least = "1d", .most = "1040w", .fallback = "730d",
        .help = "How long rollups over one hour are kept."},
    {GLOBAL(mail_retention_usec), .name = "database.keep_mail", .type = VALUE_DURATION,
        .least = "1h", .most = "1040w", .fallback = "90d",
        .help = "How long mails are kept that were delivered, given up or dropped."},
    {GLOBAL(database_cap_bytes), .name = "database.cap", .type = VALUE_SIZE, .least = "16M",
        .most = "1T", .fallback = "1G",
        .help = "The database stays below this size; the oldest samples go first."},
    {SLICE(owner, SET_OWNER), .name = "owner", .type = VALUE_ADDRESS, .fallback = "",
        .help = "Who is told about the slice; empty: found from its user."},
    {SLICE(rank, SET_RANK), .name = "rank", .type = VALUE_INTEGER, .least = "-1000", .most = "1000",
        .fallback = "0",
        .help = "Importance: of two slices the one with the higher rank goes later."},
    {SLICE(protect, SET_PROTECT), .name = "protect", .type = VALUE_BOOL, .fallback = "false",
        .help = "Never acted on; where it would be due, the operators are alarmed."},
    {SLICE(mode, SET_MODE), .name = "mode", .type = VALUE_WORD, .words = {mode_names, MODES},
        .fallback = "enforce",
        .help = "What may be done to it, most of all when the node is short: "
                "observe records, warn mails, too, enforce does it."},
    {SLICE(leak, SET_LEAK), .name = "leak", .type = VALUE_WORD, .words = {mode_names, MODES},
        .fallback = "warn",
        .help = "What a confirmed leak alone leads to, in the same words; enforce only "
                "where mode is enforce, too."},
    {SLICE(leak_horizon_usec, SET_LEAK_HORIZON), .name = "leak_horizon", .type = VALUE_DURATION,
        .least = "1s", .most = "52w", .fallback = "2h", .scaled = true,
        .help = "With leak: enforce, a leaker is throttled, then reset, when the time until its "
                "limit, or until the node is short by its rules' `available_below`, falls below "
                "this, by what it holds now and its rate."},
    {SLICE(leak_grace_usec, SET_LEAK_GRACE), .name = "leak_grace", .type = VALUE_DURATION,
        .least = "0s", .most = "52w", .fallback = "1h", .scaled = true,
        .help = "At least so long lies between the warning about a leak and what is done."},
    {SLICE(leak_throttle_usec, SET_LEAK_THROTTLE), .name = "leak_throttle", .type = VALUE_DURATION,
        .least = "0s", .most = "52w", .fallback = "30min", .scaled = true,
        .help = "For so long a leaker is throttled to what it has; if it has grown on by then, or "
                "would be at its limit before, it is reset. 0s, or as long as leak_horizon: it is "
                "reset at once."},
    {SLICE(throttle_rates.cpu_percent, SET_THROTTLE_CPU), .name = "throttle_cpu",
        .type = VALUE_SHARE, .least = "1%", .most = "100000%", .or_zero = true, .fallback = "0%",
        .help = "Who is throttled, for whatever, gets no more than this of one processor's time "
                "meanwhile (cpu.max; on cgroup v1 the quota of its group in the tree of the "
                "processors, where it has one for itself); 0%: as much as before."},
    {SLICE(throttle_rates.io_bytes, SET_THROTTLE_IO), .name = "throttle_io", .type = VALUE_SIZE,
        .least = "1M", .most = "1T", .or_zero = true, .fallback = "0B",
        .help = "Nor may it read, or write, more than this a second, each, on each disk that it "
                "uses and each that holds swap, four at most (io.max, cgroup v2 alone); "
                "0B: as much as before."},
    {SLICE(probation_usec, SET_PROBATION), .name = "probation", .type = VALUE_DURATION,
        .least = "0s", .most = "52w", .fallback = "10min", .scaled = true,
        .help = "After a reset the slice is not reset again for a leak for so long."},
    {SLICE(forgive_usec, SET_FORGIVE), .name = "forgive", .type = VALUE_DURATION, .least = "0s",
        .most = "52w", .fallback = "7d", .scaled = true,
        .help = "Each time that the slice has not been reset for so long, one reset less counts "
                "(strikes); 0s: none is forgiven."},
    {SLICE(reset_grace_usec, SET_RESET_GRACE), .name = "reset_grace", .type = VALUE_DURATION,
        .least = "0s", .most = "1min", .fallback = "0s",
        .help =
            "Before a reset all processes get SIGTERM, a little more memory if they are at their "
            "limit, and so long to end by themselves; what is left is killed. Not when the node "
            "is short. systemd takes a service that ends by SIGTERM for one that succeeded: "
            "Restart=on-failure does not start it again."},
    {SLICE(raise_to, SET_RAISE_TO), .name = "raise_to", .type = VALUE_AMOUNT, .fallback = "0%",
        .help =
            "A slice that is kept waiting at its own limit (memory.max, memory.high) and does not "
            "leak, as far as can be told, has it raised for a time, up to this: a part of the "
            "node's memory or a size; 0%: never. With mode: enforce alone."},
    {SLICE(raise_step, SET_RAISE_STEP), .name = "raise_step", .type = VALUE_AMOUNT,
        .fallback = "25%", .help = "By so much at a time: a part of its limit or a size."},
    {SLICE(raise_for_usec, SET_RAISE_FOR), .name = "raise_for", .type = VALUE_DURATION,
        .least = "1s", .most = "52w", .fallback = "12h", .scaled = true,
        .help =
            "After so long the limit is as before, or sooner, when it needs no more: as soon as "
            "it holds no more, for nobody is killed for it."},
    {SLICE(thrashing, SET_THRASHING), .name = "thrashing", .type = VALUE_WORD,
        .words = {thrashing_names, THRASHINGS}, .fallback = "warn",
        .help = "What becomes of a slice that has been kept waiting at its own limit for "
                "thrashing_after, does not leak and can't be raised: freeze and reset come "
                "leak_grace after the warning, if it still is then, and with mode: enforce alone."},
    {SLICE(thrashing_after_usec, SET_THRASHING_AFTER), .name = "thrashing_after",
        .type = VALUE_DURATION, .least = "1min", .most = "52w", .fallback = "10min", .scaled = true,
        .help = "For so long a slice waits at its own limit before it counts as thrashing."},
    {SLICE(freeze_for_usec, SET_FREEZE_FOR), .name = "freeze_for", .type = VALUE_DURATION,
        .least = "1s", .most = "52w", .fallback = "1h", .scaled = true,
        .help = "With thrashing: freeze, it stands still for so long."},
    {SLICE(oom_delay_usec, SET_OOM_DELAY), .name = "oom_delay", .type = VALUE_DURATION,
        .least = "1s", .most = "10min", .or_zero = true, .fallback = "0s",
        .help =
            "When nothing can be reclaimed any more at its own limit (memory.max; on cgroup v1 "
            "limit_in_bytes), its tasks wait, and mom raises the limit where raise_to lets her, or "
            "else resets the slice. If they still wait after so long, the kernel's OOM killer is "
            "let loose, and stays so until `momctl release`, the slice's next life, or ten minutes "
            "without an OOM kill. 0s: the kernel's at once. With mode: enforce alone, and for 128 "
            "slices at most. On cgroup v2 an eighth of the limit (of what is above 1G, a 32nd) is "
            "the waiting room: memory.high stands so far below memory.max."},
    {SLICE(oom_to, SET_OOM_TO), .name = "oom_to", .type = VALUE_PATH, .fallback = "",
        .help =
            "With oom_delay: who can't be raised (further) is not reset, but moved for raise_for, "
            "as "
            "by `momctl move`: its processes take memory at the cost of the group with this path "
            "from then on, and can so go on. Where that can't be done, or is over, it is reset."},
    {SLICE(min_size_bytes, SET_MIN_SIZE), .name = "min_size", .type = VALUE_SIZE, .least = "0B",
        .most = "1T", .fallback = "64M",
        .help = "Slices that would give back less are not reset, throttled or frozen: it would "
                "not help."},
    {SLICE(min_age_usec, SET_MIN_AGE), .name = "min_age", .type = VALUE_DURATION, .least = "0s",
        .most = "52w", .fallback = "0s", .scaled = true,
        .help = "Nor are slices that are younger than this."},
    {SLICE(tell_kernel, SET_TELL_KERNEL), .name = "tell_kernel", .type = VALUE_BOOL,
        .fallback = "false",
        .help = "The kernel's own OOM killer, should it be first, is told to choose as mom would: "
                "by oom_score_adj, of those processes that nobody else has given one, and "
                "memory.oom.group. Put back when momd stops."},
    {SLICE(interdependent, SET_INTERDEPENDENT), .name = "interdependent", .type = VALUE_BOOL,
        .fallback = "true",
        .help =
            "Its processes need each other: a reset ends all of them, and with tell_kernel so does "
            "the kernel. false: the groups nested in it are jobs that do without each other; "
            "a reset ends the one that holds most, alone, unless processes right in the group "
            "hold more: then all of them. Sizes (min_size) are the whole slice's."},
    {SLICE(notify, SET_NOTIFY), .name = "notify", .type = VALUE_COMMAND, .fallback = "",
        .help = "A program that is run whenever the slice is warned, alarmed about, throttled, "
                "released or reset; see PROGRAMS."},
    {SLICE(hook_before, SET_HOOK_BEFORE), .name = "hook_before", .type = VALUE_COMMAND,
        .fallback = "",
        .help = "A program that is run before a reset, which waits for its end, but for a reset "
                "for the node's sake: then both go on at once."},
    {SLICE(hook_after, SET_HOOK_AFTER), .name = "hook_after", .type = VALUE_COMMAND, .fallback = "",
        .help = "A program that is run when a reset has come to its end, whatever came of it."},
    {SLICE(restart, SET_RESTART), .name = "restart", .type = VALUE_RESTART,
        .fallback = RESTART_NONE,
        .help = "What is run after a reset that is done, unless the slice runs again already: "
                "`none`; `auto`: its unit or container is started, as root; or a program."},
    {SLICE(hook_user, SET_HOOK_USER), .name = "hook_user", .type = VALUE_NAME, .fallback = "mom",
        .help = "As whom these programs run."},
    {SLICE(hook_timeout_usec, SET_HOOK_TIMEOUT), .name = "hook_timeout", .type = VALUE_DURATION,
        .least = "1s", .most = "1min30s", .fallback = "30s",
        .help = "Each of them may take so long, then it is ended."},
    {RULE(name, 0), .name = "name", .type = VALUE_NAME, .required = true,
        .help = "What the rule is called in decisions and mails."},
    {RULE(available_below, RULE_AVAILABLE_BELOW), .name = "available_below", .type = VALUE_AMOUNT,
        .help = "MemAvailable is less than this (part of MemTotal, or a size)."},
    {RULE(room_below, RULE_ROOM_BELOW), .name = "room_below", .type = VALUE_AMOUNT,
        .help = "MemAvailable and free swap (on disks) together are less than this (part of "
                "MemTotal, or a size)."},
    {RULE(swap_used_above, RULE_SWAP_USED_ABOVE), .name = "swap_used_above", .type = VALUE_AMOUNT,
        .help = "At least so much swap is used (part of SwapTotal, or a size); never holds without "
                "swap."},
    {RULE(psi_full_above, RULE_PSI_FULL_ABOVE), .name = "psi_full_above", .type = VALUE_PERCENTAGE,
        .help = "All tasks stalled on memory for at least this share of the last 10 s (PSI full "
                "avg10)."},
    {RULE(stalled_above, RULE_STALLED_ABOVE), .name = "stalled_above", .type = VALUE_PERCENTAGE,
        .help = "All tasks stalled on memory for at least this share of the last seconds (PSI full "
                "total, smoothed over 2 s): sooner than psi_full_above by some seconds."},
    {RULE(swapping_usec, RULE_SWAPPING), .name = "swapping", .type = VALUE_DURATION,
        .least = "100ms", .most = "1h",
        .help = "Pages were swapped out, or reclaimed directly, within the last so long."},
    {RULE(exhausted_usec, RULE_EXHAUSTED_WITHIN), .name = "exhausted_within",
        .type = VALUE_DURATION, .least = "100ms", .most = "1d",
        .help = "At the present rate memory and swap are gone within this, and one slice makes at "
                "least half of the growth."},
    {NO_FIELD(RULE_NO_SWAP), .name = "no_swap", .type = VALUE_FLAG,
        .help = "The node has no swap."},
    {NO_FIELD(RULE_PSI_UNUSABLE), .name = "psi_unusable", .type = VALUE_FLAG,
        .help = "PSI is absent or stuck."},
    {RULE(hold_usec, 0), .name = "hold", .type = VALUE_DURATION, .least = "0s", .most = "1d",
        .fallback = "0s", .help = "All conditions must hold for so long."},
    {RULE(action, 0), .name = "action", .type = VALUE_WORD,
        .words = {rule_action_names, RULE_ACTIONS}, .required = true,
        .help = "What is done then: record, warn, reclaim (the first of the standing list gives "
                "back what it needs least; cgroup v2), reset the first of the standing list, or "
                "reboot."},
    {PENALTY(strikes), .name = "strikes", .type = VALUE_INTEGER, .least = "1", .most = "16",
        .required = true, .help = "The slice was reset so often; of those that are forgiven less."},
    {PENALTY(probation_times), .name = "probation_times", .type = VALUE_NUMBER, .least = "1",
        .most = "1000", .fallback = "1", .help = "Its `probation` is so many times as long."},
    {PENALTY(throttle_to), .name = "throttle_to", .type = VALUE_AMOUNT,
        .help = "What begins anew in it is throttled to so much memory (memory.high; on cgroup v1 "
                "the soft limit), a part of the node's or a size, until the probation is over; "
                "never to less than it has, and never for longer than momd runs."},
    {MATCH(MATCH_KEY), .name = "key",
        .help = "Its key: `docker:web`, `user:1000`, `unit:system.slice/cron.service`."},
    {MATCH(MATCH_PATH), .name = "path", .help = "Its path below the root of the hierarchy."},
    {MATCH(MATCH_NAME), .name = "name", .help = "Its name for people."},
    {MATCH(MATCH_RUNTIME), .name = "runtime",
        .help = "What runs it: docker, podman, lxc, systemd, ..."},
    {MATCH(MATCH_USER), .name = "user",
        .help = "Its user's number, or the login name for a user's own slice."},
    {MATCH(MATCH_KIND), .name = "kind",
        .help = "group, service, scope, user, container, pod or machine."},
};

const struct setting *settings_table(size_t *ret_count)
{
    *ret_count = sizeof table / sizeof *table;
    return table;
}

const struct setting *setting_of_slice(enum slice_setting wanted)
{
    const struct setting *setting = table;
    while (setting->scope != SCOPE_SLICE || setting->mark != (unsigned)wanted)
        setting++;
    return setting;
}

static int check_range(const struct setting *setting, const char *text, struct mom_error *error)
{
    if (!setting->least)
        return 0;
    double value, least, most;
    int r = value_quantity(setting->type, text, &value, error);
    if (r < 0)
        return r;
    (void)value_quantity(setting->type, setting->least, &least, NULL);
    (void)value_quantity(setting->type, setting->most, &most, NULL);
    if ((value >= least && value <= most) || (setting->or_zero && value == 0))
        return 0;
    return error_set(error, -EINVAL, "`%.64s` is out of range: %s%s to %s", text,
        setting->or_zero ? "0, or " : "", setting->least, setting->most);
}

int setting_parse(
    const struct setting *setting, const char *text, void *object, struct mom_error *error)
{
    int r = check_range(setting, text, error);
    if (r < 0)
        return r;
    return value_parse(setting->type, &setting->words, text, (char *)object + setting->offset,
        setting->size, error);
}

int setting_format(const struct setting *setting, const void *object, char *buffer, size_t size)
{
    return value_format(
        setting->type, &setting->words, (const char *)object + setting->offset, buffer, size);
}
