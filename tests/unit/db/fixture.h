/* A database in a folder of its own, and the rows that the tests put into it. */
#ifndef TESTS_UNIT_DB_FIXTURE_H
#define TESTS_UNIT_DB_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "db/outbox.h"
#include "db/query.h"
#include "db/rollup.h"
#include "db/store.h"

#define SEC 1000000ll
#define T0  (1700000400ll) /* a whole hour and some minutes: divisible by 600, not by 3600 */

struct fixture {
    char folder[64], path[96];
    struct db *db;
    struct mom_error error;
};

/* cmocka's setup and teardown: a new database, open for writing, with a boot. */
int fixture_setup(void **state);
int fixture_teardown(void **state);

/* Closes and opens again, with the same boot, as a recorder that was restarted. */
void fixture_reopen(struct fixture *fixture);
void fixture_boot(struct db *db, uint8_t first_byte);
/* Closes it and takes it back to an older version of the schema, without what mails it holds. */
void fixture_age(struct fixture *fixture, int version);

struct stamp at_sec(int64_t unix_sec);
struct slice a_slice(uint64_t serial, const char *key, const char *name);
void bear(struct fixture *fixture, uint64_t serial, const char *key);
struct sample_brief a_brief(uint64_t serial, int64_t unix_usec, uint32_t footprint);
void put_brief(struct fixture *fixture, const struct sample_brief *brief);
void begin(struct fixture *fixture);
void commit(struct fixture *fixture);
void flush(struct fixture *fixture);

/* The history of a slice as an array. */
struct points {
    size_t count;
    struct query_point point[4096];
};
void read_history(struct db *db, int64_t slice, enum query_tier tier, int64_t since_sec,
    int64_t until_sec, struct points *ret);

/* One integer straight from the file, by a connection of its own. */
int64_t ask(const char *path, const char *sql);

#endif
