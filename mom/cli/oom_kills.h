/* The kernel's OOM kills by slice: the live table knows those of the present life, the database all
 * that was ever seen. Each may be missing; together they are never counted twice. */
#ifndef MOM_CLI_OOM_KILLS_H
#define MOM_CLI_OOM_KILLS_H

#include "db/query.h"
#include "mom/cli/facts.h"
#include "mom/cli/output.h"

struct oom_kills {
    struct cell in_life, ever, newest; /* absent: not known, or the slice lives no more */
    bool any;
};
/* `now` NULL: not in the live table; `past` NULL: not in the database. */
struct oom_kills oom_kills_of(const struct live_slice *now, const struct query_oom_kills *past);

/* The slices that the kernel has killed in. All zero: empty. */
struct oom_list {
    struct oom_row *row;
    size_t count, room;
};

/* Takes a row of query_slices, in its order. 0 or -ENOMEM. */
int oom_list_take(struct oom_list *list, const struct query_slice *past);

/* Adds the living ones and shows all, then frees the list. `daemon` NULL: none runs; `stored`: the
 * list is all that the database knows, else there was none. */
int oom_list_show(
    struct oom_list *list, const struct daemon *daemon, bool stored, struct output *output);

#endif
