#!/bin/sh
# kill -9 in the middle of a run, then a restart: 20 rounds (or as many as given).
set -eu
here=$(cd "$(dirname "$0")" && pwd)
sh "$here/rig/setup.sh" tests
sh "$here/rig/build.sh" release
SLUICE_BUILD="$(dirname "$here")/build/release" SLUICE_KILL_ROUNDS=${1:-20} \
    "${XDG_CACHE_HOME:-$HOME/.cache}/sluice/venv/bin/python" -m pytest -q -p no:cacheprovider "$here/e2e/test_delivery.py" -k kill_9
