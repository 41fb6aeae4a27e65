#!/usr/bin/env bash
# Times bpfincr beside its peers on a generated workspace, and prints a Markdown table.
#
#   bench/run.sh [PROBES [HEAVY [LIGHT]]]   100 probes; 5 repetitions where all is compiled (0: none), 15 elsewhere
#
# The peers are ninja, calling rustc, llvm-link, opt and llc; cargo alone, with a linker that does nothing; and sccache. In each
# repetition all build the same state of the same sources, one after the other, in a rotating order; ratios are taken
# inside a repetition. Everything is in a temporary directory. BPFINCR_PROGRAM names another bpfincr to time.
set -euo pipefail
probes=${1:-100} heavy=${2:-5} light=${3:-15}
here=$(cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")" && pwd)
program=${BPFINCR_PROGRAM:-$here/../artifacts/bpfincr/bpfincr}
jobs=$(nproc)

source "$here/machine.sh"
source "$here/builds.sh"
source "$here/cases.sh"
source "$here/watch.sh"

prepare_machine
temporary=$(mktemp -d)
trap 'stop_sccache; rm -rf "$temporary"' EXIT
started=$(load)
prepare_builds
run_cases
run_watch_case "$light"

echo
describe_machine "$started"
echo
awk -f "$here/table.awk" "$temporary/samples"
