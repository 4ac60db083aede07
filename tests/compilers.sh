#!/bin/sh
# Everything builds with gcc and with clang, warnings as errors, and passes its units with each.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
top=$(dirname "$here")
sh "$here/rig/setup.sh" tests
prefix=$(sh "$here/rig/librdkafka.sh")
export PKG_CONFIG_PATH="$prefix${PKG_CONFIG_PATH:+:$PKG_CONFIG_PATH}"
cd "$top"
for compiler in gcc clang; do
    cmake -S . -B "build/$compiler" -G Ninja -DCMAKE_BUILD_TYPE=RelWithDebInfo -DCMAKE_C_COMPILER=$compiler \
        -DSLUICE_WERROR=ON >/dev/null
    cmake --build "build/$compiler" -j "$(nproc)" >/dev/null
    ctest --test-dir "build/$compiler" -j2 -LE threads 2>&1 | grep 'tests passed' | sed "s/^/$compiler: /"
done
