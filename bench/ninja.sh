#!/usr/bin/env bash
# Writes a ninja file that builds the same objects as bpfincr, one program a step: bench/ninja.sh WORKSPACE OUTPUT LLVM
#
# It calls rustc, llvm-link, opt and llc directly, with the flags that bpfincr uses where they exist, and leaves out
# what needs more than these programs: panics, the repair of debug information, stripping, checking the object.
set -euo pipefail
workspace=$1 output=$2 llvm=$3

cat <<RULES
builddir = $output
rustc = rustc --edition=2021 --target=bpfel-unknown-none -Copt-level=3 -Ccodegen-units=1 -Cdebuginfo=2 -Cpanic=abort -L$output

rule library
  command = \$rustc \$externs --crate-type=rlib --crate-name=\$name --emit=link=$output/lib\$name.rlib,llvm-bc=$output/\$name.bc,dep-info=\$out.d \$in
  depfile = \$out.d
  deps = gcc
rule probe
  command = \$rustc --extern=kit --crate-type=bin --crate-name=\$name --emit=llvm-bc=\$out,dep-info=\$out.d \$in
  depfile = \$out.d
  deps = gcc
rule link
  command = $llvm/llvm-link --only-needed --internalize \$in -o \$out
rule optimize
  command = $llvm/opt -passes="always-inline,default<O2>" -cold-callsite-rel-freq=0 \$in -o \$out
rule codegen
  command = $llvm/llc -march=bpfel -mcpu=v3 -bpf-disable-trap-unreachable -filetype=obj \$in -o \$out

RULES

# The files that crates are read from: rlibs NAME...
rlibs() { local crate; for crate; do printf "%s/lib%s.rlib " "$output" "$crate"; done; }

library() { # library NAME DEPENDENCY...
  local name=$1
  shift
  echo "build $output/lib$name.rlib | $output/$name.bc: library $name/src/lib.rs | $(rlibs "$@")"
  echo "  name = $name"
  echo "  externs = ${*/#/--extern=}"
}
library wire
library flow wire
library kit flow wire

libraries=$(rlibs kit flow wire)
for package in "$workspace"/probes/*; do
  name=${package##*/}
  echo "build $output/$name.bc: probe probes/$name/src/main.rs | $libraries"
  echo "  name = $name"
  echo "build $output/$name.linked.bc: link $output/$name.bc $output/kit.bc $output/flow.bc $output/wire.bc"
  echo "build $output/$name.optimized.bc: optimize $output/$name.linked.bc"
  echo "build $output/$name.o: codegen $output/$name.optimized.bc"
done
