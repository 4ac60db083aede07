#!/bin/sh
# What is made of other files in manifests/: local.yaml and cloud.yaml, the Consumer alone, of the overlays; the alerts as the
# Prometheus Operator wants them, of prometheus/rules.yaml.
#
#   manifests.sh           writes them anew
#   manifests.sh --check   fails when one is stale
set -eu
here=$(cd "$(dirname "$0")" && pwd)
sh "$here/rig/setup.sh" tests
sh "$here/rig/kubernetes/build.sh" tools
. "$here/rig/kubernetes/settings.sh"
cd "$here/../manifests"
mode=${1:-}
stale=0

made() { # made FILE: of standard input
    new=$(cat)
    [ "$new" != "$(cat "$1" 2>/dev/null)" ] || return 0
    if [ "$mode" = --check ]; then
        echo "manifests/$1: stale, run tests/manifests.sh"
        stale=1
    else
        printf '%s\n' "$new" >"$1"
        echo "manifests/$1: written"
    fi
}

consumer() { # consumer ENVIRONMENT
    echo "# The Consumer, env: $1. Made by tests/manifests.sh of overlays/$1/consumer: change that."
    "$KUBE/bin/kustomize" build "overlays/$1/consumer"
}

alerts() {
    echo "# Made by tests/manifests.sh of rules.yaml: change that."
    echo "apiVersion: monitoring.coreos.com/v1"
    echo "kind: PrometheusRule"
    echo "metadata:"
    echo "  name: sluice"
    echo "  labels: {release: prometheus} # what the leaf system's Prometheus selects"
    echo "spec:"
    sed -n '/^groups:/,$p' prometheus/rules.yaml | sed 's/./  &/'
}

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
for env in local cloud; do
    consumer "$env" >"$work/$env.yaml"
    made "$env.yaml" <"$work/$env.yaml"
done
alerts >"$work/prometheusrule.yaml"
made prometheus/prometheusrule.yaml <"$work/prometheusrule.yaml"
exit "$stale"
