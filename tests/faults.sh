#!/bin/sh
# Every fault in its long form, three times in a row (or as often as given); each prints a line, each pass adds up.
#
#   faults.sh [PASSES] [PYTEST_OPTIONS...]     faults.sh 1 -k kill_9
#   faults.sh --beside-connect                 once, and then those that make sense for it on Kafka Connect
set -eu
here=$(cd "$(dirname "$0")" && pwd)
peer=
if [ "${1:-}" = --beside-connect ]; then
    peer=connect
    shift
    set -- 1 -m peer "$@"
fi
passes=${1:-3}
[ $# = 0 ] || shift
sh "$here/rig/setup.sh" tests
sh "$here/rig/build.sh" release
export SLUICE_BUILD="$(dirname "$here")/build/release" SLUICE_FAULTS=long

pass() { # pass WHAT PYTEST_OPTIONS...
    echo "$1"
    shift
    "${XDG_CACHE_HOME:-$HOME/.cache}/sluice/venv/bin/python" -m pytest -q -p no:cacheprovider "$here/e2e/test_faults.py" "$@"
}

for number in $(seq "$passes"); do
    pass "pass $number of $passes" "$@"
done
[ -z "$peer" ] || SLUICE_FAULTS_SYSTEM=$peer pass "Kafka Connect" "$@"
