/* Lives and the samples that wait, between store.c and store_samples.c. */
#ifndef DB_SAMPLES_H
#define DB_SAMPLES_H

#include "db/db.h"

/* The slice of a life of this boot. -ENOENT with words: no such life. */
int life_slice(struct db *db, uint64_t serial, int64_t *ret, struct mom_error *error);

/* Writes what waits for the life's slice and forgets the life. -ENOENT as above. */
int samples_end_life(struct db *db, uint64_t serial, struct mom_error *error);

#endif
