#!/bin/sh
# The main job, on a fresh Debian 12 or 13 machine: installs what is missing, builds, starts a real Kafka, a real MongoDB
# and Sluice with conf/plant-images.ini, streams image events over three topics and compares the databases.
#
#   demo.sh [--events N] [--keep] [--seed N]
set -eu
here=$(cd "$(dirname "$0")" && pwd)
sh "$here/rig/setup.sh"
echo "building ..."
sh "$here/rig/build.sh" release
cache=${XDG_CACHE_HOME:-$HOME/.cache}/sluice
cd "$here"
exec "$cache/venv/bin/python" -m lims.demo "$@"
