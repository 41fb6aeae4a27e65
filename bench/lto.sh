#!/usr/bin/env bash
# Times bpfincr beside itself with "lto", and beside cargo's fat LTO and LLVM's programs, and prints Markdown tables.
#
#   bench/lto.sh [REPETITIONS [LARGE_PROGRAMS]]    5 repetitions; two large probes of 20 programs each
#
# The workloads are the probes of fixtures/corpus, but for those that llc cannot compile (refused below), and the large
# ones of bench/large.sh. The peer is what one would
# write in a Makefile: cargo with fat LTO, whose bitcode goes through opt, llc and llvm-strip where it is newer than the object. All build
# the same sources, one after the other, in a rotating order. BPFINCR_PROGRAM names another bpfincr to time.
set -euo pipefail
repetitions=${1:-5} programs=${2:-20}
here=$(cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")" && pwd)
program=${BPFINCR_PROGRAM:-$here/../artifacts/bpfincr/bpfincr}
jobs=$(nproc)

source "$here/machine.sh"
source "$here/builds.sh"
source "$here/cases.sh"

build_bpfincr() { "$program" build -j "$jobs" --config "$workspace/bpfincr.json"; }
build_lto() { "$program" build -j "$jobs" --config "$workspace/lto/bpfincr.json"; }
# The linker leaves the bitcode that rustc hands it, which is all of the program, in the place of the executable.
build_fat() {
  env "${cargo_environment[@]}" cargo build --release --target bpfel-unknown-none -j "$jobs" "${packages[@]}"
  local bitcode object name
  for bitcode in "$temporary"/cargo/bpfel-unknown-none/release/*; do
    name=${bitcode##*/} object=$temporary/fat/${bitcode##*/}.o
    [[ -f $bitcode && -x $bitcode && $bitcode -nt $object ]] || continue
    echo "\"$llvm/opt\" -passes='always-inline,default<O2>' -cold-callsite-rel-freq=0 \"$bitcode\" -o \"$temporary/fat/$name.bc\" &&
      \"$llvm/llc\" -march=bpfel -mcpu=v3 -bpf-disable-trap-unreachable -filetype=obj \"$temporary/fat/$name.bc\" -o \"$object\" &&
      \"$llvm/llvm-strip\" --strip-debug \"$object\""
  done | xargs -P "$jobs" -d '\n' -r -n 3 sh -c 'printf "%s\n" "$@" | sh' sh
}
forget_lto() { rm -rf "$workspace/lto/target" "$BPFINCR_CACHE_DIR"; }
forget_fat() { rm -rf "$temporary/cargo" "$temporary/fat" && mkdir "$temporary/fat"; }

tools=(bpfincr lto fat)

# run_workload NAME: the table of what is in $workspace
run_workload() {
  : >"$temporary/samples"
  mkdir -p "$workspace/lto"
  sed "0,/{/s||{ \"workspaces\": [\"..\"], \"lto\": true,|" "$workspace/bpfincr.json" >"$workspace/lto/bpfincr.json"
  cd "$workspace"
  compare cold "$repetitions" forget_all "${tools[@]}"
  compare nothing "$repetitions" nothing "${tools[@]}"
  [ -z "${leaf:-}" ] || compare leaf "$repetitions" edit_leaf "${tools[@]}"
  printf '\n%s\n\n' "$1"
  awk -f "$here/table.awk" "$temporary/samples"
}

prepare_machine
temporary=$(mktemp -d)
trap 'rm -rf "$temporary"' EXIT
export CARGO_HOME=$temporary/home BPFINCR_CACHE_DIR=$temporary/cache
printf '#!/bin/sh\nfor word; do case $word in *.o) objects="$objects $word" ;; esac; [ "$last" != -o ] || out=$word; last=$word; done\ncat $objects >"$out"; chmod +x "$out"\n' >"$temporary/linker"
chmod +x "$temporary/linker"
cargo_environment=(
  CARGO_INCREMENTAL=0 CARGO_PROFILE_RELEASE_CODEGEN_UNITS=1 CARGO_PROFILE_RELEASE_DEBUG=2 CARGO_PROFILE_RELEASE_LTO=fat
  CARGO_PROFILE_RELEASE_PANIC=abort "CARGO_TARGET_DIR=$temporary/cargo" "CARGO_TARGET_BPFEL_UNKNOWN_NONE_LINKER=$temporary/linker")
started=$(load)

workspace=$temporary/small
leaf=
cp -r "$here/../fixtures/corpus" "$workspace"
rm -rf "$workspace/target"
# Products and shifts of 128 bits, copies of unknown length, atomics, signed division.
for refused in kinds/globals language/{lengths,moves,overflows,shifts,signed,wide}; do
  rm "$workspace/${refused/\//\/src\/bin\/}.rs"
done
printf '{\n  "packages": ["kinds", "language"], "variants": { "modern": { "cpu": "v3", "inline": "calls" } }\n}\n' >"$workspace/bpfincr.json"
packages=(-p kinds -p language)
probes=$(ls "$workspace"/*/src/bin | grep -c '\.rs$')
run_workload "The $probes probes of the corpus:"

workspace=$temporary/large
"$here/large.sh" "$workspace" 2 "$programs"
leaf=$workspace/src/bin/large1.rs packages=()
set_leaf() { sed -i "s/else { return [0-9]* }/else { return $1 }/" "$leaf"; }
probes=2
run_workload "$probes large probes of $programs programs:"

echo
describe_machine "$started" | sed 's/^[0-9]* probes, //'
