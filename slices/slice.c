#include "slices/slice.h"

#include <string.h>

const char *const slice_kind_names[SLICE_KINDS] = {
    [SLICE_GROUP] = "group",
    [SLICE_SERVICE] = "service",
    [SLICE_SCOPE] = "scope",
    [SLICE_USER] = "user",
    [SLICE_CONTAINER] = "container",
    [SLICE_POD] = "pod",
    [SLICE_MACHINE] = "machine",
};

const char *const slice_protection_names[SLICE_PROTECTIONS] = {
    [SLICE_UNPROTECTED] = "",
    [SLICE_PROTECTED_SELF] = "mom herself",
    [SLICE_PROTECTED_STARTER] = "started mom",
    [SLICE_PROTECTED_INIT] = "holds process 1",
    [SLICE_PROTECTED_SESSION] = "a user's session",
    [SLICE_PROTECTED_FOLDED] = "folded",
    [SLICE_PROTECTED_POLICY] = "policy",
};

bool slice_life_equal(const struct slice_life *a, const struct slice_life *b)
{
    return memcmp(a->boot, b->boot, sizeof a->boot) == 0 && a->mount == b->mount &&
           a->inode == b->inode;
}

bool slice_path_within(const char *path, const char *group)
{
    size_t length = strlen(group);
    return length <= 1 ||
           (strncmp(path, group, length) == 0 && (path[length] == '/' || path[length] == '\0'));
}
