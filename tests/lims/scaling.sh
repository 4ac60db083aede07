#!/bin/sh
# Does it scale, and what happens as the flow grows: a backlog by so many processes, tasks and partitions, then more and more
# events a second, then readers beside it (some 20 minutes). The tables go into manifests/README.md.
#
#   scaling.sh [--tables flows,layouts,reads] [--events N] [--seconds N] [--rates N,...] [--readme FILE]
set -eu
tests=$(cd "$(dirname "$0")/.." && pwd)
sh "$tests/rig/setup.sh" tests
sh "$tests/rig/build.sh" release
cd "$tests"
exec "${XDG_CACHE_HOME:-$HOME/.cache}/sluice/venv/bin/python" -m lims.scaling "$@"
