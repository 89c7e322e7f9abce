# What the live tests share: a group of their own, checks that say what failed, cleaning up.
# Source it with the folder of the programs in $1. POSIX sh. Runs in the project's top folder.
# shellcheck shell=sh
programs=$(realpath "$1")
momctl_program=$programs/momctl
cd "$(dirname "$0")"
until [ -f scripts/lib.sh ]; do cd ..; done
. scripts/lib.sh

name=mom-test-${0##*/}-$$
work=$(mktemp -d "/tmp/$name-XXXXXX")
chmod 755 "$work"
run_dir=/dev/shm/$name
keep_state_in() { # FOLDER
    state_dir=$1 database=$1/recorder/mom.db mail_dir=$1/recorder/mail
}
keep_state_in "$work/state"
momd_pid=
passed=0 failed=0

clean_up() {
    trap - EXIT INT TERM
    stop_momd
    [ -z "${MEMORY_ROOT:-}" ] || remove_group "$name"
    rm -rf "$work" "$run_dir"
}
trap clean_up EXIT
trap 'exit 130' INT TERM HUP PIPE

# check WHAT COMMAND... : the command must succeed.
check() {
    what=$1
    shift
    if "$@" >"$work/check.log" 2>&1; then
        passed=$((passed + 1))
        echo "ok   $what"
    else
        failed=$((failed + 1))
        echo "FAIL $what: $*"
        sed 's/^/     /' "$work/check.log"
    fi
}

# fails_with STATUS COMMAND... : the command must end with that status.
fails_with() {
    expected=$1
    shift
    status=0
    "$@" || status=$?
    [ "$status" = "$expected" ] || { echo "status $status, not $expected"; return 1; }
}

# prints TEXT COMMAND... : what it prints must hold the text.
prints() {
    wanted=$1
    shift
    "$@" >"$work/prints.log" 2>&1 || :
    grep -qF -- "$wanted" "$work/prints.log" || { cat "$work/prints.log"; return 1; }
}

# uptime_seconds : sets NOW.
uptime_seconds() {
    read -r NOW _ </proc/uptime
    NOW=${NOW%.*}
}

# eventually SECONDS COMMAND... : tries until it succeeds, or several times as long has passed: others may
# keep this machine busy.
pause=0.2 patience=6
eventually() {
    uptime_seconds
    deadline=$((NOW + $1 * patience))
    shift
    while [ "$NOW" -lt "$deadline" ]; do
        "$@" >/dev/null 2>&1 && return 0
        sleep "$pause"
        uptime_seconds
    done
    "$@"
}

# What a sanitizer build found in the programs stands in momd's log.
sanitizers_are_silent() {
    ! grep -aE 'Sanitizer|runtime error:' "$work"/*.log
}

# What momd did, and why, for whoever reads of a failure.
tell_what_happened() {
    tail -n 40 "$work"/momd*.log
    momctl events
    momctl events -o csv --no-headers | awk -F, '/,(reset|alarm),/ {print $2}' | tail -n 6 |
        while read -r id; do momctl why "$id"; done
} 2>&1

conclude() {
    check "no sanitizer complains" sanitizers_are_silent
    [ "$failed" = 0 ] || tell_what_happened || : # of no daemon there is nothing to tell
    echo "$passed passed, $failed failed"
    [ "$failed" = 0 ]
}

momctl() {
    "$momctl_program" --run-dir "$run_dir" --state-dir "$state_dir" "$@"
}

# start_momd POLICY-TEXT OPTION... : governs the test's own group; waits for the first tick.
start_momd() {
    printf '%s\n' "$1" >"$work/policy.yaml"
    shift
    run_momd -c "$work/policy.yaml" --scope "/$name" "$@"
}

# run_momd OPTION... : the same by a policy that lies somewhere else.
run_momd() {
    "$programs/momd" -f --run-dir "$run_dir" --state-dir "$state_dir" "$@" 2>>"$work/momd.log" &
    momd_pid=$!
    eventually 20 momctl status || { cat "$work/momd.log"; return 1; }
}

stop_momd() {
    [ -n "$momd_pid" ] || return 0
    kill "$momd_pid" 2>/dev/null && wait "$momd_pid" || :
    momd_pid=
}

# settle SLICE COMMAND... : makes the slice below $root, with the command in it.
settle() {
    mkdir -p "$root/$1"
    folder=$root/$1
    shift
    start_in "$folder" "$@"
}

eat() { # SLICE ARGUMENT...
    slice=$1
    shift
    settle "$slice" "$programs/eater" "$@"
}

pid_of() { # PROGRAM : of the one that our momd started
    pgrep -P "$momd_pid" -f "$1" | head -n 1
}

newer() { # PROGRAM OLD-PID
    new=$(pid_of "$1") && [ -n "$new" ] && [ "$new" != "$2" ]
}

field() { # JSON-FIELD VERB... : its first value, by momctl's own CSV
    of=$1
    shift
    momctl "$@" -o json | tr ',{}' '\n\n\n' | sed -n "s/^ *\"$of\": *//p" | head -n 1 | tr -d '"'
}

# live FIELD : of the status; asks for no database, which may be on a disk that hangs.
live() {
    (state_dir=/none && field "$1" status 2>/dev/null)
}

# ticks_go_on : so many more of them, by the same governor.
more_ticks=20
ticks_go_on() {
    before=$(live ticks) governor=$(pid_of mom-governor)
    enough() { [ "$(live ticks)" -ge $((before + more_ticks)) ]; }
    eventually 120 enough && [ "$(pid_of mom-governor)" = "$governor" ]
}

said() { # TEXT : by momd, in its log
    grep -qF -- "$1" "$work/momd.log"
}

empty() {
    [ -z "$(cat "$root/$1/cgroup.procs" 2>/dev/null)" ]
}

replayed() { # FIELD : of the replay of all that was recorded
    momctl replay --since=-2d -o json | tr -d ' \n' | sed -n "s/.*\"$1\":\([0-9]*\).*/\1/p"
}

# check_replay LEAST : the record holds so many decisions, and the very same come out of it again.
check_replay() {
    check "the very same decisions come out" momctl replay --since=-2d
    check "there are some" [ "$(replayed recorded)" -ge "$1" ]
    check "all of them" [ "$(replayed same)" = "$(replayed recorded)" ]
    check "by the same numbers" [ "$(replayed other_evidence)" = 0 ]
}
