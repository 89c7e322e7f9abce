/* What a path says, as one ordered table.
 *
 * Trust: a group's name is the choice of whoever owns the directory that it lies in. The walk
 * (tree.c) starts at root's directories and goes no deeper than a slice, so a user who makes a
 * "docker-<64 digits>.scope" inside his own group is never asked about it. Two kinds of directory
 * are looked into although they aren't root's: those of a user's manager, whose rows come first
 * here and give keys by path alone; and groups delegated by hand, for which the tree calls
 * names_plain. */
#include "slices/find/names.h"

#include "slices/base/text.h"
#include "slices/find/name_sources.h"

#include <errno.h>
#include <jansson.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#define CONTAINER_ID_LENGTH 64
#define SHORT_ID_LENGTH     12
#define NAME_OF_COMPONENT   (NAME_MAX + 1)

/* A path taken apart. */
struct place {
    const char *path, *leaf;
    char parent[NAME_OF_COMPONENT]; /* name of the directory that it lies in, "" for the root */
    const char *below_user;         /* what follows "/user.slice/user-UID.slice/", or NULL */
    const char *below_manager;      /* what follows "user@UID.service/" in that, or NULL */
    uint64_t uid;                   /* while below_user is set, or a row's tag was TAG_UID */
    char tag[NAME_OF_COMPONENT];    /* what a row's prefix and suffix enclose */
};

enum tag {
    TAG_NONE, /* the prefix is the whole name */
    TAG_ID,   /* 64 lower-case hex digits */
    TAG_UID,  /* a decimal uid */
    TAG_TEXT  /* one byte or more */
};

enum key_from { KEY_FROM_PATH, KEY_FROM_TAG, KEY_FROM_NAME };

struct resolver {
    bool (*where)(const struct place *place); /* NULL: anywhere */
    const char *parent;                       /* NULL: any */
    const char *prefix, *suffix;
    enum tag tag;
    enum names_verdict verdict;
    enum slice_kind kind;
    const char *runtime, *key;
    enum key_from key_from;
    name_source *name; /* NULL: the last component is the name */
    bool is_session;
    bool only_if_named; /* the path alone is no proof */
};

static bool in_user_manager(const struct place *place)
{
    return place->below_manager != NULL;
}

static bool right_in_user_manager(const struct place *place)
{
    return place->below_manager && !strchr(place->below_manager, '/');
}

static bool right_in_user_slice(const struct place *place)
{
    return place->below_user && !strchr(place->below_user, '/');
}

static bool right_in_users(const struct place *place)
{
    static const char users[] = "/user.slice/";
    return text_starts_with(place->path, users) && place->leaf == place->path + strlen(users);
}

/* "/kubepods", "/kubepods.slice", "/kubelet.slice/kubelet-kubepods.slice", "/k3s/kubepods". */
static bool in_kubepods(const struct place *place)
{
    return strstr(place->path, "/kubepods") || strstr(place->path, "-kubepods");
}

static bool right_in_pod(const struct place *place)
{
    return in_kubepods(place) &&
           (text_starts_with(place->parent, "pod") || strstr(place->parent, "-pod"));
}

#define UNIT .runtime = "systemd", .key = "unit", .key_from = KEY_FROM_PATH
#define POD                                                                                        \
    .verdict = NAMES_SLICE, .kind = SLICE_POD, .runtime = "kubernetes", .key = "pod",              \
    .key_from = KEY_FROM_NAME, .name = name_of_pod
#define CONTAINER(of, source)                                                                      \
    .verdict = NAMES_SLICE, .kind = SLICE_CONTAINER, .runtime = of, .key = of,                     \
    .key_from = KEY_FROM_NAME, .name = source

