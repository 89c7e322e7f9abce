#include "mom/warden/places.h"

#include "mom/common/lock.h"
#include "slices/base/text.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <pwd.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

enum { NOBODY = 65534 };
#define GOVERNOR_PATIENCE_USEC 15000000

void places_account(struct account *ret)
{
    const struct passwd *user = getpwnam("mom");
    *ret = user ? (struct account){user->pw_uid, user->pw_gid, false}
                : (struct account){NOBODY, NOBODY, true};
}

static bool is_empty(int folder_fd)
{
    int fd = openat(folder_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *folder = fd < 0 ? NULL : fdopendir(fd);
    int entries = 0;
    while (folder && readdir(folder))
        entries++;
    if (folder)
        (void)closedir(folder);
    return folder && entries <= 2; /* . and .. */
}

/* A folder becomes ours when it is empty; -EEXIST when it holds something and isn't ours already:
 * --run-dir /etc must not hand /etc over. */
static int adopt(int fd, mode_t mode, uid_t uid, gid_t gid)
{
    struct stat status;
    if (fstat(fd, &status) < 0)
        return -errno;
    if (geteuid() != 0) /* an ordinary user's test run keeps its own */
        return 0;
    if (status.st_uid == uid && status.st_gid == gid && (status.st_mode & 07777) == mode)
        return 0;
    if (!is_empty(fd))
        return -EEXIST;
    /* In this order: of what isn't ours any more only CAP_FOWNER could change the mode. */
    return fchmod(fd, mode) < 0 || fchown(fd, uid, gid) < 0 ? -errno : 0;
}

/* Makes a folder, and its parents as root's. One that stands there already must be a folder, and no
 * link. */
static int make_folder(const char *path, mode_t mode, uid_t uid, gid_t gid, struct mom_error *error)
{
    char parent[PATH_MAX];
    (void)text_copy(parent, sizeof parent, path);
    for (char *slash = parent + 1; (slash = strchr(slash, '/')); slash++) {
        *slash = '\0';
        if (mkdir(parent, 0755) < 0 && errno != EEXIST)
            return error_errno(error, -errno, "%s", parent);
        *slash = '/';
    }
    if (mkdir(path, mode) < 0 && errno != EEXIST)
        return error_errno(error, -errno, "%s", path);
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0)
        return error_errno(error, -errno, "%s", path);
    int r = adopt(fd, mode, uid, gid);
    (void)close(fd);
    if (r == -EEXIST)
        return error_set(error, r,
            "%s is in use by somebody else: it should belong to uid %u, gid %u, with mode %o", path,
            (unsigned)uid, (unsigned)gid, (unsigned)mode);
    return r < 0 ? error_errno(error, r, "%s", path) : 0;
}

/* A folder of the account's in one of root's. */
static int make_own(
    const char *dir, const char *name, const struct account *account, struct mom_error *error)
{
    char path[PATH_MAX];
    if (paths_join(path, sizeof path, dir, name) < 0)
        return error_errno(error, -ENAMETOOLONG, "%s", dir);
    return make_folder(path, 0750, account->uid, account->gid, error);
}

static int check_tmpfs(const char *path, struct mom_error *error)
{
    struct statfs status;
    if (statfs(path, &status) < 0)
        return error_errno(error, -errno, "%s", path);
    if (status.f_type == TMPFS_MAGIC || status.f_type == RAMFS_MAGIC)
        return 0;
    return error_set(error, -EINVAL,
        "run dir %s is not on tmpfs: the guard must never wait for a disk; choose another by "
        "--run-dir",
        path);
}

int places_make(const struct paths *paths, const struct account *account, struct mom_error *error)
{
    int r = make_folder(paths->run_dir, 0755, 0, account->gid, error);
    if (r == 0)
        r = check_tmpfs(paths->run_dir, error);
    if (r == 0)
        r = make_own(paths->run_dir, RECORDER_FOLDER, account, error);
    if (r == 0)
        r = make_own(paths->run_dir, "scorer", account, error);
    if (r == 0)
        r = make_folder(paths->state_dir, 0750, 0, account->gid, error);
    if (r == 0)
        r = make_own(paths->state_dir, RECORDER_FOLDER, account, error);
    return r;
}

static int told_of_another(int r, struct mom_error *error)
{
    if (r == -EBUSY)
        error_wrap(error, "another momd runs already");
    return r;
}

/* A disk that can't be written keeps nobody from governing; nor could two mix up rows there. */
static bool is_unwritable(int r)
{
    return r == -EROFS || r == -ENOSPC || r == -EDQUOT || r == -EIO;
}

int places_lock(const struct paths *paths, struct mom_error *error)
{
    int r = lock_take(paths->state_dir, STATE_LOCK_FILE, error); /* kept open until the end */
    if (r >= 0 || is_unwritable(r))
        r = lock_take(paths->run_dir, WARDEN_LOCK_FILE, error);
    return told_of_another(r, error);
}

int places_write_pid(int lock_fd)
{
    char text[32];
    (void)text_format(text, sizeof text, "%d\n", (int)getpid());
    return ftruncate(lock_fd, 0) < 0 || pwrite(lock_fd, text, strlen(text), 0) < 0 ? -errno : 0;
}

void places_await_governor(const struct paths *paths)
{
    int fd = lock_await(paths->run_dir, GOVERNOR_LOCK_FILE, GOVERNOR_PATIENCE_USEC, NULL);
    if (fd >= 0)
        (void)close(fd);
}
