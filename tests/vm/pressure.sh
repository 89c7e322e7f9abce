# What the tests of a node whose pressure can't be trusted share: a node without swap, a big innocent
# slice and a leaker. (Of the default rules only the one that is meant for it: another may be sooner.)
# Source it instead of lib.sh. POSIX sh.
# shellcheck shell=sh disable=SC2034
. tests/vm/lib.sh

policy='tick: 1s
rules:
  - name: no-swap-blind
    no_swap: true
    psi_unusable: true
    available_below: 3%
    action: reset'

begin_node() {
    find_memory_tree
    root=$(memory_group "$name")
    eat innocent steady 100
    innocent=$STARTED
    start_momd "$policy"
}

# ends_leaker RATE : a leaker that takes at once what the node has, but for a little, and then RATE MiB a
# second is ended, and it alone, by mom, before the kernel does it.
ends_leaker() {
    available=$(awk '/^MemAvailable:/ {print int($2 / 1024)}' /proc/meminfo)
    eat leaker leak $((available - 110)) "$1"
    wait "$STARTED" 2>/dev/null || :
    eventually 20 empty leaker && grep -qx 'oom_kill 0' "$root/memory.events" && kill -0 "$innocent"
}

reset_blindly() {
    is_reset() { momctl events '*/leaker' -o csv --no-headers | grep ',reset,' >"$work/reset"; }
    eventually 60 is_reset && prints "rule no-swap-blind" momctl why "$(cut -d, -f2 "$work/reset")"
}
