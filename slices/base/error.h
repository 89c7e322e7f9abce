/* What went wrong, in words, with the context that each caller adds on the way out.
 *
 * Every function of mom that can fail returns 0 or a positive result, or a negative errno. Where
 * the reason needs words, it also takes a caller-owned struct mom_error (may be NULL: the words are
 * then dropped). Libraries return errors, programs log them. */
#ifndef SLICES_BASE_ERROR_H
#define SLICES_BASE_ERROR_H

struct mom_error {
    int code;       /* negative errno, 0 while nothing has gone wrong */
    char text[512]; /* one line, no trailing newline; bytes are not escaped (see text_escape) */
};

/* Sets the error and returns `code`, so that one can write `return error_set(error, -EINVAL, ...)`.
 */
int error_set(struct mom_error *error, int code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* As error_set, with ": " and the text of -code behind the message. */
int error_errno(struct mom_error *error, int code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Puts "context: " before what an inner function said. */
void error_wrap(struct mom_error *error, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
