#!/bin/sh
# What is made of other files in manifests/: local.yaml and cloud.yaml, the Consumer alone, of the overlays.
#
#   manifests.sh           writes them anew
#   manifests.sh --check   fails when one is stale
set -eu
here=$(cd "$(dirname "$0")" && pwd)
top=$(dirname "$here")
sh "$here/rig/kubernetes/build.sh" tools
. "$here/rig/kubernetes/settings.sh"
new=$(mktemp)
trap 'rm -f "$new"' EXIT
stale=0
for env in local cloud; do
    {
        echo "# The Consumer, env: $env. Made by tests/manifests.sh of overlays/$env/consumer: change that."
        "$KUBE/bin/kustomize" build "$top/manifests/overlays/$env/consumer"
    } >"$new"
    cmp -s "$new" "$top/manifests/$env.yaml" && continue
    if [ "${1:-}" = --check ]; then
        echo "manifests/$env.yaml: stale, run tests/manifests.sh"
        stale=1
    else
        cp "$new" "$top/manifests/$env.yaml"
        chmod 644 "$top/manifests/$env.yaml"
        echo "manifests/$env.yaml: written"
    fi
done
exit "$stale"
