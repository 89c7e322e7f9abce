/* Reading how boots went. */
#include "db/query.h"
#include "db/rows.h"

#include <string.h>

#define UUID_LENGTH 16

int query_boots(struct db *db, int (*row)(void *, const struct query_boot *), void *context,
    struct mom_error *error)
{
    struct call call;
    call_open(&call, db, SQL_BOOTS, error);
    int r;
    while ((r = call_next(&call)) > 0) {
        struct query_boot boot = {.id = get_text(&call)};
        boot.first_unix_usec = get_int(&call);
        boot.last_unix_usec = get_int(&call);
        boot.how = get_text(&call);
        boot.ordered_unix_usec = get_int(&call);
        boot.way = get_text(&call);
        boot.decision = get_u64(&call);
        boot.panic = get_text(&call);
        if ((r = row(context, &boot)) != 0)
            break;
    }
    return call_close(&call, r);
}

int query_boot_newest(
    struct db *db, const uint8_t boot[16], int64_t *ret_unix_usec, struct mom_error *error)
{
    struct call call;
    call_open(&call, db, SQL_BOOT_NEWEST, error);
    put_bytes(&call, boot, UUID_LENGTH);
    return call_scalar(&call, ret_unix_usec);
}

static uint64_t get_pages(struct call *call)
{
    return get_u64(call) * SAMPLE_PAGE;
}

int query_active(struct db *db, const uint8_t boot[16], int64_t newest_unix_usec, uint32_t most,
    int (*row)(void *, const struct query_active *), void *context, struct mom_error *error)
{
    struct call call;
    call_open(&call, db, SQL_ACTIVE, error);
    put_bytes(&call, boot, UUID_LENGTH);
    put_int(&call, newest_unix_usec / 1000000);
    put_int(&call, most);
    int r;
    while ((r = call_next(&call)) > 0) {
        struct query_active active = {.key = get_text(&call)};
        active.rss = get_pages(&call);
        active.swap = get_pages(&call);
        active.footprint = get_pages(&call);
        if ((r = row(context, &active)) != 0)
            break;
    }
    return call_close(&call, r);
}
