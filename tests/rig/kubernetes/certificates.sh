#!/bin/sh
# The cluster's certificate authority, each component's certificate, and the kubeconfigs that name them, in a new folder.
#
#   certificates.sh
set -eu
. "$(dirname "$0")/settings.sh"
mkdir -p "$PKI"
cd "$PKI"

certificate() { # certificate NAME SUBJECT [ALTERNATIVE_NAMES]
    printf 'keyUsage=digitalSignature\nextendedKeyUsage=serverAuth,clientAuth\n' >"$1.ext"
    [ -z "${3:-}" ] || echo "subjectAltName=$3" >>"$1.ext"
    openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "$2" -keyout "$1.key" -out "$1.csr"
    openssl x509 -req -in "$1.csr" -CA ca.crt -CAkey ca.key -set_serial "0x$(openssl rand -hex 8)" -days 3650 \
        -out "$1.crt" -extfile "$1.ext"
}

kubeconfig() { # kubeconfig NAME
    cat >"$1.kubeconfig" <<END
apiVersion: v1
kind: Config
clusters: [{name: cluster, cluster: {server: "https://$SERVER:6443", certificate-authority: $PKI/ca.crt}}]
users: [{name: user, user: {client-certificate: $PKI/$1.crt, client-key: $PKI/$1.key}}]
contexts: [{name: context, context: {cluster: cluster, user: user}}]
current-context: context
END
}

{
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 3650 -subj /CN=kube-ca -keyout ca.key \
        -out ca.crt -addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign,cRLSign
    openssl genrsa -out sa.key 2048
    openssl rsa -in sa.key -pubout -out sa.pub

    names=DNS:localhost,IP:127.0.0.1,IP:$SERVER,IP:10.96.0.1
    for name in kubernetes kubernetes.default kubernetes.default.svc kubernetes.default.svc.cluster.local; do
        names=$names,DNS:$name
    done
    certificate apiserver /CN=kube-apiserver "$names"
    certificate kubelet-client /O=system:masters/CN=kube-apiserver-kubelet-client
    certificate front-proxy /CN=front-proxy-client
    certificate admin /O=system:masters/CN=admin
    certificate controller-manager /CN=system:kube-controller-manager
    certificate scheduler /CN=system:kube-scheduler
    certificate proxy /CN=system:kube-proxy
    for n in $(numbers); do
        certificate "node$n" "/O=system:nodes/CN=system:node:node$n" "DNS:node$n,IP:$(address "$n")"
        kubeconfig "node$n"
    done
    for name in admin controller-manager scheduler proxy; do
        kubeconfig "$name"
    done
} 2>"$RUN/openssl.log"
