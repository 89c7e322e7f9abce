/* What a group is, by its path and by what root-owned files say about it: kind, runtime, key and a
 * name for people.
 *
 * One ordered table of resolvers (names.c); the first that recognises a path decides. A recogniser
 * looks at the path alone; only then its namer may read a file below `root` that belongs to root
 * and that nobody else may write (else the name falls back to the short id). Where the path is no
 * proof (docker's with a parent of the user's choice), such a file must tell the name. No socket is
 * ever asked. JSON is parsed inside `scratch`, so that nothing is allocated.
 *
 * Keys hold no control bytes: paths and names stand in them as text_escape writes them (control
 * bytes, backslashes and whatever is no UTF-8 as \xNN). One that would not fit ends in '~' and 16
 * hex digits of text_hash over the whole. */
#ifndef SLICES_FIND_NAMES_H
#define SLICES_FIND_NAMES_H

#include "slices/base/arena.h"
#include "slices/slice.h"

#include <stdbool.h>

struct names {
    char root[256];       /* "" for this machine, else a fixture's folder */
    struct arena scratch; /* emptied after each look-up */
};

/* -ENOMEM. Call at the start. */
int names_open(struct names *names, const char *root, struct mom_error *error);
void names_close(struct names *names);

enum names_verdict {
    NAMES_INTERIOR, /* not a slice by its name: look below it ("cont.slice", "/docker", "/lxc") */
    NAMES_SLICE,    /* a slice by its name, whatever it holds */
    NAMES_IGNORED,  /* a runtime's own helper (libpod-conmon-*, lxc.monitor.*): a plain group,
                       governed  only if it holds processes, and never named after the container */
    NAMES_UNKNOWN   /* its name says nothing: a slice if it holds processes itself */
};

/* Judges slice->path (the only field read), and for NAMES_SLICE fills kind, runtime, uid where the
 * name tells it, key and name. For the other verdicts fills kind SLICE_GROUP, key "cgroup:/path"
 * and the last component as name. `*ret_session` is set for session.slice of a user's manager. */
enum names_verdict names_resolve(struct names *names, struct slice *slice, bool *ret_session);

/* As for NAMES_UNKNOWN, whatever the path: for a group whose name isn't root's choice (below a
 * directory that somebody else owns, a docker-ID.scope may be anybody's). */
void names_plain(struct slice *slice);

#endif
