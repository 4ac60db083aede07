#!/bin/sh
# Container images without a daemon and without an image registry: buildah, on a Debian 13 from debootstrap, in a store of the
# cache. What has not changed is not built again. As root.
#
#   images.sh sluice              builds localhost/sluice:test from the Dockerfile
#   images.sh buildah ARGUMENTS   buildah with that store
set -eu
here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../.." && pwd)
cache=${XDG_CACHE_HOME:-$HOME/.cache}/sluice
export BUILDAH_ISOLATION=chroot STORAGE_DRIVER="${STORAGE_DRIVER:-overlay}"

image() { buildah --root "$cache/images/$STORAGE_DRIVER" --runroot "/run/sluice-images" "$@"; }

base() {
    image inspect --type image localhost/debian:trixie >/dev/null 2>&1 && return
    sh "$here/trixie.sh" "$cache/images/trixie"
    rm -rf "$cache"/images/trixie/var/cache/apt/archives/*.deb "$cache"/images/trixie/var/lib/apt/lists/*
    container=$(image from scratch)
    image add -q "$container" "$cache/images/trixie" / >/dev/null
    image commit -q "$container" localhost/debian:trixie >/dev/null
    image rm "$container" >/dev/null
}

case ${1:-} in
sluice)
    base
    image build -q --layers --build-arg BASE=localhost/debian:trixie -t localhost/sluice:test "$top"
    ;;
buildah)
    shift
    image "$@"
    ;;
*)
    sed -n '3,6s/^# *//p' "$0" >&2
    exit 2
    ;;
esac
