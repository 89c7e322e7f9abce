# What the tests of mom's watchdog share. Source it instead of lib.sh. The whole machine is governed: with
# --scope no watchdog is ever armed. POSIX sh.
# shellcheck shell=sh disable=SC2034
. tests/vm/lib.sh
TIMEOUT=20
device="device: /dev/watchdog0" timeout="timeout: ${TIMEOUT}s" at_once="after_boot: 0s"
sys=/sys/class/watchdog/watchdog0

# write_policy LINE... : these are the settings of the group `watchdog`.
write_policy() {
    printf 'tick: 1s\nwatchdog:\n' >"$work/policy.yaml"
    for line in "$@"; do echo "  $line"; done >>"$work/policy.yaml"
}

# govern OPTION... : by that policy.
govern() {
    run_momd -c "$work/policy.yaml" "$@"
}

reload() {
    kill -HUP "$momd_pid"
}

armed_is() { # true|false : by momctl
    [ "$(live armed)" = "$1" ]
}

kernel_says() { # active|inactive
    [ "$(cat $sys/state)" = "$1" ]
}

refused_for() { # TEXT
    armed_is false && prints "$1" momctl status -o json
}

of_mom() { # pids
    pgrep -x 'momd|mom-.*'
}
