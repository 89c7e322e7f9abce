/* What flows through the rings: the record types, and which ring carries which. Open structs,
 * copied whole; both ends are of the same build (RECORDS_VERSION is checked), so nothing here is a
 * file format. */
#ifndef MOM_COMMON_RECORDS_H
#define MOM_COMMON_RECORDS_H

#include "mom/common/ring.h"
#include "policy/decide/decision.h"
#include "policy/decide/ladder.h"
#include "policy/decide/rules.h"
#include "policy/leak/window.h"
#include "slices/action.h"
#include "slices/last_resort.h"
#include "slices/program.h"
#include "slices/sample.h"
#include "slices/slice.h"

#include <stdint.h>

#define RECORDS_VERSION 1

/* The rings, each with one writing thread, but for RING_OUTCOMES, which has a lock. */
enum ring_name {
    RING_SAMPLES, /* governor's thread > recorder: bulk; a flood of it can't crowd out the others */
    RING_DECISIONS, /* governor's thread > recorder */
    RING_GUARD,     /* guard's thread > recorder */
    RING_LOOKS,     /* guard's thread > recorder: bulk, while the node is close to trouble */
    RING_OUTCOMES,  /* hands > recorder, and the governor's thread, of what it undoes itself */
    RING_PAST,      /* recorder > governor's thread: warm start */
    RINGS
};
struct ring_info {
    const char *file, *ack; /* names in the run dir; the recorder's own are in its sub-folder */
    size_t size;
};
extern const struct ring_info ring_table[RINGS];

/* The ends of a ring in the run dir; results and `group` as for ring_writer_open and
 * ring_reader_open. */
int records_open_writer(const char *run_dir, enum ring_name name, gid_t group,
    struct ring_writer *ret, struct mom_error *error);
int records_open_reader(
    const char *run_dir, enum ring_name name, gid_t group, struct ring_reader *ret);

enum record_type {
    RECORD_BORN = 1,   /* struct record_born: before the first sample of a life */
    RECORD_VANISHED,   /* struct record_vanished */
    RECORD_BRIEF,      /* struct sample_brief */
    RECORD_NODE,       /* struct node_sample */
    RECORD_TREND,      /* struct record_trend */
    RECORD_DECISION,   /* struct decision */
    RECORD_OUTCOME,    /* struct record_outcome */
    RECORD_NOTE,       /* struct record_note */
    RECORD_HOLD,       /* struct record_hold */
    RECORD_FLOORS,     /* struct record_floors */
    RECORD_PAST,       /* struct record_past: ends what is sent for a slice */
    RECORD_OOM_KILLS,  /* struct record_oom_kills: whenever there are more */
    RECORD_TELL_AGAIN, /* nothing: the recorder knows of no life */
    RECORD_LOOK,       /* struct node_look */
    RECORD_POLICY,     /* struct record_policy: at the start, and whenever it changes */
    RECORD_DISMISSAL,  /* struct record_dismissal */
    RECORD_WARM_START, /* struct record_warm_start: the past that was told was judged */
    RECORD_PROGRAM,    /* struct program_outcome */
    RECORD_BOOT_END    /* struct record_boot_end: how the boot before came to its end */
};

struct record_born {
    struct stamp at;
    struct slice slice;
};
struct record_vanished {
    struct stamp at;
    uint64_t serial;
};
struct record_warm_start {
    struct stamp at; /* of the tick */
    uint64_t serial;
};
struct record_trend {
    struct stamp at;
    uint64_t serial;
    struct leak_report report;
};
struct record_oom_kills {
    struct stamp at;
    uint64_t serial;
    uint64_t kills; /* by the kernel, since the group was made */
};
struct record_outcome {
    struct outcome outcome;
    struct process_table processes;
};
struct record_note {
    struct stamp at;
    uint64_t seq;
    char kind[24], text[256];
};
struct record_hold {
    struct stamp at;
    char key[SLICE_KEY_MAX];
    int64_t until_unix_usec; /* 0: released */
    uint32_t by_uid;
    char why[128];
};
struct record_dismissal {
    struct stamp at;
    char key[SLICE_KEY_MAX];
    uint64_t bytes; /* leak_dismiss */
    uint32_t by_uid;
    char why[128];
};
/* What mom says before she makes the node boot anew, for the boot after it. */
#define LAST_WORDS_ACTIVE 20
struct last_words {
    struct decision decision;
    uint32_t count; /* slices that were active: those of the standing list, in its order */
    struct {
        char key[96]; /* cut where longer */
        int rank;
        uint64_t gives_back, resident; /* bytes */
        double growth;                 /* bytes a second */
    } active[LAST_WORDS_ACTIVE];
};
struct record_boot_end {
    struct boot_ended ended;
    struct boot_past past; /* with this one */
    bool has_words;
    struct last_words words;
};
struct record_policy {
    struct stamp at;
    uint64_t hash;
};
struct record_floors {
    uint64_t serial;
    uint32_t scale; /* enum window_scale */
    uint32_t count;
    int64_t first_unix_usec;
    uint32_t floor[WINDOW_HALVES];
};
struct record_past {
    uint64_t serial;
    struct ladder_past past;
    int64_t hold_until_unix_usec; /* 0: none */
    uint32_t dismissed;           /* leak_set_dismissed */
    uint64_t dismissed_bytes;
};

/* A decision's number as people and `momctl why` know it: "3f2a91c0-17". */
#define DECISION_ID_MAX 32
void decision_id(const uint8_t boot[16], uint64_t seq, char id[DECISION_ID_MAX]);

#endif
