# What the tests of real containers share, beside lib.sh: a file tree to run, and what mom must say of a
# container and do to it. Source it after lib.sh. POSIX sh.
# shellcheck shell=sh disable=SC2016,SC2020,SC2034,SC2119,SC2120,SC2154,SC2317
load_mib=20
load="sleep 100000 & exec eater steady $load_mib" # two processes; there as /bin/load
rootfs=$work/rootfs

# make_rootfs [FOLDER] : the load and what it is linked with, from this machine's own files.
make_rootfs() {
    tree=${1:-$rootfs}
    for folder in bin dev etc proc run sys tmp usr; do mkdir -p "$tree/$folder"; done
    cp "$programs/eater" /bin/sh /bin/sleep "$tree/bin/"
    for library in $(ldd "$tree"/bin/* | grep -o '/[^ ]*\.so[^ ]*' | sort -u); do
        mkdir -p "$tree${library%/*}"
        cp -L "$library" "$tree$library"
    done
    printf '#!/bin/sh\n%s\n' "$load" >"$tree/bin/load"
    chmod +x "$tree/bin/load"
    touch "$tree/etc/os-release" # nspawn asks for it
}

# govern : the whole machine, as a real node.
govern() {
    make_rootfs
    start_momd 'tick: 500ms' --scope /
}

path_of() { # KEY
    field path show "$1" | sed 's/\\\\/\\/g'
}

# is_slice KEY KIND RUNTIME NAME PATH-PATTERN : so mom shows it, and nothing below it. No runtime: null.
is_slice() {
    momctl show "$1" -o json >"$work/show" && momctl list -o csv --no-headers >"$work/list" || return 1
    path=$(shown path)
    # shellcheck disable=SC2254
    case $path in $5) ;; *) echo "$1 is at $path" && return 1 ;; esac
    said="$(shown kind) $(shown runtime) $(shown name)"
    [ "$said" = "$2 $3 $4" ] || { echo "$1 is $said"; return 1; }
    [ "$(cut -d, -f1 "$work/list" | grep -cxF "$1")" = 1 ] || { cat "$work/list"; return 1; }
    ! grep -F ":$path/" "$work/list"
}

shown() { # JSON-FIELD : of what is_slice asked for
    tr ',{}' '\n\n\n' <"$work/show" | sed -n "s/^ *\"$1\": *//p" | head -n 1 | tr -d '"' | sed 's/\\\\/\\/g'
}

is_container() { # RUNTIME NAME PATH-PATTERN
    is_slice "$1:$2" container "$1" "$2" "$3"
}

# holds_load KEY : what the load takes, and little more.
holds_load() {
    bytes=$(field footprint_bytes show "$1")
    echo "$bytes bytes"
    [ "$bytes" -ge $((load_mib * 1048576)) ] && [ "$bytes" -lt $((2 * load_mib * 1048576)) ]
}

# processes_of KEY : at whatever depth.
processes_of() {
    find "/sys/fs/cgroup$(path_of "$1")" -name cgroup.procs -exec cat {} +
}

are_dead() { # PID...
    for pid in "$@"; do ! kill -0 "$pid" 2>/dev/null || return 1; done
}

are_alive() { # PID...
    for pid in "$@"; do kill -0 "$pid" || return 1; done
}

# check_reset KEY OTHER-KEY : it takes the whole of the one, and nobody of the other.
check_reset() {
    check "$1 is recorded" eventually 60 has_life "$1"
    life_before=$(newest_life "$1")
    reset_at=$(date +%s)
    # shellcheck disable=SC2046
    set -- "$1" "$(processes_of "$1" | tr '\n' ' ')" "$2" "$(processes_of "$2" | tr '\n' ' ')"
    check "$1 has two processes or more" [ "$(echo "$2" | wc -w)" -ge 2 ]
    check "$3 has, too" [ "$(echo "$4" | wc -w)" -ge 2 ]
    check "$1 is reset" momctl reset "$1"
    # shellcheck disable=SC2086
    check "$1 is dead, all of it" eventually 120 are_dead $2
    # shellcheck disable=SC2086
    check "$3 lives on, all of it" are_alive $4
}

# newest_life KEY : when it was born, in microseconds, as the database knows it; 0 without one.
newest_life() {
    sql "SELECT coalesce(max(born_usec), 0) FROM life JOIN slice ON slice.id = slice WHERE key = '$1'"
}

has_life() { # KEY
    [ "$(newest_life "$1")" -gt 0 ]
}

# check_new_life KEY : made anew after check_reset, it is the same slice with another life, which is
# recorded a while after momctl shows it.
check_new_life() {
    new_life() {
        [ "$(field alive show "$1")" = true ] && [ "$(newest_life "$1")" -gt "$life_before" ] &&
            [ "$(sql "SELECT count(*) FROM raw JOIN slice ON slice.id = slice
                WHERE key = '$1' AND t > $(newest_life "$1") / 1000000")" -gt 0 ]
    }
    check "$1 comes back under its key, with another life" eventually 120 new_life "$1"
    check "and its history goes back to before the reset" [ "$(sql "SELECT min(t) FROM raw
        JOIN slice ON slice.id = slice WHERE key = '$1'")" -lt "$reset_at" ]
}

sql() {
    sqlite3 -readonly "$database" "$1"
}
