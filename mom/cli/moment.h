/* Moments and durations as people write them, in journalctl's syntax (systemd.time(7)):
 *
 *   now  today  yesterday  tomorrow      the days begin at 00:00
 *   -90min  +5min  2 hours ago           against now; several terms add up: "1h 30min ago"
 *   @1763706487  @1763706487.25          seconds since 1970
 *   2026-11-21  2026-11-21 06:28  2026-11-21 06:28:07.5  06:28
 *   2026-11-21T06:28:07Z                 as mom's own JSON has it
 *
 * Units: usec, ms, s, min, h, d, w, M (30.44 days) and y (365.25 days) as there, with their long
 * forms. A clock time without "Z" or " UTC" is of the zone that TZ names. */
#ifndef MOM_CLI_MOMENT_H
#define MOM_CLI_MOMENT_H

#include "slices/base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* *ret in microseconds since 1970, within the years 1970 to 9999. -EINVAL or -ERANGE with words. */
int moment_parse(
    const char *text, int64_t now_unix_usec, int64_t *ret_unix_usec, struct mom_error *error);

/* A length of time: "2h", "1h 30min", "90" (seconds). Not negative. */
int duration_parse(const char *text, int64_t *ret_usec, struct mom_error *error);

/* "2026-11-21 06:28:07" in TZ's zone; with `iso` "2026-11-21T06:28:07.000Z". Returns buffer. */
#define MOMENT_TEXT_MAX 40
char *moment_format(char buffer[MOMENT_TEXT_MAX], int64_t unix_usec, bool iso);

#endif