/* The first row that fits decides. */
static const struct resolver resolvers[] = {
    /* A user's manager: names are the user's choice, keys are paths. */
    {right_in_user_manager, NULL, "session.slice", "", TAG_NONE, NAMES_SLICE, SLICE_GROUP, UNIT,
        .is_session = true},
    {in_user_manager, NULL, "", ".slice", TAG_TEXT, .verdict = NAMES_INTERIOR},
    {in_user_manager, NULL, "", ".service", TAG_TEXT, NAMES_SLICE, SLICE_SERVICE, UNIT},
    {in_user_manager, NULL, "", ".scope", TAG_TEXT, NAMES_SLICE, SLICE_SCOPE, UNIT},
    {in_user_manager, NULL, "", "", TAG_TEXT, .verdict = NAMES_UNKNOWN},
    {right_in_user_slice, NULL, "user@", ".service", TAG_UID, .verdict = NAMES_INTERIOR},
    {right_in_users, NULL, "user-", ".slice", TAG_UID, NAMES_SLICE, SLICE_USER,
        .runtime = "systemd", .key = "user", .key_from = KEY_FROM_TAG, .name = name_of_user},

    /* Kubernetes, by cgroupfs and by systemd. */
    {in_kubepods, NULL, "crio-conmon-", ".scope", TAG_TEXT, .verdict = NAMES_IGNORED},
    {in_kubepods, NULL, "cri-containerd-", ".scope", TAG_ID, POD},
    {in_kubepods, NULL, "crio-", ".scope", TAG_ID, POD},
    {in_kubepods, NULL, "docker-", ".scope", TAG_ID, POD},
    {right_in_pod, NULL, "crio-", "", TAG_ID, POD},
    {right_in_pod, NULL, "", "", TAG_ID, POD},
    {in_kubepods, NULL, "kubepods", "", TAG_NONE, .verdict = NAMES_INTERIOR},
    {in_kubepods, NULL, "burstable", "", TAG_NONE, .verdict = NAMES_INTERIOR},
    {in_kubepods, NULL, "besteffort", "", TAG_NONE, .verdict = NAMES_INTERIOR},
    {in_kubepods, NULL, "pod", "", TAG_TEXT, .verdict = NAMES_INTERIOR},

    {NULL, NULL, "docker-", ".scope", TAG_ID, CONTAINER("docker", name_of_docker)},
    {NULL, "docker", "", "", TAG_ID, CONTAINER("docker", name_of_docker)},
    {NULL, NULL, "docker", "", TAG_NONE, .verdict = NAMES_INTERIOR},
    {NULL, NULL, "", "", TAG_ID, CONTAINER("docker", name_of_docker),
        .only_if_named = true}, /* docker run --cgroup-parent, without systemd's groups */

    {NULL, NULL, "libpod-conmon-", "", TAG_TEXT, .verdict = NAMES_IGNORED},
    {NULL, NULL, "libpod-", ".scope", TAG_ID, CONTAINER("podman", name_of_podman)},
    {NULL, NULL, "libpod-", "", TAG_ID, CONTAINER("podman", name_of_podman)},
    {NULL, NULL, "libpod_parent", "", TAG_NONE, .verdict = NAMES_INTERIOR},
    {NULL, NULL, "crun-", ".scope", TAG_ID, CONTAINER("podman", name_of_podman)},
    {NULL, NULL, "crun-", ".scope", TAG_TEXT, CONTAINER("crun", name_of_unit_label)},
    {NULL, NULL, "runc-", ".scope", TAG_TEXT, CONTAINER("runc", name_of_unit_label)},

    {NULL, NULL, "lxc.payload.", "", TAG_TEXT, CONTAINER("lxc", name_of_unit_label)},
    {NULL, NULL, "lxc.monitor.", "", TAG_TEXT, .verdict = NAMES_IGNORED},
    {NULL, "lxc", "", "", TAG_TEXT, CONTAINER("lxc", name_of_unit_label)},
    {NULL, NULL, "lxc", "", TAG_NONE, .verdict = NAMES_INTERIOR},

    /* machined: libvirt's guests, else nspawn. */
    {NULL, NULL, "systemd-nspawn@", ".service", TAG_TEXT, CONTAINER("nspawn", name_of_unit_label)},
    {NULL, "machine.slice", "machine-qemu\\x2d", ".scope", TAG_TEXT, NAMES_SLICE, SLICE_MACHINE,
        .runtime = "libvirt", .key = "libvirt", .key_from = KEY_FROM_NAME, .name = name_of_machine},
    {NULL, "machine.slice", "machine-lxc\\x2d", ".scope", TAG_TEXT,
        CONTAINER("libvirt-lxc", name_of_machine)},
    {NULL, "machine.slice", "machine-", ".scope", TAG_TEXT,
        CONTAINER("nspawn", name_of_unit_label)},

    {NULL, NULL, "", ".slice", TAG_TEXT, .verdict = NAMES_INTERIOR},
    {NULL, NULL, "", ".service", TAG_TEXT, NAMES_SLICE, SLICE_SERVICE, UNIT},
    {NULL, NULL, "", ".scope", TAG_TEXT, NAMES_SLICE, SLICE_SCOPE, UNIT},
    {NULL, NULL, "", "", TAG_NONE, .verdict = NAMES_UNKNOWN}, /* the tree's root */
    {NULL, NULL, "", "", TAG_TEXT, .verdict = NAMES_UNKNOWN},
};

