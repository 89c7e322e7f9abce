/* A slice: a governed cgroup subtree (a user's slice, a service, a container, a pod), and how it is
 * told from every other one, now and over months.
 *
 *   key   what lasts: `docker:web`, `user:1000`, `unit:cont.slice/c0.service`, else `cgroup:/path`.
 *         Made from root-owned sources only. It carries history, strikes and policy over lives.
 *   life  what exists once: boot, mount and inode of the directory. The only thing an action is
 *         aimed at: a group made anew under the same path has another life, and is innocent. */
#ifndef SLICES_SLICE_H
#define SLICES_SLICE_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* Room for a path below the hierarchy's root, its leading '/' and NUL included. Groups with a
 * longer path fold into the nearest ancestor that fits. */
#define SLICE_PATH_MAX 512
#define SLICE_KEY_MAX  (SLICE_PATH_MAX + 16) /* the longest prefix and a path */
#define SLICE_NAME_MAX 128

/* Microseconds, read once a tick and then passed on as a value. */
struct stamp {
    int64_t boot_usec; /* CLOCK_BOOTTIME: never steps, counts suspended time; for all durations */
    int64_t unix_usec; /* CLOCK_REALTIME: may step; for storing and showing only */
};

enum slice_kind {
    SLICE_GROUP,     /* any other group that holds processes itself */
    SLICE_SERVICE,   /* a systemd service */
    SLICE_SCOPE,     /* a systemd scope */
    SLICE_USER,      /* user-UID.slice */
    SLICE_CONTAINER, /* docker, podman, lxc, crun, runc, nspawn */
    SLICE_POD,       /* a container of a Kubernetes pod */
    SLICE_MACHINE,   /* a virtual machine */
    SLICE_KINDS
};
extern const char *const slice_kind_names[SLICE_KINDS]; /* "group", "service", ... */

/* Why nothing is ever done to a slice but raise an alarm. The first that applies is kept. */
enum slice_protection {
    SLICE_UNPROTECTED,
    SLICE_PROTECTED_SELF,    /* mom's own group, or an ancestor of it */
    SLICE_PROTECTED_STARTER, /* the group of the process that started mom, or an ancestor of it */
    SLICE_PROTECTED_INIT,    /* holds process 1 */
    SLICE_PROTECTED_SESSION, /* session.slice of a user's manager */
    SLICE_PROTECTED_FOLDED,  /* root's group that stands for more groups than fit */
    SLICE_PROTECTED_POLICY,  /* the policy says so */
    SLICE_PROTECTIONS
};
extern const char *const slice_protection_names[SLICE_PROTECTIONS];

struct slice_life {
    uint8_t boot[16]; /* /proc/sys/kernel/random/boot_id */
    uint64_t mount;   /* st_dev */
    uint64_t inode;   /* st_ino */
};

/* Whether a path is that of the group or of one below it; "" and "/" hold all. */
bool slice_path_within(const char *path, const char *group);

bool slice_life_equal(const struct slice_life *a, const struct slice_life *b);

/* One slice while it lives. Owner and only writer: the tree (slices/find), on the governor's
 * thread. */
struct slice {
    uint32_t index;  /* place in the tree's table; reused after the slice has vanished */
    uint64_t serial; /* never reused within a boot: names this life in rings, tables and commands */
    struct slice_life life;
    enum slice_kind kind;
    enum slice_protection
        protection;            /* as far as the kernel's tree tells; policy may add its own */
    uid_t uid;                 /* whose it is: of user-UID.slice, else the directory's owner */
    char runtime[16];          /* "docker", "podman", "systemd", ...; "" where there is none */
    char path[SLICE_PATH_MAX]; /* below the hierarchy's root: "/cont.slice/c0.service" */
    char key[SLICE_KEY_MAX];
    char name[SLICE_NAME_MAX]; /* for people: "web"; bytes as found, escape before showing */
};

#endif
