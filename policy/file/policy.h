/* What the operators want: the policy as a value. Made from the defaults
 * (policy/presets/default.yaml, built in), the policy file and its drop-ins; read-only afterwards,
 * so every thread may read it.
 *
 * All settings stand in one table (settings.h): name, type, unit, range, default and a sentence,
 * from which the parser, the check, `momctl policy` and the manual are made. */
#ifndef POLICY_FILE_POLICY_H
#define POLICY_FILE_POLICY_H

#include "slices/action.h"
#include "slices/base/error.h"
#include "slices/last_resort.h"
#include "slices/program.h"
#include "slices/slice.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum mode { MODE_OBSERVE, MODE_WARN, MODE_ENFORCE, MODES };
extern const char *const mode_names[MODES];

/* Sizes may be given in bytes or as a part of a whole (memory or swap of the node). */
struct amount {
    bool relative;
    double ratio; /* 0..1 where relative */
    uint64_t bytes;
};
uint64_t amount_of(const struct amount *amount, uint64_t whole);

/* A rule about the node: all of its conditions must hold for `hold_usec`. A condition that is not
 * given has its bit in `conditions` clear. */
enum rule_condition {
    RULE_AVAILABLE_BELOW = 1 << 0, /* MemAvailable < amount (of MemTotal) */
    RULE_SWAP_USED_ABOVE = 1 << 1, /* swap used >= amount (of SwapTotal); false without swap */
    RULE_PSI_FULL_ABOVE = 1 << 2,  /* PSI full avg10 >= so many per cent */
    RULE_SWAPPING = 1 << 3,        /* pages swapped out, or direct reclaim, within the given time */
    RULE_EXHAUSTED_WITHIN = 1 << 4, /* at the present rate memory and swap are gone within that
                                       time, and one slice makes at least half of the growth */
    RULE_NO_SWAP = 1 << 5,          /* the node has no swap */
    RULE_PSI_UNUSABLE = 1 << 6,     /* PSI is absent or stuck */
    RULE_ROOM_BELOW = 1 << 7,    /* MemAvailable + free swap (not zram's) < amount (of MemTotal) */
    RULE_STALLED_ABOVE = 1 << 8, /* the same as PSI full, of the last two seconds or so */
};
enum rule_action { RULE_RECORD, RULE_WARN, RULE_RECLAIM, RULE_RESET, RULE_REBOOT, RULE_ACTIONS };
extern const char *const rule_action_names[RULE_ACTIONS]; /* "record", "warn", ... */

struct rule {
    char name[32];
    unsigned conditions; /* enum rule_condition, or-ed */
    struct amount available_below, room_below, swap_used_above;
    double psi_full_above, stalled_above; /* per cent */
    int64_t swapping_usec, exhausted_usec;
    int64_t hold_usec;
    enum rule_action action;
};
#define POLICY_RULES_MAX 16

/* Where a value came from. file NULL: built in. */
struct origin {
    const char *file; /* owned by the policy */
    unsigned line, column;
};

/* What becomes of a slice that has been kept waiting at its limit for long, and can't be raised. */
enum thrashing { THRASHING_OBSERVE, THRASHING_WARN, THRASHING_FREEZE, THRASHING_RESET, THRASHINGS };
extern const char *const thrashing_names[THRASHINGS];

/* What it means to have been reset so often: of the rows that are reached the last counts. */
struct penalty {
    int32_t strikes;           /* 1 to 16 (LADDER_PAST_MAX), rising from row to row */
    double probation_times;    /* the probation lasts so many times as long, at least 1 */
    bool throttles;            /* what begins anew is throttled until its probation is over, */
    struct amount throttle_to; /* to so much of the node's memory */
};
#define POLICY_PENALTIES_MAX 8
struct penalties {
    struct penalty row[POLICY_PENALTIES_MAX];
    uint32_t count;
};
/* NULL: none is reached. `penalties` may be NULL. */
const struct penalty *penalty_of(const struct penalties *penalties, uint32_t strikes);

/* What applies to one slice, resolved. */
enum slice_setting {
    SET_OWNER,
    SET_RANK,
    SET_PROTECT,
    SET_MODE,
    SET_LEAK,
    SET_LEAK_HORIZON,
    SET_LEAK_GRACE,
    SET_LEAK_THROTTLE,
    SET_THROTTLE_CPU,
    SET_THROTTLE_IO,
    SET_PROBATION,
    SET_RESET_GRACE,
    SET_RAISE_TO,
    SET_RAISE_STEP,
    SET_RAISE_FOR,
    SET_THRASHING,
    SET_THRASHING_AFTER,
    SET_FREEZE_FOR,
    SET_OOM_DELAY,
    SET_OOM_TO,
    SET_FORGIVE,
    SET_MIN_SIZE,
    SET_MIN_AGE,
    SET_TELL_KERNEL,
    SET_INTERDEPENDENT,
    SET_NOTIFY,
    SET_HOOK_BEFORE,
    SET_HOOK_AFTER,
    SET_RESTART,
    SET_HOOK_USER,
    SET_HOOK_TIMEOUT,
    SLICE_SETTINGS
};

