#!/bin/sh
# Container images without a daemon and without an image registry: buildah, on a Debian 13 from debootstrap, in a store of the
# cache. What has not changed is not built again. As root.
#
#   images.sh sluice              builds localhost/sluice:test from the Dockerfile
#   images.sh kubernetes          and all that the rig's Kubernetes runs, as archives (kubernetes/build.sh cluster comes before)
#   images.sh buildah ARGUMENTS   buildah with that store
set -eu
here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../.." && pwd)
cache=${XDG_CACHE_HOME:-$HOME/.cache}/sluice
export BUILDAH_ISOLATION=chroot STORAGE_DRIVER="${STORAGE_DRIVER:-overlay}"

. "$here/kubernetes/settings.sh"

debian=localhost/debian:trixie-$(sha256sum "$here/trixie.sh" | cut -c1-12)

image() { buildah --root "$cache/images/$STORAGE_DRIVER" --runroot "/run/sluice-images" "$@"; }

base() {
    image inspect --type image "$debian" >/dev/null 2>&1 && return
    rm -rf "$cache/images/trixie"
    sh "$here/trixie.sh" "$cache/images/trixie"
    rm -rf "$cache"/images/trixie/var/cache/apt/archives/*.deb "$cache"/images/trixie/var/lib/apt/lists/*
    container=$(image from scratch)
    image add -q "$container" "$cache/images/trixie" / >/dev/null
    image commit -q "$container" "$debian" >/dev/null
    image rm "$container" >/dev/null
}

sluice() { image build -q --layers --build-arg BASE="$debian" -t localhost/sluice:test "$top"; }

# The leaf system's services by their own Dockerfile, on a Python of Debian's; behind them Kafka and mongod.
leaf_system() {
    pip=
    for file in /etc/pip.conf "$HOME/.config/pip/pip.conf"; do
        [ ! -f "$file" ] || pip="-v $file:/etc/pip.conf:ro"
    done
    # shellcheck disable=SC2086 # none or two words
    set -- -q --layers -v /etc/ssl/certs:/etc/ssl/certs:ro -v /usr/local/share:/usr/local/share:ro $pip
    image build -q --layers --build-arg BASE="$debian" -t localhost/python:3.13-slim "$here/kubernetes/python"
    image build "$@" --from localhost/python:3.13-slim -t localhost/lims:test "$top/tests/lims"
    image build -q --layers --build-context "kafka=$cache/kafka-4.1.1/lib" --build-context "mongodb=$cache/mongodb-6.0.5/bin" \
        --build-arg BASE=localhost/lims:test -t localhost/leaf-system:test "$here/kubernetes/system"
}

# files NAME FOLDER < DOCKERFILE: an image of a folder's files
files() { image build -q --layers -f - -t "localhost/$1:test" "$2"; }

program() { printf 'FROM scratch\nCOPY %s /\nENTRYPOINT ["/%s"]\n' "$1" "$1" | files "$1" "$KUBE/bin"; }

# The SDK's template of a sink: with what an init container copies it with, and in an image derived from Sluice's own.
plugin() {
    mkdir -p "$KUBE/plugin"
    cc -fPIC -shared -I"$top/sdk/include" "$top/sdk/template/sink.c" -o "$KUBE/plugin/my-sink.so"
    cp /bin/busybox "$KUBE/plugin/"
    printf 'FROM scratch\nCOPY busybox /bin/cp\nCOPY my-sink.so /own/\n' | files sluice-plugin "$KUBE/plugin"
    printf 'FROM localhost/sluice:test\nCOPY my-sink.so /usr/lib/sluice/plugins/\n' | files sluice-derived "$KUBE/plugin"
}

archive() { # archive NAME: into the folder whose images a node loads, unless it is that one
    id=$(image inspect --type image --format '{{.FromImageID}}' "localhost/$1:test")
    [ "$(cat "$KUBE/images/$1.id" 2>/dev/null)" = "$id" ] && return
    rm -f "$KUBE/images/$1.tar"
    image push -q "localhost/$1:test" "docker-archive:$KUBE/images/$1.tar:localhost/$1:test"
    echo "$id" >"$KUBE/images/$1.id"
}

case ${1:-} in
sluice)
    base
    sluice
    ;;
kubernetes)
    base
    sluice
    leaf_system
    cc -Os -static -s -o "$KUBE/bin/pause" "$here/kubernetes/pause.c"
    for name in pause coredns metrics-server; do
        program "$name"
    done
    plugin
    for name in pause coredns metrics-server sluice sluice-plugin sluice-derived leaf-system; do archive "$name"; done
    ;;
buildah)
    shift
    image "$@"
    ;;
*)
    sed -n '4,7s/^# *//p' "$0" >&2
    exit 2
    ;;
esac
