#include "slices/last_resort.h"

const char *const last_resort_names[LAST_RESORTS] = {
    [LAST_RESORT_ANNOUNCE] = "announce",
    [LAST_RESORT_PANIC] = "panic",
    [LAST_RESORT_REBOOT] = "reboot",
    [LAST_RESORT_SYSRQ] = "sysrq",
};

const char *const boot_end_names[BOOT_ENDS] = {
    [BOOT_END_ORDERED] = "ordered",
    [BOOT_END_UNCLEAN] = "unclean",
};

uint32_t boot_past_within(const struct boot_past *past, int64_t unix_usec, int64_t usec)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < past->count && i < BOOT_ENDS_KEPT; i++)
        count += past->end[i].unix_usec > unix_usec - usec;
    return count;
}
