#!/usr/bin/env bash
# Runs the benchmark, puts its table into docs/performance.md in place of the one of as many probes, and draws its chart:
#
#   bench/update-docs.sh PROBES [HEAVY [LIGHT]]
set -euo pipefail
here=$(cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")" && pwd)
page=$here/../docs/performance.md
table=$(mktemp)
trap 'rm -f "$table" "$table.page"' EXIT

"$here/run.sh" "$@" >"$table"
table=$table awk -v begin="<!-- $1 probes -->" -v end="<!-- end -->" '
  $0 == end { inside = 0 }
  !inside { print }
  $0 == begin { inside = 1; while ((getline line < ENVIRON["table"]) > 0) print line }
' "$page" >"$table.page"
cat "$table.page" >"$page"
awk -f "$here/chart.awk" "$table" >"$here/../docs/performance-$1.svg"
