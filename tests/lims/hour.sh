#!/bin/sh
# The leaf system for an hour of its own time with all jobs on, then with every part of it killed in turn: tests in their long form.
set -eu
tests=$(cd "$(dirname "$0")/.." && pwd)
sh "$tests/rig/setup.sh" tests
sh "$tests/rig/build.sh" release
SLUICE_BUILD="$(dirname "$tests")/build/release" SLUICE_LIMS=long \
    "${XDG_CACHE_HOME:-$HOME/.cache}/sluice/venv/bin/python" -m pytest -q -rP -p no:cacheprovider "$tests/e2e/test_lims.py" -k databases_are_equal
