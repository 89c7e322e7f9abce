/* Where momctl's facts come from: the live table of a running daemon, and the database, which is
 * there without one. And which slice a person means. */
#ifndef MOM_CLI_FACTS_H
#define MOM_CLI_FACTS_H

#include "db/query.h"
#include "mom/cli/cli.h"
#include "mom/common/live.h"

#include <stdbool.h>
#include <stdint.h>

/* A running daemon's live table. */
struct daemon {
    struct live live;
    struct live_state state;
};

/* 0; -ESRCH: no daemon runs (a live table that a dead one left behind does not count); -EACCES. */
int daemon_open(struct daemon *daemon, const struct paths *paths, struct mom_error *error);
void daemon_close(struct daemon *daemon);

/* The next slice from row *index on; moves *index behind it. False at the end. */
bool daemon_next(const struct daemon *daemon, uint32_t *index, struct live_slice *ret);

/* Seconds since the last tick, by the clock that never steps. */
double daemon_tick_age(const struct daemon *daemon, struct stamp now);
/* It hangs, or is starved: more than three ticks were missed. */
bool daemon_stale(const struct daemon *daemon, struct stamp now);

/* The database, for reading. */
int database_open(const struct paths *paths, struct db **ret, struct mom_error *error);

/* One slice by what a person wrote: its key, else its name or path, else a glob that fits one. One
 * that lives comes before those that the database alone remembers. */
struct subject {
    bool live, stored;       /* which of the two are known */
    struct live_slice now;   /* from the live table */
    struct query_slice past; /* from the database; its texts lie in `text` */
    char key[SLICE_KEY_MAX];
    char text[8][SLICE_KEY_MAX];
};

/* `daemon` and `db` may be NULL: not looked into. CLI_OK, CLI_NO_SLICE or CLI_USAGE (several fit);
 * the reason was then told. */
int subject_find(const struct daemon *daemon, struct db *db, const char *word, struct subject *ret);

/* The same with whatever of the two there is: the daemon's slices alone where `live_only`. */
int subject_of(const struct cli *cli, const char *word, bool live_only, struct subject *ret);

/* Does a slice fit the word? 0: no; higher is better. */
int subject_fit(const char *word, const char *key, const char *name, const char *path);

/* What several verbs show alike. */
struct cell facts_verdict(const char *verdict);                         /* toned */
void facts_leak(struct output *output, const struct leak_report *leak); /* with its gates */
struct cell facts_protection(const struct live_slice *slice);           /* why it is left alone */

#endif
