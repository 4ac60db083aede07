#!/bin/sh
# Stream against batch: the leaf system for an hour of its own time, four ways, with 1, 4 and 16 cameras (some 40 minutes).
# Results, plots and tables go into manifests/.
#
#   experiment.sh [--minutes N] [--factor N] [--cameras N,...] [--ways WAY,...] [--images N] [--rest S] [--output DIR] [--again]
set -eu
tests=$(cd "$(dirname "$0")/.." && pwd)
sh "$tests/rig/setup.sh" tests
sh "$tests/rig/build.sh" release
cd "$tests"
exec "${XDG_CACHE_HOME:-$HOME/.cache}/sluice/venv/bin/python" -m lims.experiment "$@"