/* What stands for a program where none is named. */
#define RESTART_NONE "none"
#define RESTART_AUTO "auto" /* as the slice's runtime does it */

struct slice_policy {
    char owner[128]; /* mail address, "" : found by other means */
    int rank;        /* importance: higher goes later */
    bool protect;
    enum mode mode;              /* what may be done when the node is short */
    enum mode leak;              /* what a confirmed leak leads to */
    int64_t leak_horizon_usec;   /* act on a leaker when it is nearer to its limit than this */
    int64_t leak_grace_usec;     /* at least this long between the warning and that */
    int64_t leak_throttle_usec;  /* throttled for so long before the reset; 0: not at all */
    struct rates throttle_rates; /* who is throttled, for whatever, is held back to these, too */
    int64_t probation_usec;      /* after a reset */
    int64_t forgive_usec;        /* after so long without another one, one is forgiven; 0: never */
    const struct penalties *penalties; /* what they lead to; owned by the policy; NULL: nothing */
    int64_t reset_grace_usec;     /* they are asked to end so long before; not in an emergency */
    struct amount raise_to;       /* of the node's memory: its limits are raised so far, at most */
    struct amount raise_step;     /* of its own limit */
    int64_t raise_for_usec;       /* then they are as before */
    enum thrashing thrashing;     /* what is done about who does nothing but wait at its limit, */
    int64_t thrashing_after_usec; /* for so long */
    int64_t freeze_for_usec;
    int64_t oom_delay_usec;  /* at its limit its tasks wait for mom for so long, before the kernel's
                                OOM killer is let loose; 0: it comes at once. Not scaled */
    char oom_to[128];        /* who waits so takes memory at this group's cost from then on; a path
                                below the hierarchy's root; "": he is reset */
    uint64_t min_size_bytes; /* who would give back less is not acted on, but by a person */
    int64_t min_age_usec;    /* nor younger ones */
    bool tell_kernel;        /* its OOM killer is told whom mom would choose */
    bool interdependent;     /* its jobs need each other: it goes as a whole, there too; else a
                                reset ends the largest one alone */
    /* Programs with their arguments, "" or NULL: none. Owned by the policy. */
    const char *notify; /* told of what is decided about it, but for mere records */
    const char *hook_before, *hook_after; /* a reset */
    const char *restart;                  /* after a reset; or RESTART_NONE, RESTART_AUTO */
    char hook_user[PROGRAM_USER_MAX];     /* as whom they run, but for RESTART_AUTO */
    int64_t hook_timeout_usec;            /* of each; a reset waits no longer for hook_before */
    struct origin origin[SLICE_SETTINGS];
};

/* Who gets mail, how much, and by which way. */
enum mail_transport {
    MAIL_DEFAULT, /* laid into a folder, and sent by this host's SMTP server where there is one */
    MAIL_DIRECTORY,
    MAIL_SMTP,
    MAIL_SENDMAIL,
    MAIL_TRANSPORTS
};
extern const char *const mail_transport_names[MAIL_TRANSPORTS];
enum mail_tls {
    MAIL_TLS_AUTO, /* none to this host itself, implicit on port 465, else STARTTLS */
    MAIL_TLS_NONE,
    MAIL_TLS_STARTTLS,
    MAIL_TLS_IMPLICIT,
    MAIL_TLS_MODES
};
extern const char *const mail_tls_names[MAIL_TLS_MODES];
struct mail_settings {
    char operators[256];   /* addresses, separated by commas */
    char owner[128];       /* of slices whose owner is not known otherwise; "": nobody */
    char domain[128];      /* appended to owners without '@' */
    char from[128];        /* what the header says */
    char return_path[128]; /* where bounces go; "": the null sender */
    int64_t interval_usec; /* at most one mail a slice and stage in so long */
    int32_t burst;         /* more mails to somebody than this, within `digest`, become a digest */
    int64_t digest_usec;
    int32_t queue;        /* at most so many mails wait */
    int64_t give_up_usec; /* after so long a mail that can't be delivered is given up */
    enum mail_transport transport;
    char directory[256]; /* "": <state dir>/mail */
    char server[128];    /* SMTP */
    int32_t port;
    enum mail_tls tls;
    char ca_file[256];     /* "": the system's */
    char credentials[256]; /* a netrc file; "": none */
    char sendmail[256];    /* the program */
    int64_t timeout_usec;  /* of one delivery by SMTP or sendmail */
};

/* By what slices are compared when the node is short. */
enum formula {
    FORMULA_MOM, /* policy/decide/score.h */
    FORMULA_RSS,
    FORMULA_SWAP,
    FORMULA_GROWTH,
    FORMULA_VSZ, /* this and those below: slices/read/badness.h */
    FORMULA_BADNESS,
    FORMULA_OOM_SCORE,
    FORMULA_OUTSIDE, /* what a program of somebody else's says (mom/scorer) */
    FORMULAS
};
extern const char *const formula_names[FORMULAS];

/* With FORMULA_OUTSIDE. */
struct scorer_settings {
    char program[256];     /* "": none */
    int64_t timeout_usec;  /* of one answer */
    enum formula fallback; /* while it has not answered for long */
};

