# What the tests of failing recorders and disks share: a leaker, a flood of records, what the database
# holds. Source it instead of lib.sh. POSIX sh.
# shellcheck shell=sh disable=SC2034
. tests/vm/lib.sh

# The node counts as short long before it is: what happens to the disk is tested, not how little memory
# is left.
disk_policy='tick: 1s
mail:
  operators: operator@example.org
rules:
  - name: short
    available_below: 60%
    exhausted_within: 10min
    hold: 500ms
    action: reset'

# govern_two : a group of the test's own with an innocent in it, which the guard could take as well.
govern_two() {
    find_memory_tree
    memory_group "$name" >/dev/null
    root=$MEMORY_ROOT/$name
    eat innocent steady 80
}

sql() {
    sqlite3 -readonly "$database" "$1"
}

# resets_leaker NAME : a slice that leaks is reset by the guard, and it alone, before the kernel kills.
resets_leaker() {
    eat "$1" leak 70 20
    wait "$STARTED" 2>/dev/null || :
    eventually 20 empty "$1" && ! empty innocent &&
        grep -qx 'oom_kill 0' "$root/memory.events" && said "guard: rule short: reset cgroup:/$name/$1 "
}

is_recorded() { # SLICE : that it was reset, once, and what came of it, once
    [ "$(sql "SELECT count(*) FROM decision WHERE action = 'reset' AND key LIKE '%/$1'")" = 1 ] &&
        [ "$(sql "SELECT count(*) FROM decision JOIN outcome ON outcome.boot = decision.boot AND
            outcome.decision = decision.seq WHERE result = 'done' AND key LIKE '%/$1'")" = 1 ]
}

is_mailed() { # SLICE : that it was reset, once
    [ "$(grep -l "^Subject: .*$1" "$mail_dir"/*.eml | wc -l)" = 1 ] &&
        [ "$(sql "SELECT count(DISTINCT id) FROM mail JOIN delivery ON mail = id
            WHERE state = 'sent' AND key LIKE '%/$1'")" = 1 ]
}

database_is_whole() {
    prints ok sqlite3 -readonly "$database" 'PRAGMA integrity_check'
}

dropped() {
    live dropped_records
}

# flood_until_dropped : services come and go until their records find the ring full. (A group called so
# is a slice even without a process.)
flood_until_dropped() {
    memory_group "$name/flood" >/dev/null
    for _ in 1 2 3 4 5 6 7 8 9 10; do
        seq -f "$root/flood/%g.service" 500 | xargs mkdir
        eventually 60 flood_is_noticed
        seq -f "$root/flood/%g.service" 500 | xargs rmdir
        eventually 60 flood_is_gone
        [ "$(dropped)" = 0 ] || break
    done
    rmdir "$root/flood"
    [ "$(dropped)" -gt 0 ]
}

flood_is_noticed() {
    [ "$(live slices)" -ge 500 ]
}

flood_is_gone() {
    [ "$(live slices)" -lt 100 ]
}

# A sample that was read from its ring twice and not known again would have been moved by a second.
no_sample_was_moved() {
    [ "$(sql 'SELECT count(*) FROM shifted')" = 0 ]
}
