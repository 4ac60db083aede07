#!/bin/sh
# A plugin built outside of the tree, with the installed SDK and a compiler alone, is one the host takes; the headers are
# clean in every language that may include them.
#
#   out_of_tree.sh BUILD_DIR SOURCE_DIR
set -eu
build=$1
source=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

cmake --install "$build" --prefix "$work/prefix" --component sdk >/dev/null
pc=$(dirname "$(find "$work/prefix" -name sluice-sdk.pc)")
cp "$source/sdk/template/sink.c" "$work/my-sink.c"
cd "$work"
export PKG_CONFIG_PATH="$pc"
for compiler in cc clang; do
    command -v "$compiler" >/dev/null || continue
    $compiler -Wall -Wextra -Werror my-sink.c $(pkg-config --cflags sluice-sdk) -o my-sink.so
    "$build/host/sluice" describe ./my-sink.so | grep -q '^my-sink 1.0.0, a sink (ABI 1.0)$'
    [ "$(nm -D --defined-only my-sink.so | grep -c ' T ')" = 1 ] # sluice_plugin_query and nothing else
done

# sluice-check finds nothing wrong with it, and says what is wrong with others.
"$build/sdk/testkit/sluice-check" ./my-sink.so limit=10 | tail -n 1 | grep -q '^8 passed, 0 failed$'
"$build/sdk/testkit/sluice-check" "$build/plugins/json-event.so" required=id convert.data=hex | tail -n 1 |
    grep -q '^8 passed, 0 failed$'
"$build/sdk/testkit/sluice-check" "$build/plugins/mongodb-image.so" database=d | grep -q '^FAIL .*connection.uri is missing'
! "$build/sdk/testkit/sluice-check" "$build/tests/abi/fixtures/broken-crash.so" >/dev/null

# A CMake project of its own finds the SDK and builds the same.
mkdir cmake-project
cp my-sink.c cmake-project/
cat >cmake-project/CMakeLists.txt <<'CMAKE'
cmake_minimum_required(VERSION 3.25)
project(mine LANGUAGES C)
find_package(sluice REQUIRED)
sluice_add_plugin(my-sink SOURCES my-sink.c)
CMAKE
config=$(dirname "$(find "$work/prefix" -name sluiceConfig.cmake)")
cmake -S cmake-project -B cmake-build -Dsluice_DIR="$config" >/dev/null
cmake --build cmake-build >/dev/null
"$build/sdk/testkit/sluice-check" cmake-build/plugins/my-sink.so >/dev/null

include="$work/prefix/include"
for std in c11 c17 c2x; do
    echo '#include "sluice/sluice.h"' | cc -std=$std -Wall -Wextra -Wpedantic -Wconversion -Werror -I"$include" \
        -fsyntax-only -x c -
done
for std in c++17 c++20; do
    echo '#include "sluice/sluice.h"' | c++ -std=$std -Wall -Wextra -Wpedantic -Werror -I"$include" -fsyntax-only -x c++ -
done

# A config member of another type than its option's does not compile.
sed 's/int64_t limit/int limit/' my-sink.c >wrong.c
if cc wrong.c $(pkg-config --cflags sluice-sdk) -o wrong.so 2>/dev/null; then
    echo "an option of the wrong type compiled" >&2
    exit 1
fi
