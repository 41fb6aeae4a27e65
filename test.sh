#!/usr/bin/env bash
# Runs the tests, unit to end-to-end, after installing what they need. How much of what can be done without end they do is
# said by a level (docs/testing.md): quick unless BPFINCR_TEST_LEVEL names another. Arguments go to the test runner.
#
#   ./test.sh                                        what a developer waits for
#   ./test.sh --all                                  everything: hours
#   ./test.sh --filter-class '*StepActionTests'      some of them
set -euo pipefail
here=$(cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")" && pwd)
cd "$here"
if [ "${1:-}" = --all ]; then
  export BPFINCR_TEST_LEVEL=all
  shift
fi
eng/install.sh test
eng/crates.sh || [ $? -eq 3 ] # tests that need them say that they are missing
./bpfincr --version >/dev/null # the end-to-end tests run the published program

log=$(mktemp)
scratch=
trap 'rm -rf "$log" "$scratch"' EXIT
build=(dotnet build BpfIncr.sln -c Release --nologo -v quiet)
level=${BPFINCR_TEST_LEVEL:-quick}
if [ "$level" = quick ]; then build+=(-p:RunAnalyzers=false); fi
if [ "$level" != all ]; then
  # The tests make small files by the hundred thousand. Memory is enough for what such a run has of them at a time.
  room=$(df --output=avail -k /dev/shm 2>/dev/null | tail -n 1) || room=0
  memory=$(awk '$1 == "MemAvailable:" { print $2 }' /proc/meminfo)
  if [ "${room:-0}" -ge 4000000 ] && [ "$memory" -ge 8000000 ]; then
    scratch=$(mktemp -d -p /dev/shm XXXXXX)
    chmod 1777 "$scratch" # as it is where temporary files usually are
    export TMPDIR=$scratch
  fi
fi
"${build[@]}"

status=0
dotnet test --solution BpfIncr.sln -c Release --no-build --no-ansi "$@" 2>&1 | tee "$log" || status=$?

# The runner's summary again, as one plain line.
count() { sed -nE "s/^ *$1: *([0-9]+).*/\1/p" "$log" | tail -n 1; }
passed=$(count succeeded) failed=$(count failed) skipped=$(count skipped)
if [ -z "$passed" ]; then
  echo "no test ran" >&2
  [ "$status" -ne 0 ] || status=1
fi
echo "${passed:-0} passed, ${failed:-0} failed, ${skipped:-0} skipped"
exit "$status"
