# Known memory against what mom says of it, for the tests of the sampler. Source it behind lib.sh, with
# momd running and its group at $root. POSIX sh.
# shellcheck shell=sh

MIB=1048576

# take SLICE KIND NUMBER [PLACE] : the allocator in a slice of its own, until it is ready; its pid is in
# STARTED, what it says in $work/SLICE.said.
take() {
    taker=$1
    shift
    settle "$taker" "$programs/allocator" "$@" >"$work/$taker.said"
    eventually 120 grep -q ready "$work/$taker.said"
}

# ask SLICE SIGNAL : what the allocator of the slice, STARTED, answers, on one line.
ask() {
    answers=$(wc -l <"$work/$1.said")
    kill "-$2" "$STARTED"
    answered() { [ "$(wc -l <"$work/$1.said")" -gt "$answers" ]; }
    eventually 120 answered "$1"
    tail -n 1 "$work/$1.said"
}

# where SLICE : how much of its anon is in swap and in memory by its own page table, in bytes; sets
# `swapped` and `resident`.
where() {
    ask "$1" USR1 >"$work/where"
    # shellcheck disable=SC2034 # for the tests
    read -r _ swapped _ resident <"$work/where"
}

# look SLICE : keeps what mom says of it now, for `shown`.
look() {
    momctl show "*/$1" -o json | tr ',{}' '\n\n\n' >"$work/shown"
}

# shown FIELD : what it was when looked at.
shown() {
    sed -n "s/^ *\"$1\": *//p" "$work/shown" | head -n 1 | tr -d '"'
}

rss() {
    echo $(($(shown anon) + $(shown file_mapped)))
}

# told SLICE KEY : the kernel's own figure, from memory.stat.
told() {
    awk -v key="$2" '$1 == key {print $2}' "$root/$1/memory.stat"
}

# about NUMBER TRUTH : within 2 MiB or 3 %, whichever is more.
about() {
    slack=$(($2 * 3 / 100))
    [ $slack -gt $((2 * MIB)) ] || slack=$((2 * MIB))
    [ "$1" -ge $(($2 - slack)) ] && [ "$1" -le $(($2 + slack)) ] && return
    echo "$1 is not about $2"
    return 1
}
