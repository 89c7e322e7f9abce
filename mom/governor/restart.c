#include "mom/governor/restart.h"

#include "slices/base/text.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

enum { ID_LENGTH = 64 };
static const char hex_digits[] = "0123456789abcdef";

static const char *last_component(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

/* What may be an argument: nothing that an option, a path or a pattern begins with or holds. */
static bool is_plain_name(const char *name)
{
    static const char others[] = ":_.@\\-";
    const char *c = name;
    if (!isalnum((unsigned char)*c))
        return false;
    while (*c && (isalnum((unsigned char)*c) || strchr(others, *c)))
        c++;
    return !*c;
}

/* A service right below slices of the system's manager: "/system.slice/x.slice/y.service". Those of
 * users' managers lie below a service. */
static bool is_system_service(const char *path)
{
    const char *component = path, *slash;
    while (*component == '/' && (slash = strchr(component + 1, '/'))) {
        size_t length = (size_t)(slash - component);
        size_t suffix = strlen(".slice");
        if (length <= suffix || strncmp(slash - suffix, ".slice", suffix) != 0)
            return false;
        component = slash;
    }
    return text_ends_with(component, ".service");
}

/* The 64 digits in "docker-ID.scope", "libpod-ID", "ID". */
static const char *find_id(const char *leaf)
{
    for (const char *at = leaf; *at;) {
        size_t length = strspn(at, hex_digits);
        if (length == ID_LENGTH)
            return at;
        at += length > 0 ? length : 1;
    }
    return NULL;
}

static int refuse_name(const char *name, struct mom_error *error)
{
    char shown[4 * SLICE_NAME_MAX];
    return error_set(
        error, -EINVAL, "`%.80s` can't be an argument", text_escape(shown, sizeof shown, name));
}

/* For what momd's sandbox would not let do: systemd runs it. Without INVOCATION_ID, by which podman
 * would take the unit for its own, and leave what watches the container in it. */
static void write_wrapper(const struct restart_means *means, char *wrapper, size_t size)
{
    (void)text_copy(wrapper, size, "");
    if (means->systemd)
        (void)text_format(wrapper, size,
            "systemd-run --quiet --collect --wait --pipe -p RuntimeMaxSec=%llds"
            " -p UnsetEnvironment=INVOCATION_ID ",
            (long long)(means->timeout_usec / 1000000));
}

static int restart_unit(
    const struct slice *slice, char command[PROGRAM_COMMAND_MAX], struct mom_error *error)
{
    const char *unit = last_component(slice->path);
    if (!is_plain_name(unit))
        return refuse_name(unit, error);
    return text_format(command, PROGRAM_COMMAND_MAX, "systemctl restart -- %s", unit);
}

static int restart_container(const struct slice *slice, const char *wrapper,
    char command[PROGRAM_COMMAND_MAX], struct mom_error *error)
{
    const char *leaf = last_component(slice->path), *id = find_id(leaf);
    if (!id)
        return refuse_name(leaf, error);
    return text_format(
        command, PROGRAM_COMMAND_MAX, "%s%s restart %.64s", wrapper, slice->runtime, id);
}

static int restart_lxc(const struct slice *slice, const char *wrapper,
    char command[PROGRAM_COMMAND_MAX], struct mom_error *error)
{
    static const char prefix[] = "lxc.payload.";
    const char *name = last_component(slice->path);
    if (text_starts_with(name, prefix))
        name += strlen(prefix);
    if (!is_plain_name(name))
        return refuse_name(name, error);
    return text_format(command, PROGRAM_COMMAND_MAX, "%slxc-start -n %s", wrapper, name);
}

int restart_command(const struct slice *slice, const struct restart_means *means,
    char command[PROGRAM_COMMAND_MAX], struct mom_error *error)
{
    char wrapper[128];
    int r = 1;
    write_wrapper(means, wrapper, sizeof wrapper);
    if (means->systemd && is_system_service(slice->path))
        r = restart_unit(slice, command, error);
    else if (strcmp(slice->runtime, "docker") == 0)
        r = restart_container(slice, "", command, error);
    else if (strcmp(slice->runtime, "podman") == 0)
        r = restart_container(slice, wrapper, command, error);
    else if (strcmp(slice->runtime, "lxc") == 0)
        r = restart_lxc(slice, wrapper, command, error);
    if (r > 0)
        return error_set(error, -ENOTSUP, "nothing is known that starts a %s%s%s", slice->runtime,
            slice->runtime[0] ? " " : "", slice_kind_names[slice->kind]);
    return r == -ENAMETOOLONG ? error_set(error, r, "its name is too long") : r;
}
