#!/bin/sh
# Both README commands on a minimal Debian 13: a chroot made by debootstrap in the cache, with what is committed here.
# As root.  The package registries are asked as this machine asks them.
#
#   debian13.sh [demo|run]     one of the two; without, both
set -eu
here=$(cd "$(dirname "$0")" && pwd)
top=$(dirname "$here")
cache=${XDG_CACHE_HOME:-$HOME/.cache}/sluice
root=$cache/trixie

command -v debootstrap >/dev/null || apt-get -qq install -y debootstrap
mirror=$(sed -nE 's#^URIs: *([^ ]+/debian)/?$#\1#p; s#^deb (\[[^]]*\] )?([^ ]+/debian)/? .*#\2#p' \
    /etc/apt/sources.list /etc/apt/sources.list.d/* 2>/dev/null | head -n 1)
if ! [ -e "$root/made" ]; then
    rm -rf "$root"
    mkdir -p "$root"
    debootstrap --variant=minbase trixie "$root" "${mirror:?no Debian mirror in the sources of apt}"
    touch "$root/made"
fi

# How this machine reaches the registries: certificates and clients' settings, whatever they are.
cp /etc/resolv.conf /etc/hosts "$root/etc/" 2>/dev/null || true
for file in /usr/local/share/ca-certificates/*.crt /etc/apt/apt.conf /etc/pip.conf /root/.m2/settings.xml /root/.config/pip/pip.conf \
    /root/.pip/pip.conf /root/.mavenrc /etc/mavenrc ${PIP_CERT:-} ${SSL_CERT_FILE:-}; do
    [ -f "$file" ] || continue
    mkdir -p "$root$(dirname "$file")"
    cp "$file" "$root$file"
done

mounted=
cleanup() {
    for folder in $mounted; do umount -l "$root/$folder" || true; done
}
trap cleanup EXIT
for folder in proc dev sys; do
    mkdir -p "$root/$folder"
    mount --rbind "/$folder" "$root/$folder"
    mounted="$folder $mounted"
done

inside() {
    env -i HOME=/root PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8 TERM=dumb \
        DEBIAN_FRONTEND=noninteractive \
        $(env | grep -E '^(PIP_|MAVEN_|SSL_CERT|REQUESTS_CA|CURL_CA|(http|https|no)_proxy|(HTTP|HTTPS|NO)_PROXY)' |
            grep -v ' ') chroot "$root" sh -c "$1"
}
inside "apt-get -qq update && apt-get -qq install -y --no-install-recommends ca-certificates && update-ca-certificates" \
    >/dev/null

rm -rf "$root/root/sluice"
mkdir -p "$root/root/sluice"
git -C "$top" archive HEAD | tar -x -C "$root/root/sluice"

case ${1:-both} in
demo) inside "cd /root/sluice && sh tests/demo.sh" ;;
run) inside "cd /root/sluice && sh tests/run.sh" ;;
*) inside "cd /root/sluice && sh tests/demo.sh && sh tests/run.sh" ;;
esac
