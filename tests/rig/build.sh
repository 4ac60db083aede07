#!/bin/sh
# Configures and builds a preset: build.sh [dev|tsan|release] [cmake options...]
set -eu
here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../.." && pwd)
preset=${1:-release}
[ $# = 0 ] || shift
flavour=release
[ "$preset" != tsan ] || flavour=tsan
prefix=$(sh "$here/librdkafka.sh" "$flavour")
[ -z "$prefix" ] || export PKG_CONFIG_PATH="$prefix${PKG_CONFIG_PATH:+:$PKG_CONFIG_PATH}"
cd "$top"
log=$(mktemp)
trap 'rm -f "$log"' EXIT
{ cmake --preset "$preset" "$@" && cmake --build --preset "$preset" -j "$(nproc)"; } >"$log" 2>&1 || {
    cat "$log" >&2
    exit 1
}
