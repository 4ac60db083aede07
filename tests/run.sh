#!/bin/sh
# All tests, on a fresh Debian 12 or 13 machine: installs what is missing, builds with sanitizers, runs units, plugins, ABI
# and flow tests, then end to end on a real Kafka and MongoDB.  The last line adds up: N passed, N failed.
#
#   run.sh            everything
#   run.sh --quick    what needs no server
set -u
here=$(cd "$(dirname "$0")" && pwd)
top=$(dirname "$here")
cache=${XDG_CACHE_HOME:-$HOME/.cache}/sluice
passed=0
failed=0
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

count() { # adds what a runner said: count PASSED FAILED
    passed=$((passed + $1))
    failed=$((failed + $2))
}

check() { # check NAME COMMAND...: one test of its own
    name=$1
    shift
    if "$@" >"$work/check" 2>&1; then
        echo "ok   $name"
        count 1 0
    else
        echo "FAIL $name"
        cat "$work/check"
        count 0 1
    fi
}

run_ctest() { # run_ctest BUILD_DIR CTEST_OPTIONS...
    folder=$1
    shift
    ctest --test-dir "$folder" -j2 --timeout 300 --output-on-failure "$@" >"$work/ctest" 2>&1 </dev/null
    sed -n '/tests passed/,$p' "$work/ctest"
    grep -q 'tests passed, 0 tests failed' "$work/ctest" || cat "$work/ctest"
    bad=$(sed -nE 's/.*tests passed, ([0-9]+) tests failed out of ([0-9]+).*/\1/p' "$work/ctest")
    all=$(sed -nE 's/.*tests passed, ([0-9]+) tests failed out of ([0-9]+).*/\2/p' "$work/ctest")
    count $((${all:-0} - ${bad:-0})) "${bad:-1}"
}

run_pytest() { # run_pytest PYTEST_ARGUMENTS...
    "$cache/venv/bin/python" -m pytest -q --timeout 300 --durations 5 -p no:cacheprovider "$@" 2>&1 | tee "$work/pytest"
    count_last "$work/pytest" '^[0-9].*(passed|failed|error).* in '
}

count_last() { # count_last FILE PATTERN: what the last line that matches adds up to
    summary=$(grep -E "$2" "$1" | tail -n 1)
    good=$(echo "$summary" | grep -oE '[0-9]+ passed' | cut -d' ' -f1)
    bad=$(echo "$summary" | grep -oE '[0-9]+ (failed|error)' | awk '{n += $1} END {print n + 0}')
    [ -n "$summary" ] || bad=1
    count "${good:-0}" "${bad:-0}"
}

# Kubernetes itself is built of Go modules, which takes longer than all tests: `sh tests/kubernetes.sh` does it, once.
run_kubernetes() {
    if [ "$(id -u)" != 0 ] || [ ! -x "$(. "$here/rig/kubernetes/settings.sh" && echo "$KUBE")/bin/metrics-server" ]; then
        echo "no Kubernetes in the cache: its checks are left to 'sh tests/kubernetes.sh', as root"
        return
    fi
    sh "$here/kubernetes.sh" short 2>&1 | tee "$work/kubernetes"
    count_last "$work/kubernetes" '^[0-9]+ passed, [0-9]+ failed$'
}

finish() {
    echo "$passed passed, $failed failed"
    [ "$failed" = 0 ] && [ "$passed" -gt 0 ]
    exit
}

sh "$here/rig/setup.sh" tests || exit 1
echo "building (dev: AddressSanitizer, UndefinedBehaviorSanitizer) ..."
sh "$here/rig/build.sh" dev -DSLUICE_WERROR=ON || exit 1
export SLUICE_BUILD="$top/build/dev"

check "the sources are formatted" sh "$here/format.sh"
check "the references in the READMEs are fresh" sh "$here/reference.sh" --check
run_ctest "$top/build/dev"
[ "${1:-}" != --quick ] || finish
check "what is made of the manifests is fresh" sh "$here/manifests.sh" --check
run_pytest "$here/manifests"
run_pytest "$here/e2e"
run_kubernetes

echo "building (tsan: ThreadSanitizer) ..."
if sh "$here/rig/build.sh" tsan -DSLUICE_WERROR=ON; then
    export TSAN_OPTIONS="suppressions=$here/tsan.supp halt_on_error=0 exitcode=66"
    run_ctest "$top/build/tsan" -L threads
    mkdir "$work/reports"
    export TSAN_OPTIONS="$TSAN_OPTIONS log_path=$work/reports/report"
    SLUICE_BUILD="$top/build/tsan" run_pytest "$here/e2e/test_main_job.py" "$here/e2e/test_read_side.py"
    check "ThreadSanitizer has nothing to report of these" sh -c "! cat '$work'/reports/* 2>/dev/null"
else
    count 0 1
fi
finish
