#include "policy/file/problems.h"

#include "slices/base/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void problem_at(struct problems *problems, const struct origin *at, const char *format, ...)
{
    problems->count++;
    if (!problems->say)
        return;
    char file[512], message[512], line[sizeof file + sizeof message + 32];
    (void)text_escape(file, sizeof file, at->file ? at->file : "built-in policy");
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    if (at->line > 0)
        (void)text_format(line, sizeof line, "%s:%u:%u: %s", file, at->line, at->column, message);
    else
        (void)text_format(line, sizeof line, "%s: %s", file, message);
    problems->say(problems->context, line);
}

void nearest_offer(struct nearest *nearest, const char *candidate)
{
    /* Two letters swapped are two slips already; more than three make another word. */
    size_t length = strlen(candidate), slips = 1 + length / 3;
    unsigned distance = text_distance(nearest->word, candidate);
    if (distance > (slips < 3 ? slips : 3) || distance >= length)
        return;
    if (!nearest->best || distance < nearest->distance) {
        nearest->best = candidate;
        nearest->distance = distance;
    }
}

const char *nearest_hint(const struct nearest *nearest, char *buffer, size_t size)
{
    buffer[0] = '\0';
    if (nearest->best)
        (void)text_format(buffer, size, "; did you mean `%s`?", nearest->best);
    return buffer;
}
