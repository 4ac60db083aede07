#!/bin/sh
# A minimal Debian 13 in a folder, by debootstrap, from the mirror of this machine's apt. As root; does nothing where it is.
#
#   trixie.sh FOLDER
set -eu
root=$1
[ ! -e "$root/made" ] || exit 0
command -v debootstrap >/dev/null || apt-get -qq install -y debootstrap >&2
mirror=$(sed -nE 's#^URIs: *([^ ]+/debian)/?$#\1#p; s#^deb (\[[^]]*\] )?([^ ]+/debian)/? .*#\2#p' \
    /etc/apt/sources.list /etc/apt/sources.list.d/* 2>/dev/null | head -n 1)
rm -rf "$root"
mkdir -p "$root"
debootstrap --variant=minbase trixie "$root" "${mirror:?no Debian mirror in the sources of apt}" >&2
touch "$root/made"
