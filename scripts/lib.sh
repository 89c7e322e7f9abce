# What the scripts share. Source it; the caller has `set -eu`. POSIX sh with local variables.
# shellcheck shell=sh

say() {
    printf '\n==> %s\n' "$*"
}

die() {
    printf '%s: %s\n' "${0##*/}" "$*" >&2
    exit 1
}

need_root() {
    [ "$(id -u)" = 0 ] || die "must be run as root"
}

# install_packages PACKAGE... : by apt, only those that are missing, without questions.
install_packages() {
    missing=
    for package in "$@"; do
        [ "$(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null)" = installed ] ||
            missing="$missing $package"
    done
    [ -n "$missing" ] || return 0
    say "installing:$missing"
    export DEBIAN_FRONTEND=noninteractive
    apt-get update -qq
    # shellcheck disable=SC2086
    apt-get install -qq -y --no-install-recommends $missing >/dev/null
}

BUILD_PACKAGES="cmake ninja-build gcc libc6-dev pkg-config libcgroup-dev libcurl4-openssl-dev libmnl-dev libsqlite3-dev
    libyaml-dev libcmocka-dev libsmartcols-dev libjansson-dev uthash-dev scdoc"

# build PRESET [TARGET...] : configures and builds below build/PRESET.
build() {
    preset=$1
    shift
    say "building: $preset"
    cmake --preset "$preset" >/dev/null
    cmake --build --preset "$preset" -- "$@"
}

# Where the memory controller is: sets MEMORY_ROOT and MEMORY_VERSION (1 or 2).
find_memory_tree() {
    if grep -qw memory /sys/fs/cgroup/cgroup.controllers 2>/dev/null; then
        MEMORY_ROOT=/sys/fs/cgroup MEMORY_VERSION=2
    else
        MEMORY_ROOT=$(awk '$3 == "cgroup" && $4 ~ /(^|,)memory(,|$)/ {print $2; exit}' /proc/mounts)
        MEMORY_VERSION=1
    fi
    [ -n "$MEMORY_ROOT" ] || die "no memory cgroup controller is mounted here"
}

# memory_group NAME : makes a group that its children's memory is accounted in; prints its folder.
memory_group() {
    mkdir -p "$MEMORY_ROOT/$1"
    if [ "$MEMORY_VERSION" = 2 ]; then
        grep -qw memory "$MEMORY_ROOT/cgroup.subtree_control" ||
            echo +memory >"$MEMORY_ROOT/cgroup.subtree_control"
        echo +memory >"$MEMORY_ROOT/$1/cgroup.subtree_control"
    fi
    echo "$MEMORY_ROOT/$1"
}

# limit_group FOLDER BYTES [SWAP-BYTES] : the latter on v2 alone.
limit_group() {
    if [ "$MEMORY_VERSION" = 2 ]; then
        echo "$2" >"$1/memory.max"
        [ -z "${3:-}" ] || echo "$3" >"$1/memory.swap.max"
    else
        echo "$2" >"$1/memory.limit_in_bytes"
    fi
}

# start_in FOLDER COMMAND... : runs a command in a group, in the background; its pid is in STARTED. It has
# entered the group, or ended, when this returns.
start_in() {
    folder=$1
    shift
    sh -c 'echo $$ >"$0/cgroup.procs" && exec "$@"' "$folder" "$@" &
    STARTED=$!
    until grep -qx "$STARTED" "$folder/cgroup.procs" ||
        ! grep -q '^State:.[^ZX]' "/proc/$STARTED/status" 2>/dev/null; do
        sleep 0.05
    done
}

# remove_group NAME : ends what is left in the group and below it, and removes it.
remove_group() {
    [ -d "$MEMORY_ROOT/$1" ] || return 0
    find "$MEMORY_ROOT/$1" -depth -type d | while read -r folder; do
        for _ in 1 2 3 4 5 6 7 8 9 10; do
            while read -r pid; do
                kill -9 "$pid" 2>/dev/null || :
            done <"$folder/cgroup.procs"
            rmdir "$folder" 2>/dev/null && break
            sleep 0.1
        done
    done
}
