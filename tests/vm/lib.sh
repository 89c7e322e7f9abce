# What the tests in virtual machines share, beside what they share with the live tests. Source it with
# the folder of the programs in $1. POSIX sh. The machine is the test's own: groups of any name, swap,
# panics are its to use.
# shellcheck shell=sh
if [ ! -d /run/mom-vm ]; then
    echo "$0: for a virtual machine only; run it by: scripts/vm tests/vm/${0##*/}" >&2
    exit 1
fi
. tests/live/lib.sh
pause=1 # asking is dear where processors are emulated
more_ticks=5
little_swap=$((8 << 20)) # for a leaker with a limit, which else is as far as the machine's swap reaches

# map_state : before mount_state: puts that disk behind a mapping, which can be made to hang or be exchanged.
state_device=/dev/mom-state
map_state() {
    export DM_DISABLE_UDEV=1
    mapping=mom-disk
    state_device=/dev/mapper/$mapping
    working="0 $(blockdev --getsz /dev/mom-state) linear /dev/mom-state 0" # dmsetup's table
    modprobe dm-mod
    dmsetup create $mapping --table "$working"
}
hang_state() { dmsetup suspend --nolockfs --noflush $mapping; }
resume_state() { dmsetup resume $mapping; }

# mount_state [OPTION...] : mounts the disk that lives through reboots ("# vm: state=MIB"), at $state_disk.
mount_state() {
    state_disk=/mnt
    mount -t ext4 "$@" $state_device $state_disk
}

# boot_number : which boot of this machine it is, from 1. Ask once; wants mount_state. A boot that was not
# meant to end is the end of the test (an emulated kernel may stumble: scripts/vm then begins anew).
boot_number() {
    number=$(($(cat "$state_disk/boots" 2>/dev/null || echo 0) + 1))
    if [ "$number" -gt 1 ] && [ "$(cat "$state_disk/meant" 2>/dev/null)" != $((number - 1)) ]; then
        echo "boot $((number - 1)) ended, and was not meant to" >&2
        return 1
    fi
    echo $number >"$state_disk/boots"
    sync
    echo $number
}

# about_to_end : this boot is meant to end from now on, if all has gone well so far; else the test ends.
about_to_end() {
    if [ "$failed" != 0 ]; then
        conclude || :
        exit 1
    fi
    echo "$number" >"$state_disk/meant"
    sync "$state_disk/meant"
}
