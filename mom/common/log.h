/* Log lines of the programs, to stderr; under systemd with its "<N>" priority in front. One
 * write(2) a line, nothing allocated, no lock; texts are escaped, so that a slice's name can't
 * reach a terminal. A consumer that blocks costs lines, never time: what doesn't fit is counted,
 * and told later. log_open comes before the first thread; log_write may then be called by any. */
#ifndef MOM_COMMON_LOG_H
#define MOM_COMMON_LOG_H

/* Set in the environment of a detached momd and its children: lines go to /dev/log, without
 * waiting. */
#define LOG_TO_SYSLOG "MOM_LOG_TO_SYSLOG"

enum log_level {
    LOG_LEVEL_ERROR = 3,
    LOG_LEVEL_WARNING = 4,
    LOG_LEVEL_NOTICE = 5,
    LOG_LEVEL_INFO = 6,
    LOG_LEVEL_DEBUG = 7
};

/* `program` stands at the beginning of each line ("mom-governor"). */
void log_open(const char *program, enum log_level most);

void log_write(enum log_level level, const char *format, ...) __attribute__((format(printf, 2, 3)));

#define log_error(...)   log_write(LOG_LEVEL_ERROR, __VA_ARGS__)
#define log_warning(...) log_write(LOG_LEVEL_WARNING, __VA_ARGS__)
#define log_notice(...)  log_write(LOG_LEVEL_NOTICE, __VA_ARGS__)
#define log_info(...)    log_write(LOG_LEVEL_INFO, __VA_ARGS__)
#define log_debug(...)   log_write(LOG_LEVEL_DEBUG, __VA_ARGS__)

#endif
