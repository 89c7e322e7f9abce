#include "mom/cli/sparkline.h"

#include <math.h>
#include <string.h>

enum { LEVELS = 8 };
static const char *const bars[2][LEVELS] = {
    {"_", ".", "-", "~", "=", "+", "*", "#"},
    {"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"},
};

static double greatest(const double *value, size_t first, size_t end)
{
    double most = NAN;
    for (size_t i = first; i < end; i++)
        most = fmax(most, value[i]); /* fmax passes over NAN */
    return most;
}

static const char *bar(double value, double least, double most, bool utf8)
{
    if (isnan(value))
        return " ";
    double part = most > least ? (value - least) / (most - least) : 0;
    size_t level = (size_t)(part * LEVELS);
    return bars[utf8][level < LEVELS ? level : LEVELS - 1];
}

char *sparkline(
    char *buffer, size_t size, const double *value, size_t count, size_t width, bool utf8)
{
    double least = NAN, most = greatest(value, 0, count);
    for (size_t i = 0; i < count; i++)
        least = fmin(least, value[i]);
    size_t columns = count < width ? count : width, used = 0;
    for (size_t i = 0; i < columns; i++) {
        double shown = greatest(value, i * count / columns, (i + 1) * count / columns);
        const char *text = bar(shown, least, most, utf8);
        size_t length = strlen(text);
        if (used + length >= size)
            break;
        memcpy(buffer + used, text, length);
        used += length;
    }
    buffer[used] = '\0';
    return buffer;
}
