# What the tests of mom under systemd share, beside lib.sh: mom as `cmake --install` makes it. Source it
# after lib.sh, with "# vm: init=systemd" in the head of the test. POSIX sh.
# shellcheck shell=sh
unit=momd.service
installed=$(find /mom/install -path '*/etc/mom/mom.yaml')
etc=${installed#/mom/install} # /etc/mom/mom.yaml, as the programs were configured
drop_ins=/run/systemd/system/$unit.d

# The installed one, with the paths that it was built for.
momctl() {
    command momctl "$@"
}

# install_momd POLICY-TEXT : a system call that the unit denies is fatal, so that none goes unseen.
install_momd() {
    cp -r /mom/install/. /
    printf '%s\n' "$1" >"$etc"
    drop_in deaths 'SystemCallErrorNumber=kill'
}

# drop_in NAME LINE... : of the unit's section [Service].
drop_in() {
    mkdir -p "$drop_ins"
    file=$drop_ins/$1.conf
    shift
    printf '[Service]\n' >"$file"
    printf '%s\n' "$@" >>"$file"
    systemctl daemon-reload
}

property() { # NAME
    systemctl show -P "$1" "$unit"
}

property_is() { # NAME VALUE
    [ "$(property "$1")" = "$2" ] || { echo "$1 is $(property "$1")"; return 1; }
}

child() { # PROGRAM : its pid
    pgrep -P "$(property MainPID)" -x "$1"
}

active() { property_is ActiveState active; }

restarted() { # OLD-PID : it runs anew, and governs
    [ "$(property MainPID)" != "$1" ] && active && momctl status
}

log_of_momd() {
    journalctl --quiet --no-pager --sync >/dev/null 2>&1 || :
    journalctl --quiet --no-pager -o cat -u "$unit"
}

# What the sandbox must never make mom say, and no death by a system call (SIGSYS is 31).
nothing_was_denied() {
    ! log_of_momd | grep -aiE 'EPERM|EACCES|EROFS|not permitted|denied|read-only file|SIGSYS|signal 31|status=31'
}

show_log_if_failed() {
    [ "$failed" = 0 ] || log_of_momd | tail -n 100
}
