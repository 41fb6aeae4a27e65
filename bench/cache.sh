#!/usr/bin/env bash
# Load on a cache: bench/cache.sh [ENTRIES [EACH]]
#
# Look-ups and inserts a second with 1, 4 and 16 processes; how fast objects are restored, beside cp -r; and how long it takes to
# look after a cache of ENTRIES results and as many blobs (a million without the argument: 8 GB and a quarter of an hour).
# The index does not grow with the cache: no entry is listed in it. Everything is in a temporary directory. BPFINCR_PROGRAM names another bpfincr to time.
set -euo pipefail
entries=${1:-1000000}
here=$(cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")" && pwd)
program=${BPFINCR_PROGRAM:-$here/../artifacts/bpfincr/bpfincr}
each=${2:-20000}

source "$here/machine.sh"
[ -n "${BPFINCR_PROGRAM:-}" ] || "$here/../bpfincr" --version >/dev/null
dotnet build "$here/cache" -c Release -v quiet -nologo >&2
bench=$here/../artifacts/bin/BpfIncr.CacheBench/release/cache-bench
temporary=$(mktemp -d)
trap 'rm -rf "$temporary"' EXIT

# What some processes do to COUNT entries between them, from FIRST on: entries a second from the first beginning to the last end.
load_of() { # load_of PROCESSES WHAT CACHE FIRST COUNT [DIRECTORY]
  local processes=$1 what=$2 cache=$3 first=$4 share=$(($5 / $1)) i
  for ((i = 0; i < processes; i++)); do
    "$bench" "$what" "$cache" $((first + i * share)) "$share" ${6:+"$6/$i"} &
  done >"$temporary/times"
  wait
  awk -v entries="$((share * processes))" '
    NR == 1 || $1 < began { began = $1 } $2 > ended { ended = $2 } END { printf "%d\n", entries / (ended - began) * 1e9 }' "$temporary/times"
}

seconds() { # seconds COMMAND...: how long it takes
  local before=${EPOCHREALTIME/./}
  "$@" >"$temporary/log" 2>&1 || { cat "$temporary/log" >&2; exit 1; }
  awk -v time=$((${EPOCHREALTIME/./} - before)) 'BEGIN { printf "%.1f s", time / 1e6 }'
}

started=$(load)
{
  echo "| processes | inserts a second | look-ups a second |"
  echo "| ---: | ---: | ---: |"
  for processes in 1 4 16; do
    cache=$temporary/$processes/v1
    inserts=$(load_of "$processes" insert "$cache" 0 "$each")
    echo "| $processes | $inserts | $(load_of "$processes" lookup "$cache" 0 "$each") |"
  done
  echo
  echo "| restored, one process | files a second | MB a second |"
  echo "| --- | ---: | ---: |"
  restored=$(load_of 1 restore "$temporary/1/v1" 0 "$each" "$temporary/restored")
  before=${EPOCHREALTIME/./}
  cp -r "$temporary/restored" "$temporary/copied"
  copied=$(awk -v files="$each" -v time=$((${EPOCHREALTIME/./} - before)) 'BEGIN { printf "%d", files / time * 1e6 }')
  for row in "bpfincr $restored" "\`cp\u00a0-r\` $copied"; do
    awk -v rate="${row##* }" -v what="$(printf '%b' "${row% *}")" 'BEGIN { printf "| %s | %d | %.1f |\n", what, rate, rate * 4000 / 1e6 }'
  done
  rm -rf "$temporary"/{1,4,16,restored,copied}
  echo
  echo "| $entries results, $entries blobs | |"
  echo "| --- | ---: |"
  cache=$temporary/large/v1
  echo "| inserted by 4 processes | $(seconds load_of 4 insert "$cache" 0 "$entries") |"
  echo "| on disk | $(du -sh "$cache" | cut -f 1) |"
  echo "| \`cache stats\` | $(seconds "$program" cache stats --cache-dir "$temporary/large") |"
  echo "| \`cache verify\` | $(seconds "$program" cache verify --cache-dir "$temporary/large") |"
  echo "| \`cache gc\`, nothing goes | $(seconds "$program" cache gc --max-size none --cache-dir "$temporary/large") |"
  find "$cache/blobs" -type f -print0 | xargs -0 touch -d '100 days ago'
  find "$cache/results" -type f | awk 'NR % 2' | xargs touch -d '100 days ago'
  echo "| \`cache gc\`, half of it goes | $(seconds "$program" cache gc --max-size none --max-age 30d --cache-dir "$temporary/large") |"
} >"$temporary/tables"
echo "$(nproc) cores ($(sed -n 's/^model name\s*: //p' /proc/cpuinfo | head -n 1)), Linux $(uname -r | cut -d - -f 1), $(df -T "$temporary" | awk 'NR == 2 { print $2 }');" \
  "load average $started before, $(load) after."
echo
cat "$temporary/tables"
