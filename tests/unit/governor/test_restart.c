/* What is run to start a slice again: by its runtime, and nothing that its name could smuggle in.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "mom/governor/restart.h"
#include "slices/base/text.h"

#include <errno.h>

#define ID "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define WRAPPED                                                                                    \
    "systemd-run --quiet --collect --wait --pipe -p RuntimeMaxSec=30s"                             \
    " -p UnsetEnvironment=INVOCATION_ID "

static int restart_of(const char *runtime, const char *path, bool systemd,
    char command[PROGRAM_COMMAND_MAX], struct mom_error *error)
{
    const struct restart_means means = {.systemd = systemd, .timeout_usec = 30 * 1000000ll};
    struct slice slice = {.kind = SLICE_CONTAINER};
    (void)text_copy(slice.runtime, sizeof slice.runtime, runtime);
    (void)text_copy(slice.path, sizeof slice.path, path);
    return restart_command(&slice, &means, command, error);
}

static void restarted_by(const char *runtime, const char *path, bool systemd, const char *expected)
{
    char command[PROGRAM_COMMAND_MAX];
    struct mom_error error = {0};
    int r = restart_of(runtime, path, systemd, command, &error);
    assert_string_equal(error.text, "");
    assert_int_equal(r, 0);
    assert_string_equal(command, expected);
}

static void not_restarted(const char *runtime, const char *path, bool systemd, int code)
{
    char command[PROGRAM_COMMAND_MAX];
    struct mom_error error = {0};
    assert_int_equal(restart_of(runtime, path, systemd, command, &error), code);
    assert_true(error.text[0] != '\0');
}

static void a_service_of_the_system_is_restarted_as_a_unit(void **state)
{
    (void)state;
    restarted_by("systemd", "/system.slice/web.service", true, "systemctl restart -- web.service");
    restarted_by("systemd", "/a.slice/a-b.slice/getty@tty1.service", true,
        "systemctl restart -- getty@tty1.service");
    restarted_by("systemd", "/x.service", true, "systemctl restart -- x.service");
    restarted_by("nspawn", "/machine.slice/systemd-nspawn@box.service", true,
        "systemctl restart -- systemd-nspawn@box.service");
    restarted_by(
        "systemd", "/system.slice/a\\x2db.service", true, "systemctl restart -- a\\x2db.service");
}

static void nobody_elses_service_is_taken_for_one(void **state)
{
    (void)state;
    not_restarted("systemd", "/user.slice/user-1000.slice/user@1000.service/app.slice/web.service",
        true, -ENOTSUP);
    not_restarted("systemd", "/lxc.payload.box/system.slice/web.service", true, -ENOTSUP);
    not_restarted("systemd", "/system.slice/web.scope", true, -ENOTSUP);
    not_restarted("systemd", "/system.slice/web.service", false, -ENOTSUP);
    not_restarted("", "/some/group", true, -ENOTSUP);
    not_restarted("systemd", "/user.slice/user-1000.slice", true, -ENOTSUP);
}

static void a_container_is_started_by_its_id(void **state)
{
    (void)state;
    restarted_by("docker", "/system.slice/docker-" ID ".scope", true, "docker restart " ID);
    restarted_by("docker", "/docker/" ID, false, "docker restart " ID);
    restarted_by("podman", "/machine.slice/libpod-" ID ".scope", false, "podman restart " ID);
    restarted_by(
        "podman", "/machine.slice/libpod-" ID ".scope", true, WRAPPED "podman restart " ID);
    restarted_by("lxc", "/lxc.payload.box", false, "lxc-start -n box");
    restarted_by("lxc", "/lxc/box", true, WRAPPED "lxc-start -n box");
    not_restarted("docker", "/docker/0123456789abcdef", false, -EINVAL);
    not_restarted("docker", "/docker/" ID "0", false, -EINVAL);
    not_restarted("crun", "/system.slice/crun-box.scope", true, -ENOTSUP);
}

static void a_name_that_could_be_something_else_is_refused(void **state)
{
    (void)state;
    not_restarted("systemd", "/system.slice/-x.service", true, -EINVAL);
    not_restarted("systemd", "/system.slice/a b.service", true, -EINVAL);
    not_restarted("systemd", "/system.slice/a;b.service", true, -EINVAL);
    not_restarted("systemd", "/system.slice/*.service", true, -EINVAL);
    not_restarted("systemd", "/system.slice/\n.service", true, -EINVAL);
    not_restarted("systemd", "/system.slice/\xc3\xa9.service", true, -EINVAL);
    not_restarted("lxc", "/lxc.payload.-f", false, -EINVAL);
    not_restarted("lxc", "/lxc.payload.a b", false, -EINVAL);
    not_restarted("lxc", "/lxc.payload.", false, -EINVAL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_service_of_the_system_is_restarted_as_a_unit),
        cmocka_unit_test(nobody_elses_service_is_taken_for_one),
        cmocka_unit_test(a_container_is_started_by_its_id),
        cmocka_unit_test(a_name_that_could_be_something_else_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
