#!/bin/sh
# Proves the README's commands on a bare Debian 12: makes one below FOLDER, puts the checkout into it
# and runs `make sample` and `make test` there. Needs root, debootstrap and some 15 GB.
#   docker/fresh.sh FOLDER [TARGET...]
set -eu

base=$(realpath -m "${1:?usage: docker/fresh.sh FOLDER [TARGET...]}")
shift
checkout=$(cd "$(dirname "$0")/.." && pwd)
root=$base/root

if [ "$(id -u)" != 0 ]; then
    echo "fresh: only root can make a new root" >&2
    exit 1
fi
command -v debootstrap >/dev/null || {
    echo "fresh: install debootstrap" >&2
    exit 1
}

leave() {
    for place in "$root/srv/shared" "$root/dev/shm" "$root/proc"; do
        mountpoint -q "$place" && umount "$place"
    done
    return 0
}
trap leave EXIT

mkdir -p "$base"
[ -e "$root/etc/debian_version" ] ||
    debootstrap --variant=minbase --include=ca-certificates,make bookworm "$root" ${MIRROR:+"$MIRROR"} >"$base/debootstrap.log"
# What leads this machine to the registries leads the new one too.
cp /etc/resolv.conf "$root/etc/resolv.conf"
printf '127.0.0.1 localhost %s\n' "$(hostname)" >"$root/etc/hosts"
[ ! -e /etc/pip.conf ] || cp /etc/pip.conf "$root/etc/pip.conf"
for authority in /usr/local/share/ca-certificates/*.crt; do
    [ ! -e "$authority" ] || cp "$authority" "$root/usr/local/share/ca-certificates/"
done
chroot "$root" update-ca-certificates >/dev/null 2>&1

mkdir -p "$root/srv/shardwright"
# What was set up and built there before stays; files that have since been moved do not.
find "$root/srv/shardwright" -mindepth 1 -maxdepth 1 ! -name .venv ! -name build -exec rm -rf {} +
(cd "$checkout" && git ls-files -z | tar --null --files-from=- --create) |
    tar --extract --no-same-owner --directory "$root/srv/shardwright"
mount -t proc proc "$root/proc"
mount -t tmpfs tmpfs "$root/dev/shm"
if [ -d "$checkout/../shared" ]; then
    mkdir -p "$root/srv/shared"
    mount --bind -o ro "$checkout/../shared" "$root/srv/shared"
fi

# Runs a command with that root in a namespace of its own: below a mere chroot the kernel refuses
# the namespaces in which bubblewrap confines TeX.
inside() {
    unshare --mount sh -euc '
        mount --rbind "$0" "$0"
        cd "$0"
        mkdir -p .old
        pivot_root . .old
        cd /
        umount -l /.old
        exec "$@"' "$root" "$@"
}

[ $# -gt 0 ] || set -- sample test
for target in "$@"; do
    echo "fresh: make $target"
    inside env -i HOME=/root LANG=C.UTF-8 PATH=/usr/sbin:/usr/bin:/sbin:/bin \
        PIP_FIND_LINKS="${PIP_FIND_LINKS:-}" PIP_DEFAULT_TIMEOUT="${PIP_DEFAULT_TIMEOUT:-60}" \
        make -C /srv/shardwright "$target"
done
