/* Where a history is missing: while the machine was down, nobody governed, or the slice was not
 * there. */
#ifndef MOM_CLI_GAPS_H
#define MOM_CLI_GAPS_H

#include <stddef.h>
#include <stdint.h>

/* How far times are apart as a rule: the median; 0: of fewer than three there is no rule. `scratch`
 * has room for `count`. */
int64_t gaps_usual_step(const int64_t *time, size_t count, int64_t *scratch);

/* Two neighbours that are further apart than so many steps have a gap between them: a tick or two
 * may be late, or left out, without one. */
#define GAP_STEPS 3

#endif
