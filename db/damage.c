/* A database that is corrupt: making sure, and getting it out of the way. */
#include "db/connection.h"
#include "slices/base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

int db_check(const char *path, struct mom_error *error)
{
    struct db *db;
    struct call call;
    int r = db_open(path, DB_WRITE, &db, error);
    if (r < 0)
        return r;
    call_open(&call, db, SQL_QUICK_CHECK, error);
    r = call_next(&call);
    if (r > 0) {
        const char *found = get_text(&call);
        r = strcmp(found, "ok") == 0 ? 0 : error_set(error, -EUCLEAN, "%s", found);
    }
    r = call_close(&call, r);
    db_close(db);
    return r;
}

/* Both names lie in one folder, and no file of the new name may be there. */
static int move(const char *path, const char *aside, const char *suffix, struct mom_error *error)
{
    char from[DB_PATH_MAX], to[DB_PATH_MAX];
    if (text_format(from, sizeof from, "%s%s", path, suffix) < 0 ||
        text_format(to, sizeof to, "%s%s", aside, suffix) < 0)
        return error_errno(error, -ENAMETOOLONG, "%s", path);
    if (renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE) == 0 || errno == ENOENT)
        return 0;
    return error_errno(error, -errno, "%s", to);
}

static int sync_folder(const char *path)
{
    char folder[DB_PATH_MAX];
    (void)text_copy(folder, sizeof folder, path);
    char *slash = strrchr(folder, '/');
    if (slash)
        slash[slash == folder] = '\0';
    int fd = open(slash ? folder : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int r = fd < 0 || fsync(fd) < 0 ? -errno : 0;
    if (fd >= 0)
        (void)close(fd);
    return r;
}

int db_set_aside(
    const char *path, int64_t unix_usec, char ret[DB_PATH_MAX], struct mom_error *error)
{
    char stamp[32];
    time_t seconds = (time_t)(unix_usec / 1000000);
    struct tm parts;
    (void)gmtime_r(&seconds, &parts);
    (void)strftime(stamp, sizeof stamp, "%Y%m%dT%H%M%SZ", &parts);
    if (text_format(ret, DB_PATH_MAX, "%s.corrupt-%s", path, stamp) < 0)
        return error_errno(error, -ENAMETOOLONG, "%s", path);
    /* The log first: beside a new database it would be taken for that one's. */
    int r = move(path, ret, "-wal", error);
    if (r == 0)
        r = move(path, ret, "-shm", error);
    if (r == 0)
        r = move(path, ret, "", error);
    if (r < 0)
        return r;
    r = sync_folder(path);
    return r < 0 ? error_errno(error, r, "%s", path) : 0;
}
