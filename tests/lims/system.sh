#!/bin/sh
# The leaf system around Sluice, all of it, on a fresh Debian 12 or 13 machine: installs what is missing, builds, starts
# everything, prints the addresses and every few seconds what moves, until Ctrl-C.
#
#   system.sh [--factor N] [--cameras N] [--images N] [--batch] [--every SECONDS]
set -eu
tests=$(cd "$(dirname "$0")/.." && pwd)
sh "$tests/rig/setup.sh" tests
echo "building ..."
sh "$tests/rig/build.sh" release
cd "$tests"
exec "${XDG_CACHE_HOME:-$HOME/.cache}/sluice/venv/bin/python" -m lims.system "$@"
