#include "policy/decide/strain.h"

static bool is_near(uint64_t has, uint64_t limit)
{
    return limit != SAMPLE_NO_LIMIT && limit > 0 && has >= strain_near(limit);
}

static bool is_kept_waiting(const struct sample *sample, uint64_t limit, double faulted)
{
    if (sample_has(sample, SAMPLE_PSI_SOME_AVG10))
        return sample->value[SAMPLE_PSI_SOME_AVG10] >= STRAIN_PRESSURE_CENTI;
    return faulted >= (double)limit / STRAIN_FAULTED;
}

static void note(int64_t *since_usec, bool holds, int64_t now_usec)
{
    if (!holds)
        *since_usec = 0;
    else if (*since_usec == 0)
        *since_usec = now_usec;
}

static bool ends_soon(const struct strain_facts *facts)
{
    double left = (double)facts->end - (double)facts->footprint;
    return is_near(facts->footprint, facts->end) && facts->growth * STRAIN_ENDS_WITHIN > left;
}

void strain_update(
    struct strain *strain, const struct sample *sample, const struct strain_facts *facts)
{
    int64_t now_usec = sample->at.boot_usec;
    uint64_t swap = sample_known(sample, SAMPLE_SWAP), enough = facts->enough;
    uint64_t held = bytes_sum(facts->footprint, sample_known(sample, SAMPLE_SWAPCACHED));
    strain->limit = facts->limit;
    strain->held = held > swap ? held - swap : 0;
    bool is_full = is_near(sample_known(sample, SAMPLE_CURRENT), facts->limit);
    bool waits = is_full && is_kept_waiting(sample, facts->limit, facts->faulted);
    note(&strain->waits_usec, waits, now_usec);
    note(&strain->since_usec, waits || (is_full && ends_soon(facts)), now_usec);
    note(&strain->relieved_usec, enough > 0 && strain->held <= enough - enough / 8, now_usec);
}
