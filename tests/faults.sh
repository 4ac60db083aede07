#!/bin/sh
# Every fault in its long form, three times in a row (or as often as given); each prints a line, each pass adds up.
#
#   faults.sh [PASSES] [PYTEST_OPTIONS...]     faults.sh 1 -k kill_9
set -eu
here=$(cd "$(dirname "$0")" && pwd)
passes=${1:-3}
[ $# = 0 ] || shift
sh "$here/rig/setup.sh" tests
sh "$here/rig/build.sh" release
for pass in $(seq "$passes"); do
    echo "pass $pass of $passes"
    SLUICE_BUILD="$(dirname "$here")/build/release" SLUICE_FAULTS=long SLUICE_SEED="$pass" \
        "${XDG_CACHE_HOME:-$HOME/.cache}/sluice/venv/bin/python" -m pytest -q -p no:cacheprovider \
        "$here/e2e/test_faults.py" "$@"
done
