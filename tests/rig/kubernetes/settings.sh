# Sourced by cluster.sh, build.sh and node/start.sh: where everything of the rig's Kubernetes is, and its addresses.
KUBERNETES=1.34.4 # the last minor version whose kubelet takes cgroup v1 as well
NODES=2           # node 1 carries the control plane, too

cache=${XDG_CACHE_HOME:-$HOME/.cache}/sluice
KUBE=$cache/kubernetes-$KUBERNETES # kept: bin/, images/
RUN=$KUBE/run                      # a cluster's, gone with it
PKI=$RUN/pki

NETWORK=10.201.0 # the host is .1, node N is .(N+1)
SERVER=$NETWORK.2
SERVICES=10.96.0.0/16
PODS=10.244.0.0/16
DNS=10.96.0.10

say() { echo "kubernetes: $*" >&2; }
address() { echo "$NETWORK.$(($1 + 1))"; }
numbers() { seq "$NODES"; }
kubectl() { "$KUBE/bin/kubectl" --kubeconfig "$PKI/admin.kubeconfig" "$@"; }
