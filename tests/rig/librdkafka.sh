#!/bin/sh
# Builds a librdkafka that is new enough (>= 2.3) where the distribution's is older, from Debian 13's own source
# package, into the cache.  Prints the folder to put in front of PKG_CONFIG_PATH, or nothing when the installed
# library will do.
#
#   librdkafka.sh          the ordinary build
#   librdkafka.sh tsan     one that ThreadSanitizer understands (./configure --disable-c11threads), on any Debian
set -eu
wanted=2.3
flavour=${1:-release}
cache=${XDG_CACHE_HOME:-$HOME/.cache}/sluice
prefix=$cache/librdkafka-$flavour

if [ "$flavour" = release ] && pkg-config --atleast-version=$wanted rdkafka 2>/dev/null; then
    exit 0
fi
if [ -e "$prefix/done" ]; then
    echo "$prefix/lib/pkgconfig"
    exit 0
fi

mkdir -p "$cache"
work=$(mktemp -d "$cache/librdkafka-build.XXXXXX")
trap 'rm -rf "$work"' EXIT

# The machine's own mirror, whichever form its sources are written in.
mirror=$(sed -nE 's#^URIs: *([^ ]+/debian)/?$#\1#p; s#^deb (\[[^]]*\] )?([^ ]+/debian)/? .*#\2#p' \
    /etc/apt/sources.list /etc/apt/sources.list.d/* 2>/dev/null | head -n 1)
keyring=/usr/share/keyrings/debian-archive-keyring.gpg
mkdir -p "$work/lists/partial"
echo "deb-src [signed-by=$keyring] ${mirror:?no Debian mirror in the sources of apt} trixie main" >"$work/sources.list"
apt_private() {
    apt-get -q -o Dir::Etc::sourcelist="$work/sources.list" -o Dir::Etc::sourceparts=/dev/null \
        -o Dir::State::lists="$work/lists" -o APT::Sandbox::User=root "$@" >&2
}
cd "$work"
apt_private update
apt_private source --download-only librdkafka
mkdir source
tar -xf librdkafka_*.orig.tar.* -C source --strip-components=1

if [ "$flavour" = tsan ]; then
    cd source
    ./configure --prefix="$prefix" --disable-c11threads --disable-curl --CFLAGS="-fsanitize=thread -g -O1" \
        --LDFLAGS="-fsanitize=thread" >&2
    make -j"$(nproc)" -C src >&2
    make -C src install >&2
else
    cmake -S source -B build -G Ninja -DCMAKE_BUILD_TYPE=RelWithDebInfo -DCMAKE_INSTALL_PREFIX="$prefix" \
        -DCMAKE_INSTALL_LIBDIR=lib -DRDKAFKA_BUILD_EXAMPLES=OFF -DRDKAFKA_BUILD_TESTS=OFF -DENABLE_LZ4_EXT=ON >&2
    cmake --build build >&2
    cmake --install build >&2
fi
touch "$prefix/done"
echo "$prefix/lib/pkgconfig"
