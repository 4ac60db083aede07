#!/bin/bash
# A real Kubernetes of two nodes on one machine, without a virtual machine or a container engine: each node is a set of
# namespaces (processes, mounts, network) with containerd and a kubelet in it, plugged into a bridge.  As root.  On the machine
# itself only the bridge kube0, three routes and cgroups called kube appear; `down` takes them away.
#
#   cluster.sh up | down
#   cluster.sh load IMAGE.tar     into every node
#   cluster.sh kubectl ...        as its admin
#   cluster.sh in N COMMAND...    within node N's namespaces
# Neighbours: build.sh (its binaries), certificates.sh, node/ (what a node is), addons/ (DNS, metrics).
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
. "$here/settings.sh"

inside() { # inside N COMMAND...
    local n=$1
    shift
    nsenter -t "$(cat "$RUN/node$n/pid")" -m -n -p -- "$@"
}

fill() { # fill N SUBNET < TEMPLATE
    sed -e "s|@NODE@|$RUN/node$1|g; s|@N@|$1|g; s|@PKI@|$PKI|g; s|@DNS@|$DNS|g; s|@PODS@|$PODS|g; s|@SUBNET@|$2|g"
}

cgroups() { # cgroups N: on cgroup v1 a folder a controller; a fresh cpuset has neither processors nor memory
    local controller folder
    for controller in /sys/fs/cgroup/*/; do
        [ -e "$controller/tasks" ] || continue
        for folder in "$controller/kube" "$controller/kube/node$1"; do
            mkdir -p "$folder"
            [ ! -e "$folder/cpuset.cpus" ] || for file in cpuset.cpus cpuset.mems; do cat "$controller/$file" >"$folder/$file"; done
        done
    done
}

start_node() { # start_node N
    local node=$RUN/node$1 outer inner=
    mkdir -p "$node"/{cni,log,run,kubelet}
    for file in containerd.toml kubelet.yaml proxy.yaml; do
        fill "$1" "" <"$here/node/$file" >"$node/$file"
    done
    echo "nameserver $DNS" >"$node/resolv.conf"
    cgroups "$1"
    setsid unshare --mount --net --pid --fork --kill-child=KILL --mount-proc sh "$here/node/start.sh" "$1" \
        </dev/null >"$node/log/start.log" 2>&1 &
    outer=$!
    until [ -n "$inner" ]; do
        sleep 0.05
        inner=$(pgrep -P "$outer" || true)
    done
    echo "$outer" >"$node/outer"
    echo "$inner" >"$node/pid"
    ip link add "kube$1" type veth peer name "kube$1p"
    ip link set "kube$1p" netns "$inner" name eth0
    ip link set "kube$1" master kube0 up
}

# Pods of a node are reached through it; ptp routes all of their traffic, so that NetworkPolicy sees it.
connect_pods() { # connect_pods N
    local subnet= other
    until subnet=$(kubectl get node "node$1" -o 'jsonpath={.spec.podCIDR}' 2>/dev/null) && [ -n "$subnet" ]; do sleep 0.2; done
    # Renamed within its folder: containerd does not look at what is created there.
    fill "$1" "$subnet" <"$here/node/cni.json" >"$RUN/node$1/cni/.part"
    mv "$RUN/node$1/cni/.part" "$RUN/node$1/cni/10-pod.conflist"
    ip route add "$subnet" via "$(address "$1")"
    for other in $(numbers); do
        [ "$other" = "$1" ] || inside "$other" ip route add "$subnet" via "$(address "$1")"
    done
}

load() { # load IMAGE.tar [N...]: into these nodes, or all
    local n socket image=$1
    shift
    for n in ${*:-$(numbers)}; do
        socket=$RUN/node$n/run/containerd.sock
        until inside "$n" ctr -a "$socket" version >/dev/null 2>&1; do sleep 0.2; done
        inside "$n" ctr -a "$socket" -n k8s.io images import "$image" >/dev/null
    done
}

up() {
    down
    mkdir -p "$RUN"
    sh "$here/certificates.sh"
    ip link add kube0 type bridge
    ip addr add "$NETWORK.1/24" dev kube0
    ip link set kube0 up
    ip route add "$SERVICES" via "$SERVER"
    local n image
    for n in $(numbers); do start_node "$n"; done
    for image in "$KUBE"/images/*.tar; do
        case $image in
        */leaf-system.tar) load "$image" 1 ;; # it is large, and all of its pods are there (overlay/)
        *) load "$image" ;;
        esac
    done
    until kubectl get --raw /readyz >/dev/null 2>&1; do sleep 0.2; done
    for n in $(numbers); do connect_pods "$n"; done
    kubectl wait --for=condition=Ready node --all --timeout=180s >&2
    kubectl apply -f "$here/addons" >&2
    kubectl -n kube-system rollout status deploy/coredns deploy/metrics-server --timeout=180s >&2
}

down() {
    local node folder
    for node in "$RUN"/node*/; do
        [ ! -f "$node/pid" ] || kill -9 "$(cat "$node/pid")" "$(cat "$node/outer")" 2>/dev/null || true
    done
    for _ in $(seq 100); do # a cgroup can be removed when its last process is gone
        find /sys/fs/cgroup/*/kube -depth -type d -exec rmdir {} + 2>/dev/null || true
        ls -d /sys/fs/cgroup/*/kube >/dev/null 2>&1 || break
        sleep 0.1
    done
    for folder in /sys/class/net/kube[0-9]*; do
        [ ! -e "$folder" ] || ip link del "${folder##*/}" 2>/dev/null || true
    done
    rm -rf "$RUN"
}

case ${1:-} in
up | down) "$1" ;;
load) load "$2" ;;
kubectl)
    shift
    kubectl "$@"
    ;;
in)
    shift
    inside "$@"
    ;;
*)
    sed -n '6,9s/^# *//p' "$0" >&2
    exit 2
    ;;
esac