/* --- Taking a path apart -------------------------------------------------------------------- */

/* Decimal, without leading zeros: two spellings must not be one user. (uid_t)-1 is nobody. */
static bool read_uid(const char **cursor, uint64_t *ret)
{
    bool is_padded = (*cursor)[0] == '0' && (*cursor)[1] >= '0' && (*cursor)[1] <= '9';
    return !is_padded && text_u64(cursor, ret) == 0 && *ret < UINT32_MAX;
}

static void take_apart(const char *path, struct place *place)
{
    *place = (struct place){.path = path, .leaf = path};
    const char *slash = strrchr(path, '/');
    if (slash) {
        place->leaf = slash + 1;
        const char *parent = slash;
        while (parent > path && parent[-1] != '/')
            parent--;
        (void)snprintf(place->parent, sizeof place->parent, "%.*s", (int)(slash - parent), parent);
    }
    const char *cursor = path;
    uint64_t manager;
    if (!text_skip(&cursor, "/user.slice/user-") || !read_uid(&cursor, &place->uid) ||
        !text_skip(&cursor, ".slice/"))
        return;
    place->below_user = cursor;
    if (text_skip(&cursor, "user@") && read_uid(&cursor, &manager) && manager == place->uid &&
        text_skip(&cursor, ".service/"))
        place->below_manager = cursor;
}

static bool tag_fits(enum tag tag, struct place *place)
{
    const char *end = place->tag;
    switch (tag) {
    case TAG_NONE:
        return !*place->tag;
    case TAG_ID:
        return strlen(end) == CONTAINER_ID_LENGTH &&
               strspn(end, "0123456789abcdef") == CONTAINER_ID_LENGTH;
    case TAG_UID:
        return read_uid(&end, &place->uid) && !*end;
    case TAG_TEXT:
        return *place->tag;
    }
    return false;
}

static bool fits(const struct resolver *resolver, struct place *place)
{
    size_t before = strlen(resolver->prefix), after = strlen(resolver->suffix);
    size_t length = strlen(place->leaf);
    if ((resolver->where && !resolver->where(place)) ||
        (resolver->parent && strcmp(resolver->parent, place->parent) != 0) ||
        length < before + after || !text_starts_with(place->leaf, resolver->prefix) ||
        !text_ends_with(place->leaf, resolver->suffix))
        return false;
    (void)snprintf(place->tag, sizeof place->tag, "%.*s", (int)(length - before - after),
        place->leaf + before);
    return tag_fits(resolver->tag, place);
}

