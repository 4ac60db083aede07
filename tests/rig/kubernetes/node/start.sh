#!/bin/sh
# PID 1 of a node's namespaces (cluster.sh makes them); everything of the node is its child, so that its end is the node's.
#
#   start.sh N
set -eu
here=$(cd "$(dirname "$0")/.." && pwd)
. "$here/settings.sh"
n=$1
node=$RUN/node$n
export PATH="$KUBE/bin:/usr/sbin:/usr/bin:/sbin:/bin"
cd "$node"

run() { # run NAME COMMAND...: again when it ends
    name=$1
    shift
    (
        while :; do
            "$@" >>"$node/log/$name.log" 2>&1 || true
            echo "== $name has ended" >>"$node/log/$name.log"
            sleep 1
        done
    ) &
}

answers() { [ "$(curl -s -m 2 --cacert "$PKI/ca.crt" "https://$SERVER:6443/readyz")" = ok ]; }

# The kubelet wants these values, and would write them for the whole machine: it is shown them instead.
mkdir -p sysctl
for pair in vm/overcommit_memory=1 kernel/panic=10 kernel/panic_on_oops=1; do
    file=sysctl/$(basename "${pair%=*}")
    echo "${pair#*=}" >"$file"
    mount --bind "$file" "/proc/sys/${pair%=*}"
done
# Folders that containerd, its shims, CNI and the kubelet have compiled in: private to the node.
for folder in /run/netns /run/containerd /var/lib/cni /var/lib/kubelet /var/log/containers; do
    mkdir -p "$folder"
    mount -t tmpfs tmpfs "$folder"
done

ip link set lo up
until ip link show eth0 >/dev/null 2>&1; do sleep 0.05; done
ip addr add "$(address "$n")/24" dev eth0
ip link set eth0 up
ip route add "$SERVICES" dev eth0 # a node reaches Services by it; there is no default route, no way off the machine
echo 1 >/proc/sys/net/ipv4/ip_forward

run containerd containerd -c containerd.toml
if [ "$n" = 1 ]; then
    cd "$PKI"
    run etcd etcd --data-dir "$RUN/etcd" --unsafe-no-fsync \
        --listen-client-urls http://127.0.0.1:2379 --advertise-client-urls http://127.0.0.1:2379 \
        --listen-peer-urls http://127.0.0.1:2380 --initial-advertise-peer-urls http://127.0.0.1:2380 \
        --initial-cluster default=http://127.0.0.1:2380
    run apiserver kube-apiserver --etcd-servers=http://127.0.0.1:2379 \
        --advertise-address="$SERVER" --bind-address=0.0.0.0 --secure-port=6443 --service-cluster-ip-range="$SERVICES" \
        --allow-privileged=true --authorization-mode=Node,RBAC --enable-admission-plugins=NodeRestriction \
        --tls-cert-file=apiserver.crt --tls-private-key-file=apiserver.key --client-ca-file=ca.crt \
        --kubelet-client-certificate=kubelet-client.crt --kubelet-client-key=kubelet-client.key \
        --kubelet-certificate-authority=ca.crt --kubelet-preferred-address-types=InternalIP \
        --service-account-issuer=https://kubernetes.default.svc.cluster.local \
        --service-account-key-file=sa.pub --service-account-signing-key-file=sa.key \
        --requestheader-client-ca-file=ca.crt --requestheader-allowed-names=front-proxy-client \
        --requestheader-username-headers=X-Remote-User --requestheader-group-headers=X-Remote-Group \
        --requestheader-extra-headers-prefix=X-Remote-Extra- --proxy-client-cert-file=front-proxy.crt \
        --proxy-client-key-file=front-proxy.key --enable-aggregator-routing=true
    until answers; do sleep 0.2; done
    # An HPA that decides within a test: what is a minute or five by default.
    run controller-manager kube-controller-manager --kubeconfig=controller-manager.kubeconfig \
        --authentication-kubeconfig=controller-manager.kubeconfig \
        --authorization-kubeconfig=controller-manager.kubeconfig --bind-address=127.0.0.1 \
        --use-service-account-credentials=true --service-account-private-key-file=sa.key --root-ca-file=ca.crt \
        --cluster-signing-cert-file=ca.crt --cluster-signing-key-file=ca.key --leader-elect=false \
        --allocate-node-cidrs=true --cluster-cidr="$PODS" --service-cluster-ip-range="$SERVICES" \
        --horizontal-pod-autoscaler-sync-period=5s --horizontal-pod-autoscaler-initial-readiness-delay=5s \
        --horizontal-pod-autoscaler-cpu-initialization-period=10s
    run scheduler kube-scheduler --kubeconfig=scheduler.kubeconfig --authentication-kubeconfig=scheduler.kubeconfig \
        --authorization-kubeconfig=scheduler.kubeconfig --bind-address=127.0.0.1 --leader-elect=false
    cd "$node"
fi
until answers; do sleep 0.2; done
run kubelet kubelet --config=kubelet.yaml --kubeconfig="$PKI/node$n.kubeconfig" --hostname-override="node$n" \
    --node-ip="$(address "$n")" --root-dir="$node/kubelet" --cert-dir="$node/kubelet/pki"
run proxy kube-proxy --config=proxy.yaml
until [ -s cni/10-pod.conflist ]; do sleep 0.2; done # kube-router needs to know the node's pods
run kube-router kube-router --run-firewall=true --run-router=false --run-service-proxy=false --run-loadbalancer=false \
    --kubeconfig="$PKI/admin.kubeconfig" --hostname-override="node$n" --service-cluster-ip-range="$SERVICES" \
    --health-port=0 --metrics-port=0
wait
