#!/usr/bin/env bash
# Runs a command while every core is busy with something else, as on a slow machine: no test may depend on speed.
#
#   eng/under-load.sh ./test.sh
#   eng/under-load.sh dotnet test --project tests/EndToEnd -c Release --filter-class '*InterruptTests'
set -euo pipefail

loads=()
trap 'kill "${loads[@]}"' EXIT
for ((core = 0; core < $(nproc); core++)); do
  (while :; do :; done) &
  loads+=($!)
done
"$@"
