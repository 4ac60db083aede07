#!/bin/sh
# Peak memory against the promise, at 8, 32 and 64 MiB of budget: one partition, 24 of them with the database frozen, and
# records of which every twentieth becomes a letter.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
sh "$here/rig/setup.sh" tests
sh "$here/rig/build.sh" release
cd "$here"
SLUICE_BUILD="$(dirname "$here")/build/release" exec "${XDG_CACHE_HOME:-$HOME/.cache}/sluice/venv/bin/python" memory.py
