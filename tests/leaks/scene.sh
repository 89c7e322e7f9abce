# What the scenes share. Source it with the folder of the programs in $1. POSIX sh. A scene starts programs side by
# side, each in a slice of its own, while momd records them:
#   leaks NAME LIMIT HIGH COMMAND...     sizes in MiB. HIGH is memory.high: none, one size, or FROM:TO, to which it
#   healthy NAME LIMIT HIGH COMMAND...   falls in the course of the run, as if the node became ever shorter of memory
#   beside COMMAND...                    a client, outside of all slices
#   record                               lets them run, and prints what momd's store has of it
# NAME begins with the program's name and a dash. Time is compressed: what takes SECONDS stands for COMPRESSION times
# as long.
# shellcheck shell=sh
. tests/vm/lib.sh
loads=$PWD/tests/leaks/loads
PATH=$PATH:$loads
COMPRESSION=20
SECONDS_EACH=$(tr ' ' '\n' </proc/cmdline | sed -n 's/^mom\.record=//p' | tail -n 1)
SECONDS_EACH=${SECONDS_EACH:-720}
FLOOR_SECONDS=3 # a row for each, of its lowest footprint
SQUEEZES=24     # steps in which memory.high falls

find_memory_tree
root=$(memory_group "$name")
start_momd "tick: 1s
time_scale: $COMPRESSION
slices:
  mode: observe
  leak: observe"
said='' falling=''

run() { # LEAKS NAME LIMIT HIGH COMMAND...
    said="$said $1:$2"
    slice=$2
    mkdir "$root/$slice"
    echo "$3M" >"$root/$slice/memory.max"
    case $4 in
    none) ;;
    *:*) falling="$falling $slice:$4" && echo "${4%:*}M" >"$root/$slice/memory.high" ;;
    *) echo "$4M" >"$root/$slice/memory.high" ;;
    esac
    shift 4
    start_in "$root/$slice" "$@" >"$work/$slice.log" 2>&1
}

leaks() { run yes "$@"; }
healthy() { run no "$@"; }

beside() {
    "$@" >>"$work/beside.log" 2>&1 &
}

# squeeze STEP : lowers each memory.high that falls to what it is after so many.
squeeze() {
    for one in $falling; do
        from=${one#*:} to=${one##*:} slice=${one%%:*}
        from=${from%:*}
        echo "$((from - (from - to) * $1 / SQUEEZES))M" >"$root/$slice/memory.high"
    done
}

# history SLICE : rows of what is recorded of it, one for every FLOOR_SECONDS: seconds of compressed time since its
# beginning, then the sample with the lowest footprint.
history() {
    momctl --utc history "*/$1" --tier raw -o csv --no-headers | awk -F, \
        -v floor=$FLOOR_SECONDS -v most="$SECONDS_EACH" -v compression=$COMPRESSION '
    function flush() { if (lowest != "") print bin * floor * compression "," row; lowest = "" }
    NF == 10 && split($1, part, /[-T:Z]/) >= 6 && $2 != "" {
        now = part[4] * 3600 + part[5] * 60 + part[6]
        if (!seen++) began = now
        since = (now - began + 86400) % 86400 # midnight may pass
        if (since >= most) exit
        if (int(since / floor) != bin) flush()
        bin = int(since / floor)
        if (lowest == "" || $2 + 0 < lowest) {
            lowest = $2 + 0
            row = $2 "," $8 "," $5 "," $6
        }
    }
    END { flush() }'
}

record() {
    uptime_seconds
    echo "$(echo "$said" | wc -w) slices run, $NOW s after the boot"
    for step in $(seq $SQUEEZES); do
        sleep $((SECONDS_EACH / SQUEEZES))
        squeeze "$step"
    done
    momctl leaks --all
    stop_momd # what waits to be stored is stored
    for one in $said; do
        slice=${one#*:}
        history "$slice" | sed "s/^/record $slice ${one%:*} /"
        # Who has ended says why in his log.
        [ -n "$(cat "$root/$slice/cgroup.procs")" ] || { echo "$slice has ended" && tail -n 5 "$work/$slice.log"; }
    done
    cat "$work/beside.log" 2>/dev/null || :
}
