#!/usr/bin/env bash
# Builds real projects with bpfincr and with cargo and the real bpf-linker, in turn, and prints Markdown tables: times of builds,
# and what the running kernel says of the objects.
#
#   bench/real/run.sh CHECKOUTS [REPETITIONS] [PROJECT...]
#
# CHECKOUTS holds the projects of projects.txt, each with a bpfincr.json as "bpfincr init" writes it, in a state that cargo can build
# (docs/real-projects.md says how). BENCH_BPF_LINKER is bpf-linker (default: that on the path; without it, bpfincr alone is measured).
# BENCH_CPU is the cpu level for bpf-linker (default: its own); name the one of the variant, or two instruction sets are compared.
# BENCH_AYA_LOADER is a program that loads each program of an object with aya's library and prints a line for each, separated by tabs:
# object, program, type, "ok" or "fail", verified instructions.
set -euo pipefail
here=$(cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")" && pwd)
[ $# -ge 1 ] || { sed -n '5,11s/^# \{0,1\}//p' "$0" >&2; exit 2; }
checkouts=$(cd "$1" && pwd) repetitions=${2:-3}
shift $(($# > 2 ? 2 : $#))
wanted=("$@")

export PATH=/usr/bin:$PATH
unset RUSTC RUSTFLAGS CARGO_ENCODED_RUSTFLAGS CARGO_TARGET_DIR CARGO_BUILD_TARGET
program=${BPFINCR_PROGRAM:-$here/../../bpfincr}
"$program" --version >/dev/null
linker=${BENCH_BPF_LINKER:-$(command -v bpf-linker || true)}
[ -n "$linker" ] || echo "bench: no bpf-linker, so bpfincr is measured alone" >&2
temporary=$(mktemp -d)
trap 'rm -rf "$temporary"' EXIT
export BPFINCR_CACHE_DIR=$temporary/cache

# time_it CASE TOOL COMMAND...: a line of seconds, wall and processor's, in the project's samples.
time_it() {
  local case=$1 tool=$2 TIMEFORMAT='%R %U %S' times
  shift 2
  if ! times=$({ time "$@" >"$temporary/log" 2>&1; } 2>&1); then
    cat "$temporary/log" >&2
    echo "bench: $tool failed in case $case" >&2
    exit 1
  fi
  awk -v case="$case" -v tool="$tool" '{ print case, tool, $1, $2 + $3 }' <<<"$times" >>"$temporary/samples"
}

with_bpfincr() { "$program" build; }
with_cargo() {
  local flags
  flags=$(printf '%s\x1f' $rustflags -Cdebuginfo=2 -Clink-arg=--btf ${BENCH_CPU:+-Ctarget-cpu=$BENCH_CPU})
  # A stable rustc takes what these projects ask of a nightly one.
  CARGO_ENCODED_RUSTFLAGS=${flags%$'\x1f'} CARGO_TARGET_BPFEL_UNKNOWN_NONE_LINKER=$linker RUSTC_BOOTSTRAP=1 \
    cargo build --release --target bpfel-unknown-none --target-dir "$temporary/cargo" $arguments
}
each_tool() { # each_tool CASE
  time_it "$1" bpfincr with_bpfincr
  [ -z "$linker" ] || time_it "$1" cargo with_cargo
}

# What is edited is a program of the bench's own, behind those of the project.
write_source() { # write_source NUMBER COMMENT
  { cat "$temporary/source"; cat <<RUST
// $2
#[unsafe(no_mangle)]
#[unsafe(link_section = "socket")]
extern "C" fn bench_edit(_: *const core::ffi::c_void) -> i32 {
    $1
}
RUST
  } >"$source"
}

measure() { # measure NAME
  : >"$temporary/samples"
  local i
  for ((i = 1; i <= repetitions; i++)); do
    echo "bench: $1, $i of $repetitions" >&2
    rm -rf "$temporary/cargo" "$temporary/cache"
    "$program" clean >/dev/null
    write_source "$i" cold
    each_tool cold
    "$program" clean >/dev/null
    time_it "from a cache" bpfincr with_bpfincr
    # What was restored has no target directory of cargo's yet.
    write_source "$((2000 + i))" cold
    time_it "first edit behind a cache" bpfincr with_bpfincr
    [ -z "$linker" ] || with_cargo >/dev/null 2>&1
    sleep 0.1 # No tool trusts a time stamp of this instant.
    each_tool nothing
    write_source "$((1000 + i))" cold
    each_tool "body edit"
    write_source "$((1000 + i))" comment
    each_tool comment
  done
}

# median CASE TOOL COLUMN
median() { awk -v case="$1" -v tool="$2" -v column="$3" '$0 ~ "^" case " " tool " " { print $(NF - 2 + column) }' "$temporary/samples" | sort -n |
  awk '{ v[NR] = $1 } END { if (NR) print v[int((NR + 1) / 2)] }'; }

print_times() { # print_times NAME
  local case wall cpu cargo_wall cargo_cpu
  for case in cold "from a cache" "first edit behind a cache" nothing "body edit" comment; do
    wall=$(median "$case" bpfincr 1) cpu=$(median "$case" bpfincr 2)
    local reference=$case
    [[ $case != *" a cache" ]] || reference=cold
    cargo_wall=$(median "$reference" cargo 1) cargo_cpu=$(median "$reference" cargo 2)
    awk -v name="$1" -v case="$case" -v w="$wall" -v c="$cpu" -v pw="${cargo_wall:-0}" -v pc="${cargo_cpu:-0}" 'BEGIN {
      printf "| %s | %s | %.2f s | %.2f s | ", name, case, w, c
      if (pw > 0) printf "%.2f s | %.2f s | %.2f | %.2f |\n", pw, pc, w / pw, c / (pc > 0 ? pc : 1)
      else print "– | – | – | – |" }'
  done
}

# verdicts TOOL OBJECT...: what libbpf says, one line: objects, accepted ones, programs, verified instructions.
verdicts() {
  local tool=$1
  shift
  "$program" check --json "$@" >"$temporary/check.json" || true
  tr ',{}' '\n' <"$temporary/check.json" | awk -F: -v name="$name" -v tool="$tool" '
    /"name"/ { objects++ } /"programs"/ { programs += $2 } /"instructions"/ { instructions += $2 }
    END { print name, tool, objects, programs, instructions }' >>"$temporary/verdicts"
  [ -z "${BENCH_AYA_LOADER:-}" ] || "$BENCH_AYA_LOADER" "$@" 2>/dev/null |
    awk -F'\t' -v tool="$tool" 'NF >= 5 && $2 != "bench_edit" { n = split($1, path, "/"); sub(/\.o$/, "", path[n]); print path[n] "/" $2, $4, $5 > ("'"$temporary"'/aya-" tool) }'
}

print_programs() { # print_programs NAME EXPECTED
  local ours=$temporary/aya-bpfincr theirs=$temporary/aya-cargo
  touch "$ours" "$theirs"
  awk -v name="$1" -v expected="$2" 'FNR == NR { s[$1] = $2; v[$1] = $3; ok += $2 == "ok"; next }
    { peer += $2 == "ok" } s[$1] == "ok" && $2 == "ok" { ours += v[$1]; theirs += $3; if ($3 > 0 && v[$1] / $3 > worst) { worst = v[$1] / $3; which = $1 } }
    $2 == "ok" && s[$1] != "ok" && s[$1] != "" { lost = lost " " $1 }
    END { printf "| %s | %d of %d expected | %d | %d | %d | %.3f | %.2f (%s) |%s\n", name, ok, expected, peer, ours, theirs, theirs ? ours / theirs : 0, worst, which, lost ? " lost:" lost : "" }' "$ours" "$theirs"
}

echo "| project | case | bpfincr | processor | cargo and bpf-linker | processor | ratio | of processor time |" >"$temporary/times"
echo "| --- | --- | --- | --- | --- | --- | --- | --- |" >>"$temporary/times"
: >"$temporary/programs"
while IFS='|' read -r name directory arguments edited rustflags expected; do
  [ ${#wanted[@]} -eq 0 ] || [[ " ${wanted[*]} " == *" $name "* ]] || continue
  [ -d "$checkouts/$directory" ] || { echo "bench: there is no $directory, so $name is left out" >&2; continue; }
  cd "$checkouts/$directory"
  source=$PWD/$edited
  cp "$source" "$temporary/source"
  trap 'cp "$temporary/source" "$source"; rm -rf "$temporary"' EXIT
  measure "$name"
  print_times "$name" >>"$temporary/times"
  cp "$temporary/source" "$source"
  with_bpfincr >/dev/null
  mapfile -t objects < <(find target/bpf -maxdepth 2 -name '*.o')
  rm -f "$temporary"/aya-*
  verdicts bpfincr "${objects[@]}"
  if [ -n "$linker" ]; then
    with_cargo >/dev/null 2>&1
    theirs=()
    for object in "${objects[@]}"; do
      theirs+=("$temporary/cargo/bpfel-unknown-none/release/$(basename "$object" .o)")
    done
    verdicts cargo "${theirs[@]}"
  fi
  print_programs "$name" "$expected" >>"$temporary/programs"
done < <(grep -v '^#' "$here/projects.txt")

cat "$temporary/times"
if [ -n "${BENCH_AYA_LOADER:-}" ]; then
  printf '\n| project | programs loaded | of bpf-linker | verified instructions | of bpf-linker | ratio | worst program |\n'
  echo "| --- | --- | --- | --- | --- | --- | --- |"
  cat "$temporary/programs"
fi
printf '\n| project | tool | objects | programs that libbpf loads | verified instructions |\n| --- | --- | --- | --- | --- |\n'
sed 's/ / | /g; s/^/| /; s/$/ |/' "$temporary/verdicts"
