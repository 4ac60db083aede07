#!/bin/sh
# Units, plugins and the loader under valgrind: nothing definitely lost, no invalid access.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
top=$(dirname "$here")
sh "$here/rig/setup.sh" tests
sh "$here/rig/build.sh" release
for test in "$top"/build/release/tests/unit/unit_* "$top"/build/release/tests/plugins/plugin_*; do
    case $test in *.*) continue ;; esac
    [ -x "$test" ] && [ -f "$test" ] || continue
    printf '%-24s ' "$(basename "$test")"
    SLUICE_SEED=7 valgrind -q --leak-check=full --errors-for-leak-kinds=definite --error-exitcode=99 "$test" >/dev/null
    echo fine
done
