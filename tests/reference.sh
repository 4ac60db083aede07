#!/bin/sh
# The references of options and metrics in host/README.md and plugins/README.md are generated from the tables: between
# <!-- reference: ARGUMENTS --> and <!-- /reference --> stands what `sluice describe ARGUMENTS --markdown` prints.
#
#   reference.sh           writes them anew
#   reference.sh --check   fails when one is stale
set -eu
here=$(cd "$(dirname "$0")" && pwd)
top=$(dirname "$here")
build=${SLUICE_BUILD:-$top/build/dev}
python3 - "$build/host/sluice" "${1:-}" "$top/host/README.md" "$top/plugins/README.md" <<'PYTHON'
import pathlib
import re
import subprocess
import sys

sluice, mode, *files = sys.argv[1:]
stale = []


def render(match):
    arguments = match[1].split()
    told = subprocess.run([sluice, "describe", *arguments, "--markdown"], check=True, capture_output=True, text=True).stdout
    return f"<!-- reference: {match[1]} -->\n{told.strip()}\n<!-- /reference -->"


for name in files:
    path = pathlib.Path(name)
    old = path.read_text()
    new = re.sub(r"<!-- reference: ?(.*?) -->\n.*?<!-- /reference -->", render, old, flags=re.S)
    if new != old:
        stale.append(name)
        if mode != "--check":
            path.write_text(new)
for name in stale:
    print(f"{name}: {'stale, run tests/reference.sh' if mode == '--check' else 'written'}")
sys.exit(1 if stale and mode == "--check" else 0)
PYTHON
