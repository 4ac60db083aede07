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
sed -i "s#^prefix=.*#prefix=$work/prefix#" "$pc/sluice-sdk.pc"
export PKG_CONFIG_PATH="$pc"
for compiler in cc clang; do
    command -v "$compiler" >/dev/null || continue
    $compiler -Wall -Wextra -Werror my-sink.c $(pkg-config --cflags sluice-sdk) -o my-sink.so
    "$build/host/sluice" describe ./my-sink.so | grep -q '^my-sink 1.0.0, a sink (ABI 1.0)$'
    [ "$(nm -D --defined-only my-sink.so | grep -c ' T ')" = 1 ] # sluice_plugin_query and nothing else
done

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
