# How each peer is started: as Debian ships it, or as mom is installed, nothing tuned. Sourced by
# scene.sh. POSIX sh.
# shellcheck shell=sh disable=SC2034,SC2154

# What the machine was started with; a scene alone is about mom.
peer=$(tr ' ' '\n' </proc/cmdline | sed -n 's/^mom\.peer=//p')
peer=${peer:-mom}
case $peer in
mom) peer_unit=momd.service peer_group=momd.service ;;
*) peer_unit=$peer.service peer_group=system.slice/$peer.service ;;
esac

start_peer() {
    case $peer in
    kernel) return ;;
    mom) cp -r /mom/install/. / ;;
    systemd-oomd) # does nothing but in slices that say so
        mkdir -p /run/systemd/system
        printf '[Slice]\nManagedOOMSwap=kill\nManagedOOMMemoryPressure=kill\n' >/run/systemd/system/cont.slice
        ;;
    esac
    systemctl daemon-reload
    systemctl start "$peer_unit"
    eventually 30 systemctl is-active "$peer_unit" || die "$peer does not start"
}

# stop_peer : it forgets what it knew, too.
stop_peer() {
    [ "$peer" = kernel ] || systemctl stop "$peer_unit"
    rm -rf /run/mom /var/lib/mom
}

# protect_from_peer NAME : as far as that is the peer's own affair; the rest is said to systemd.
protect_from_peer() {
    [ "$peer" = mom ] || return 0
    printf 'matches:\n  - path: /cont.slice/%s.service\n    protect: true\n' "$1" >"$etc"
    systemctl reload "$peer_unit"
}

# alarmed_about NAME : nobody but mom can tell.
alarmed_about() {
    [ "$peer" != mom ] ||
        momctl events -o csv --no-headers | grep ',alarm,' | grep -qF "cont.slice/$1.service"
}

log_since() { # UPTIME JOURNALCTL-OPTION...
    since=$1
    shift
    journalctl --quiet --no-pager -o short-monotonic "$@" | awk -v since="$since" '{
        at = substr($0, 2) + 0
        if (at >= since) print
    }'
}

# say_why UPTIME : what the peer, the kernel and systemd have said of it since then.
say_why() {
    [ "$peer" = kernel ] || log_since "$1" -u "$peer_unit" | tail -n 40
    log_since "$1" -k | grep 'Killed process' | cut -c 1-180 | tail -n 10
    log_since "$1" -t systemd | grep 'Main process exited' | tail -n 10
}
