#!/bin/sh
# Are the C sources formatted as .clang-format says?  format.sh --fix formats them.  The style is checked with the version
# it was written for: another formats differently.
set -eu
cd "$(dirname "$0")/.."
wanted=14
version=$(clang-format --version | sed -nE 's/.*version ([0-9]+)\..*/\1/p')
if [ "$version" != $wanted ]; then
    echo "clang-format $version is here, the style is checked with $wanted"
    exit 0
fi
mode=${1:---check}
files=$(find host plugins sdk tests -name '*.c' -o -name '*.h' -o -name '*.cpp')
case $mode in
--fix) clang-format -i $files ;;
*) clang-format --dry-run -Werror $files ;;
esac
