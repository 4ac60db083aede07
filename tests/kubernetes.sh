#!/bin/sh
# The whole leaf system, with Sluice's image in it, on a real Kubernetes of two nodes on this machine (rig/kubernetes/): brings it
# up, applies manifests/overlays/local, later manifests/overlays/cloud in its place, and checks by name what the manifests promise.
# As root.  From nothing it builds Kubernetes and the images first (half an hour in all on 2 cores); with a cache, 15 minutes.  The
# last line adds up: N passed, N failed.
#
#   kubernetes.sh                  everything
#   kubernetes.sh short            those of the checks that tell most in little time
#   kubernetes.sh up | down        the cluster alone, with the system in it
#   kubernetes.sh check [PYTEST_ARGUMENTS...]    the checks, on one that is up
set -eu
here=$(cd "$(dirname "$0")" && pwd)
rig=$here/rig/kubernetes
cache=${XDG_CACHE_HOME:-$HOME/.cache}/sluice

up() {
    sh "$here/rig/setup.sh" tests
    packages="busybox-static conntrack containerd containernetworking-plugins etcd-server ethtool ipset iptables kmod nftables socat"
    # shellcheck disable=SC2086 # words
    dpkg-query -W $packages >/dev/null 2>&1 ||
        DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends $packages openssl >&2
    sh "$rig/build.sh" tools
    sh "$rig/build.sh" cluster
    sh "$here/rig/images.sh" kubernetes >&2
    bash "$rig/cluster.sh" up
    bash "$rig/cluster.sh" kubectl apply -k "$rig/overlay/local" >&2
}

check() {
    report=$(mktemp)
    "$cache/venv/bin/python" -m pytest -v -s --durations 0 --durations-min 1 --tb=short --timeout 600 -p no:cacheprovider \
        "$here/kubernetes" "$@" 2>&1 |
        tee "$report" | sed -u "s|[^ ]*test_[a-z]*\.py::test_||"
    summary=$(grep -E '^=+ .*(passed|failed|error).* in ' "$report" | tail -n 1)
    rm -f "$report"
    good=$(echo "$summary" | grep -oE '[0-9]+ passed' | cut -d' ' -f1)
    bad=$(echo "$summary" | grep -oE '[0-9]+ (failed|error)' | awk '{n += $1} END {print n + 0}')
    [ -n "$summary" ] || bad=1
    echo "${good:-0} passed, ${bad:-0} failed"
    [ "${bad:-0}" = 0 ] && [ "${good:-0}" -gt 0 ]
}

# everything CHECK_ARGUMENTS...
everything() {
    trap 'bash "$rig/cluster.sh" down' EXIT
    up
    check "$@"
}

case ${1:-} in
up) up ;;
down) bash "$rig/cluster.sh" down ;;
check)
    shift
    check "$@"
    ;;
short) everything -m "short and local" ;;
'') everything ;;
*)
    sed -n '7,10s/^# *//p' "$0" >&2
    exit 2
    ;;
esac
