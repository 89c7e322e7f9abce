/* The tables, as a list of migrations; private to db/. */
#ifndef DB_SCHEMA_H
#define DB_SCHEMA_H

#include "db/db.h"

/* Is this mom's database (or an empty file that becomes it), and not newer than this program? A
 * reader also refuses an older one, since it can't migrate it. */
int schema_check(struct db *db, struct mom_error *error);

/* Applies the migrations that are missing, each in a transaction of its own. */
int schema_migrate(struct db *db, struct mom_error *error);

/* PRAGMA user_version, or -errno. */
int schema_version(struct db *db, struct mom_error *error);

#endif
