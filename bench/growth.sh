#!/usr/bin/env bash
# How a build with nothing to do, and what only looks, grow with the workspace: bench/growth.sh [PROBES...]
#
# Builds a generated workspace of each size once (1,000 and 10,000 probes without arguments; the latter takes a quarter of
# an hour), then times what runs nothing. A path is one that the record of the last pass names, and costs one statx.
# BPFINCR_PROGRAM names another bpfincr to time.
set -euo pipefail
here=$(cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")" && pwd)
program=${BPFINCR_PROGRAM:-$here/../artifacts/bpfincr/bpfincr}
repetitions=15
[ $# -gt 0 ] || set -- 1000 10000

source "$here/machine.sh"
prepare_machine
temporary=$(mktemp -d)
trap 'rm -rf "$temporary"' EXIT

# The median of some runs: microseconds, and kilobytes of memory at the peak.
measure() { # measure COMMAND...
  local i
  for ((i = 0; i < repetitions; i++)); do
    local before=${EPOCHREALTIME/./}
    "$@" >"$temporary/log" 2>&1 || { cat "$temporary/log" >&2; exit 1; }
    echo $((${EPOCHREALTIME/./} - before))
  done | sort -n | sed -n "$((repetitions / 2 + 1))p" >"$temporary/median"
  time=$(<"$temporary/median")
  memory=$(/usr/bin/time -f %M "$@" 2>&1 >/dev/null | tail -n 1)
}

row() { # row TITLE
  awk -v title="$1" -v probes="$probes" -v paths="$paths" -v time="$time" -v memory="$memory" 'BEGIN {
    printf "| %s | %d | %d | %.1f ms | %.2f µs | %.1f MB |\n", title, probes, paths, time / 1000, time / paths, memory / 1024
  }'
}

grow() {
  local workspace=$temporary/$probes
  export CARGO_HOME=$temporary/home BPFINCR_CACHE_DIR=$temporary/cache-$probes
  "$here/workspace.sh" "$workspace" "$probes"
  cd "$workspace"
  cargo generate-lockfile --offline -q
  printf 'target\n' >.gitignore
  git init -q . && git add . && git -c user.name=bench -c user.email=bench@localhost commit -q -m "as it was"
  echo "bench: building $probes probes" >&2
  "$program" build >"$temporary/log" 2>&1 || { cat "$temporary/log" >&2; exit 1; }
  sleep 0.1
  "$program" build >/dev/null
  paths=$(strace -f -e trace=statx "$program" build 2>&1 >/dev/null | grep -c 'statx(AT_FDCWD')
  measure "$program" build
  row "nothing to do"
  measure "$program" explain p1
  row "\`explain\` of one probe"
  echo "// edited" >>probes/p1/src/main.rs
  measure "$program" affected HEAD
  row "\`affected\`, one probe edited"
  cd "$temporary"
  rm -rf "$workspace"
}

command -v strace >/dev/null && [ -x /usr/bin/time ] ||
  DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends strace time >&2
started=$(load)
for probes; do grow; done >"$temporary/rows"
probes=$* jobs=$(nproc)
describe_machine "$started"
echo
echo "| what | probes | paths | time | per path | peak memory |"
echo "| --- | ---: | ---: | ---: | ---: | ---: |"
cat "$temporary/rows"
