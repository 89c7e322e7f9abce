/* Pressure stall information, as in Documentation/accounting/psi.rst:
 *   some avg10=0.00 avg60=0.00 avg300=0.00 total=0
 *   full avg10=... */
#ifndef SLICES_READ_PRESSURE_H
#define SLICES_READ_PRESSURE_H

#include <stdbool.h>
#include <stdint.h>

struct pressure {
    bool some, full;                 /* which lines were there */
    uint64_t some_avg10, full_avg10; /* hundredths of a per cent */
    uint64_t some_total, full_total; /* microseconds */
};

/* -EINVAL when neither line could be read. */
int pressure_parse(const char *text, struct pressure *ret);

#endif
