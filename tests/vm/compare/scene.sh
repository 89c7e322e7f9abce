# What the scenes share. Source it with the folder of the programs in $1. POSIX sh. A scene makes slices
# below cont.slice, or what $within says, and tells who is who; ARGUMENT... is [-p SYSTEMD-PROPERTY=VALUE]... COMMAND...
#   innocent NAME ARGUMENT...   must not lose a process
#   bustling NAME ARGUMENT...   an innocent whose processes come and go: must not be emptied
#   begin                       the peer starts, all settle, the clock runs
#   guilty NAME ARGUMENT...     must go, all of it, and nobody else
#   judge SECONDS               waits for it as long; the verdict; without a guilty one nobody may die
# Ends with 0 when the verdict is right.
# shellcheck shell=sh
. tests/vm/lib.sh
. tests/vm/systemd.sh
. tests/vm/compare/peers.sh
PATH=$PATH:$programs:$PWD/tests/vm/compare/loads

scene=${0##*/}
cgroups=/sys/fs/cgroup
slices=$cgroups/cont.slice
heart=/run/heart
settle_seconds=25 # two ticks of mom's, and a little
lives=1           # that the guilty lose
roles='' protected=''
within=cont.slice # where slices are made: the path of a slice of systemd's

# What an earlier scene has left in this machine.
if [ -d "$slices" ]; then
    systemctl stop cont.slice
    stop_peer
    swapoff /dev/mom-swap
    swapon /dev/mom-swap
fi
# The measuring itself stands beside all slices: oomd knows no better than to end what runs in
# system.slice.
mkdir -p $cgroups/measuring
for pid in $(cat $cgroups/system.slice/mom-vm.service/cgroup.procs) $$; do
    echo "$pid" >$cgroups/measuring/cgroup.procs || :
done 2>/dev/null

run_slice() { # ROLE NAME ARGUMENT...
    roles="$roles $1:$cgroups/$within/$2.service"
    slice=$2
    shift 2
    # The kernel's victim alone dies, as in a container.
    systemd-run --quiet --collect --slice="${within##*/}" --unit="$slice" -E "PATH=$PATH" -p OOMPolicy=continue "$@"
}

innocent() { run_slice innocent "$@"; }
bustling() { run_slice bustling "$@"; }
guilty() { run_slice guilty "$@"; }

neighbours() {
    for neighbour in c1 c2 c3; do
        innocent $neighbour eater steady 20
    done
    innocent big eater steady 250
}

begin() {
    innocent heart heartbeat 4 $heart
    start_peer
    sleep $settle_seconds
    read -r began _ </proc/uptime
}

# protected NAME ARGUMENT... : an innocent whatever it does, to all who can be told so. After `begin`.
protected() {
    protected=$1
    protect_from_peer "$1"
    shift
    run_slice innocent "$protected" -p OOMScoreAdjust=-1000 -p ManagedOOMPreference=omit "$@"
}

meminfo() { # FIELD... : their sum, in MiB
    for field in "$@"; do grep "^$field:" /proc/meminfo; done | awk '{sum += $2} END {print int(sum / 1024)}'
}

# filled NAME MIB : waits until the slice holds as much, however slow the machine is today.
filled() {
    until [ "$(cat "$slices/$1.service"/memory.current "$slices/$1.service"/memory.swap.current |
        awk '{sum += $1} END {print int(sum / 1048576)}')" -ge "$2" ]; do sleep 1; done
}

# swap_out NAME MIB : by the kernel, what it finds.
swap_out() {
    echo "$2M" >"$slices/$1.service/memory.reclaim" || :
} 2>/dev/null

said() { # KEY : by the referee
    echo "$line" | tr ' ' '\n' | sed -n "s/^$1=//p"
}

verdict() {
    if [ "$(said harmed)" != - ]; then
        echo wrong
    elif [ -n "$protected" ] && ! alarmed_about "$protected"; then
        echo silent
    elif [ "$(said guilty_whole)" = - ]; then
        echo right
    elif [ "$(said died)" = - ]; then
        echo nobody
    elif [ "$(said guilty_whole)" = no ]; then
        echo partly
    elif [ "$peer" != kernel ] && [ "$(said kernel_oom_kills)" != 0 ]; then
        echo late
    else
        echo right
    fi
}

judge() { # SECONDS
    for service in dbus systemd-journald systemd-logind systemd-udevd; do
        roles="$roles bustling:$cgroups/system.slice/$service.service"
    done
    [ "$peer" = kernel ] || roles="$roles bustling:$cgroups/$peer_group"
    # shellcheck disable=SC2086
    line=$(referee "$1" 10 $lives "$began" $heart $roles)
    verdict=$(verdict)
    say_why "$began"
    echo "compare peer=$peer scene=$scene $line verdict=$verdict"
    [ "$verdict" = right ]
}
