/* A row of numbers as a row of small bars: "▁▂▅█". */
#ifndef MOM_CLI_SPARKLINE_H
#define MOM_CLI_SPARKLINE_H

#include <stdbool.h>
#include <stddef.h>

/* Bytes that `width` bars can take, and the NUL. */
#define SPARKLINE_SIZE(width) ((width)*3 + 1)

/* Draws value[count] into `width` bars at most, scaled between the least and the greatest; where
 * several values share a bar the greatest shows. NAN leaves a blank. With `utf8` false the bars are
 * ASCII. `size` is at least SPARKLINE_SIZE(width). Returns buffer. */
char *sparkline(
    char *buffer, size_t size, const double *value, size_t count, size_t width, bool utf8);

#endif
