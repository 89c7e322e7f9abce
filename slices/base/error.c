#include "slices/base/error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static void set_text(struct mom_error *error, int code, const char *format, va_list arguments)
    __attribute__((format(printf, 3, 0)));

static void set_text(struct mom_error *error, int code, const char *format, va_list arguments)
{
    error->code = code;
    (void)vsnprintf(error->text, sizeof error->text, format, arguments);
}

int error_set(struct mom_error *error, int code, const char *format, ...)
{
    if (error) {
        va_list arguments;
        va_start(arguments, format);
        set_text(error, code, format, arguments);
        va_end(arguments);
    }
    return code;
}

int error_errno(struct mom_error *error, int code, const char *format, ...)
{
    if (error) {
        va_list arguments;
        va_start(arguments, format);
        set_text(error, code, format, arguments);
        va_end(arguments);
        size_t used = strlen(error->text);
        char reason[128];
        (void)snprintf(error->text + used, sizeof error->text - used, ": %s",
            strerror_r(-code, reason, sizeof reason));
    }
    return code;
}

void error_wrap(struct mom_error *error, const char *format, ...)
{
    if (!error)
        return;
    char inner[sizeof error->text];
    memcpy(inner, error->text, sizeof inner);
    va_list arguments;
    va_start(arguments, format);
    set_text(error, error->code, format, arguments);
    va_end(arguments);
    size_t used = strlen(error->text);
    (void)snprintf(error->text + used, sizeof error->text - used, ": %s", inner);
}
