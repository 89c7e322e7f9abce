# What a virtual machine is made of, kept in a folder outside the tree: kernels with their initramfs
# and modules, and one root for all of them. Source it after scripts/lib.sh. POSIX sh.
# shellcheck shell=sh

CACHE=${MOM_VM_CACHE:-${XDG_CACHE_HOME:-${HOME:-/var}/.cache}/mom-vm}
MACHINE=tests/vm/machine
BOOT_MODULES="virtio_pci virtio_blk ext4 crc32c_generic crc32c_intel"

VM_PACKAGES="qemu-system-x86 busybox-static mmdebstrap cpio e2fsprogs kmod xz-utils gcc libc6-dev
    util-linux"

# kernel_package SERIES : the package that holds Debian's newest cloud kernel of it; none: nothing.
kernel_package() {
    for meta in "linux-image-$1-cloud-amd64" linux-image-cloud-amd64; do
        apt-cache depends "$meta" 2>/dev/null |
            sed -n "s/^ *Depends: \\(linux-image-${1%.*}\\.${1#*.}[.+-].*\\)/\\1/p"
    done | head -n 1
}

# known_kernel_package SERIES : the same, asked again only after apt's lists have changed: apt-cache takes
# seconds, and each machine asks.
known_kernel_package() {
    note=$CACHE/kernel-package-$1
    if [ ! -s "$note" ] || [ ! "$note" -nt /var/lib/apt/lists ]; then
        kernel_package "$1" >"$note"
    fi
    cat "$note"
}

# recipe_of FILE... : changes when one of the recipes does.
recipe_of() {
    cat "$@" | sha256sum | cut -c1-12
}

# make_kernel PACKAGE FOLDER
make_kernel() (
    say "making the machines' kernel: $1"
    work=$(mktemp -d)
    trap 'rm -rf "$work"' EXIT
    (cd "$work" && chown _apt . && apt-get download -qq "$1")
    dpkg -x "$work"/*.deb "$work/kernel"
    version=$(ls "$work/kernel/lib/modules")
    depmod -b "$work/kernel" "$version"
    mkdir -p "$work/ram/bin" "$work/ram/modules" "$2.new"
    cp /bin/busybox "$work/ram/bin/"
    gcc -O2 -static -o "$work/ram/bin/leave" $MACHINE/leave.c
    cp $MACHINE/init "$work/ram/init"
    for module in $BOOT_MODULES; do
        modprobe -d "$work/kernel" -S "$version" --show-depends "$module" 2>/dev/null || :
    done | sed -n 's/^insmod \([^ ]*\).*/\1/p' | awk '!seen[$0]++' | while read -r file; do
        name=$(basename "$file" .xz)
        case $file in
        *.xz) xz -dc "$file" >"$work/ram/modules/$name" ;;
        *) cp "$file" "$work/ram/modules/$name" ;;
        esac
        echo "$name" >>"$work/ram/modules/order"
    done
    (cd "$work/ram" && find . | cpio -o -H newc --quiet | gzip -1) >"$2.new/initramfs"
    cp "$work/kernel/boot/vmlinuz-$version" "$2.new/vmlinuz"
    disk_of "$work/kernel/lib/modules" "$2.new/modules.ext4"
    mv "$2.new" "$2"
)

# disk_of FOLDER IMAGE [MIB-TO-SPARE] : a disk that holds the folder's content.
disk_of() {
    size=$(($(du -sm "$1" | cut -f1) * 5 / 4 + 16 + ${3:-0}))
    rm -f "$2"
    truncate -s "${size}M" "$2"
    mke2fs -q -t ext4 -O ^has_journal -d "$1" "$2"
}

# make_root IMAGE PACKAGE-LIST... : of the machine's own Debian release, from the machine's own apt sources.
make_root() (
    say "making the machines' root"
    image=$1
    shift
    packages=$(cat "$@" | sed '/^#/d' | tr -s ' \n' ',' | sed 's/,$//')
    work=$(mktemp -d)
    trap 'rm -rf "$work"' EXIT
    release=$(. /etc/os-release && echo "$VERSION_CODENAME")
    set -- "$release" "$work/tree"
    for source in /etc/apt/sources.list /etc/apt/sources.list.d/*.list \
        /etc/apt/sources.list.d/*.sources; do
        [ ! -s "$source" ] || set -- "$@" "$source"
    done
    mmdebstrap --quiet --variant=minbase --mode=root \
        --aptopt='Acquire::Languages "none"' --dpkgopt='path-exclude=/usr/share/man/*' \
        --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/locale/*' \
        --include="$packages" \
        --customize-hook="$MACHINE/furnish \"\$1\"" "$@"
    tr -d - </proc/sys/kernel/random/uuid >"$work/tree/etc/machine-id"
    disk_of "$work/tree" "$image.new" 1024
    mv "$image.new" "$image"
)

# prepare_images SERIES [ROOT-NAME] : sets KERNEL (a folder) and ROOT (a disk), made first where there are
# none. A named root has the packages of its own list too. What no checkout has used for a week is thrown away.
prepare_images() {
    # shellcheck disable=SC2086
    install_packages $VM_PACKAGES
    mkdir -p "$CACHE"
    exec 9>"$CACHE/lock"
    flock 9
    package=$(known_kernel_package "$1")
    if [ -z "$package" ]; then
        apt-get update -qq || :
        package=$(known_kernel_package "$1")
    fi
    [ -n "$package" ] || die "apt knows no cloud kernel $1"
    KERNEL=$CACHE/kernel-$1-${package#linux-image-}-$(recipe_of $MACHINE/init $MACHINE/leave.c \
        $MACHINE/images.sh)
    if [ ! -d "$KERNEL" ]; then
        make_kernel "$package" "$KERNEL"
    fi
    packages="$MACHINE/packages${2:+ $MACHINE/packages-$2}"
    # shellcheck disable=SC2086
    ROOT=$CACHE/root-$(recipe_of $packages $MACHINE/furnish /etc/os-release).ext4
    if [ ! -f "$ROOT" ]; then
        # shellcheck disable=SC2086
        make_root "$ROOT" $packages
    fi
    touch "$KERNEL" "$ROOT"
    find "$CACHE" -mindepth 1 -maxdepth 1 \( -name 'kernel-*' -o -name 'root-*' \) -mtime +7 -exec rm -rf {} +
    exec 9>&-
}