/* --- Key and name --------------------------------------------------------------------------- */

static void write_key(char *key, const char *prefix, const char *text)
{
    char escaped[4 * SLICE_PATH_MAX];
    text_escape(escaped, sizeof escaped, text);
    if (text_format(key, SLICE_KEY_MAX, "%s:%s", prefix, escaped) == 0)
        return;
    enum { TAIL = 1 + 16 + 1 }; /* '~', the hash, NUL */
    text_escape(escaped, SLICE_KEY_MAX - strlen(prefix) - 1 - TAIL + 1, text);
    (void)text_format(key, SLICE_KEY_MAX, "%s:%s~%016llx", prefix, escaped,
        (unsigned long long)text_hash(TEXT_HASH_SEED, text, strlen(text)));
}

static int ask_name(
    struct names *names, const struct resolver *resolver, const struct place *place, char *name)
{
    int r = resolver->name ? resolver->name(names, place->tag, name, SLICE_NAME_MAX) : -ENOENT;
    arena_reset(&names->scratch);
    return r;
}

static bool is_proven(
    struct names *names, const struct resolver *resolver, const struct place *place)
{
    char name[SLICE_NAME_MAX];
    return !resolver->only_if_named || ask_name(names, resolver, place, name) == 0;
}

static void write_name(
    struct names *names, const struct resolver *resolver, const struct place *place, char *name)
{
    if (ask_name(names, resolver, place, name) == 0)
        return;
    const char *fall_back = resolver->name ? place->tag : place->leaf;
    size_t size = resolver->tag == TAG_ID ? SHORT_ID_LENGTH + 1 : SLICE_NAME_MAX;
    (void)text_copy(name, size, fall_back);
}

static void fill(
    struct names *names, const struct resolver *resolver, struct place *place, struct slice *slice)
{
    slice->kind = resolver->kind;
    if (resolver->tag == TAG_UID || place->below_user)
        slice->uid = (uid_t)place->uid;
    (void)text_copy(slice->runtime, sizeof slice->runtime, resolver->runtime);
    write_name(names, resolver, place, slice->name);
    const char *const sources[] = {
        [KEY_FROM_PATH] = slice->path + (*slice->path == '/'),
        [KEY_FROM_TAG] = place->tag,
        [KEY_FROM_NAME] = slice->name,
    };
    write_key(slice->key, resolver->key, sources[resolver->key_from]);
}

void names_plain(struct slice *slice)
{
    const char *slash = strrchr(slice->path, '/');
    slice->kind = SLICE_GROUP;
    slice->runtime[0] = '\0';
    (void)text_copy(slice->name, sizeof slice->name, slash && slash[1] ? slash + 1 : slice->path);
    write_key(slice->key, "cgroup", slice->path);
}

enum names_verdict names_resolve(struct names *names, struct slice *slice, bool *ret_session)
{
    struct place place;
    take_apart(slice->path, &place);
    const struct resolver *resolver = resolvers;
    while (!fits(resolver, &place) || !is_proven(names, resolver, &place))
        resolver++; /* the last rows take everything */
    *ret_session = resolver->is_session;
    if (resolver->verdict == NAMES_SLICE)
        fill(names, resolver, &place, slice);
    else
        names_plain(slice);
    return resolver->verdict;
}

int names_open(struct names *names, const char *root, struct mom_error *error)
{
    struct names opened = {.root = ""};
    if (text_copy(opened.root, sizeof opened.root, root) < 0)
        return error_errno(error, -ENAMETOOLONG, "the folder of the name files");
    int r = arena_open(&opened.scratch, NAME_SOURCE_SCRATCH, error);
    if (r < 0)
        return r;
    json_object_seed(0); /* else the first look-up would read /dev/urandom */
    *names = opened;
    return 0;
}

void names_close(struct names *names)
{
    arena_close(&names->scratch);
    *names = (struct names){.root = ""};
}
