/* Mails as files of a folder: FOLDER/NAME.eml, whole or not at all. */
#ifndef MOM_COURIER_DIRECTORY_H
#define MOM_COURIER_DIRECTORY_H

#include "mom/courier/letter.h"
#include "slices/base/error.h"

#include <stddef.h>

/* Makes the folder (0750) where it is missing. Writes beside and renames, so that a reader never
 * sees half a mail; an older file of the same name is replaced. -errno: for all recipients. */
int directory_deliver(const char *folder, const struct letter *letter, struct mom_error *error);

#endif
