/* The transport that always works: each mail becomes a file NAME.eml in a folder, whole or not at
 * all (written under another name, synced, renamed). */
#ifndef MOM_COURIER_DIRECTORY_H
#define MOM_COURIER_DIRECTORY_H

#include "slices/base/error.h"

#include <stddef.h>

/* Makes the folder (0750) where it is missing. Delivering the same name again replaces it: a mail
 * that was delivered but not yet settled when the courier died is no second mail. */
int directory_deliver(const char *folder, const char *name, const char *bytes, size_t length,
    struct mom_error *error);

#endif
