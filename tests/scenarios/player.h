/* A scenario while it is played: what its statements and the clock work on. Inner header of play.c
 * (the clock) and statements.c. */
#ifndef TESTS_SCENARIOS_PLAYER_H
#define TESTS_SCENARIOS_PLAYER_H

#include "tests/scenarios/scenario.h"

enum { ACTORS_MAX = 2048 };
#define SECOND 1000000ll
#define NEVER  INT64_MAX

struct actor { /* a slice over all of its lives; its memory is body[its index] */
    struct slice slice;
    struct body at_birth;
    bool resists; /* a reset leaves a process, and frees nothing */
    bool unreadable;
    int64_t respawn_usec; /* after its end it is born again; NEVER: not */
    int64_t made_usec;    /* when it was first heard of */
    int64_t birth_usec, outcome_usec, held_until_unix_usec; /* NEVER, 0: none */
    struct decision order;   /* whose outcome is due at outcome_usec */
    bool changed;            /* its limits, */
    uint64_t limit, high;    /* which were these */
    uint32_t place;          /* in the course */
    struct ladder_past past; /* its resets, as a database would remember them */
    enum leak_verdict verdict;
    enum leak_shape shape;
};

struct group { /* with a limit that slices share, or memory nodes that they are bound to */
    char name[SLICE_NAME_MAX], domain[SLICE_PATH_MAX];
    uint64_t nodes; /* 0: a group */
    struct world world;
};
enum { GROUPS_MAX = DOMAINS_MAX - 1 };

struct player {
    const struct scenario *scenario;
    struct policy *policy;
    struct course course;
    struct world world;
    struct log *log;
    struct actor *actors;
    struct body *bodies;
    uint32_t count;
    struct group groups[GROUPS_MAX];
    unsigned group_count;
    uint64_t next_serial, seed;
    int64_t t_usec, end_usec, next_tick_usec, clock_usec;
    struct boot_past past; /* how earlier boots ended */
    bool failed;
};

struct stamp now_of(const struct player *player);
struct body *body_of(struct player *player, const struct actor *actor);
void be_born(struct player *player, struct actor *actor);
void end(struct player *player, struct actor *actor);
/* It is seen for the first time, by this daemon or in this life. */
void appear(struct player *player, struct actor *actor, bool warm);

/* statements.c */

/* A preset, or NULL: the defaults; over it the scenario's own text, if there is any. -EINVAL: said
 * on stderr. */
int load_policy(const struct scenario *scenario, const char *preset, struct policy **ret);

void carry_out(struct player *player, const struct statement *statement);

#endif
