#!/bin/sh
# A million dead letters: how long `sluice dlq` takes and how much memory, beside a hundredth of them.
#
#   letters.sh [LETTERS]
set -eu
here=$(cd "$(dirname "$0")" && pwd)
sh "$here/rig/setup.sh" tests
sh "$here/rig/build.sh" release
export SLUICE_BUILD="$(dirname "$here")/build/release"
cd "$here"
exec "${XDG_CACHE_HOME:-$HOME/.cache}/sluice/venv/bin/python" letters.py "$@"