/* By how much limits of slices may be raised. */
struct raise_settings {
    struct amount budget;  /* of the node's memory: all of them together */
    struct amount reserve; /* of the node's memory: so much must stay available */
};

/* What a rule's `reboot` comes to (decide/last_resort.h). */
struct last_resort_settings {
    enum last_resort action; /* where that does not work, those after it, and before it */
    int32_t a_day;           /* at most so often */
    int64_t back_off_usec;   /* so long after the last time; then twice as long, and so on */
    int64_t after_boot_usec; /* not while the node is starting */
    bool panic_on_oom; /* while it is armed, the kernel panics where it would kill for the node */
};

/* Whether a watchdog that can't be stopped any more, once it was started, is used at all. */
enum nowayout { NOWAYOUT_REFUSE, NOWAYOUT_ACCEPT, NOWAYOUTS };
extern const char *const nowayout_names[NOWAYOUTS];

/* The node is booted anew by a watchdog when it can't be helped (policy/decide/recoverable.h).
 * Times are the kernel's: time_scale is not for them. */
struct watchdog_settings {
    char device[256];        /* "": none */
    int64_t timeout_usec;    /* so long after the last pet; whole seconds are kept */
    int64_t after_boot_usec; /* not armed before */
    enum nowayout nowayout;
    /* Within so long ...; 0: doesn't matter. */
    int64_t fork_usec;   /* a new process must have been started */
    int64_t memory_usec; /* memory must have come back */
    int64_t disk_usec;   /* the recorder must have written to its database */
};

/* Settings that are not about one slice. */
struct policy_globals {
    double time_scale; /* divides every time constant of detector, ladder and probation */
    int64_t tick_usec; /* how often slices are sampled; not scaled */
    uint32_t max_slices;
    uint32_t full_every; /* every file of a slice is read at least every so many ticks */
    struct mail_settings mail;
    int64_t cooldown_usec; /* after a reset for the node's sake, before the next */
    int64_t guard_usec;    /* how often the node is looked at */
    enum formula formula;
    bool pass_over; /* who would go first is spared: the next goes */
    struct scorer_settings scorer;
    struct raise_settings raises;
    struct last_resort_settings last_resort;
    struct watchdog_settings watchdog;
    int64_t raw_retention_usec, minute_retention_usec, ten_minutes_retention_usec,
        hour_retention_usec, mail_retention_usec;
    uint64_t database_cap_bytes;
    /* The highest available_below of the rules that reset or reboot, as a part of the node's memory
     * and as a size: made of the rules (policy_short_below). */
    double short_ratio;
    uint64_t short_bytes;
};

struct policy; /* opaque: globals, rules, matches, texts */

/* Where problems go, one call each: "mom.yaml:12:5: unknown key `ownr`; did you mean `owner`?" */
typedef void policy_say(void *context, const char *text);

struct policy_source {
    const char *file;     /* the policy file, or NULL: built-in defaults alone */
    const char *drop_ins; /* folder of *.yaml, read in order of their names, or NULL; a folder that
                             does not exist holds none */
};

/* Loads defaults > file > drop-ins. All problems of all files are told to `say` before it gives up:
 * -EINVAL then (*ret untouched), -errno when a file can't be read. A missing file that was not
 * asked for by name is the caller's business. -ENOMEM. Time constants come out already divided by
 * time_scale: those marked `scaled` in the table, not the node's (rules, guard, cool-down), whose
 * time is the kernel's. */
int policy_load(
    const struct policy_source *source, policy_say *say, void *context, struct policy **ret);

/* The same from one text, for tests and fuzzing. */
int policy_load_text(const char *name, const char *text, size_t length, policy_say *say,
    void *context, struct policy **ret);

/* What a policy was made of: the built-in defaults, the file, the drop-ins. */
struct policy_layer {
    const char *file; /* NULL: built in */
    const char *text; /* not terminated */
    size_t length;
};

/* The nth layer, from 0; false: there are no more. Owned by the policy. */
bool policy_layer(const struct policy *policy, uint32_t n, struct policy_layer *ret);

/* A policy of such layers, here or in another version of mom: the first is taken for the defaults.
 * Errors as of policy_load. */
int policy_load_layers(const struct policy_layer *layers, uint32_t count, policy_say *say,
    void *context, struct policy **ret);

void policy_free(struct policy *policy);

const struct policy_globals *policy_globals(const struct policy *policy);
const struct rule *policy_rules(const struct policy *policy, uint32_t *ret_count);

/* With no more than this available a rule may hold that resets or reboots; 0: none of them asks. */
uint64_t policy_short_below(const struct policy_globals *globals, uint64_t memory);

/* Allocates nothing. Each setting comes from the first match that fits the slice and says anything
 * about it: drop-ins first (last name first), then the file, then the defaults; else from the
 * section `slices`. */
void policy_for_slice(
    const struct policy *policy, const struct slice *slice, struct slice_policy *ret);

/* A hash over all texts that went in: tells one policy from another in the record. */
uint64_t policy_hash(const struct policy *policy);

/* The built-in default policy's text. */
const char *policy_default_text(size_t *ret_length);

#endif
