#!/usr/bin/env bash
# Prints a Markdown table of what the verifier goes through for a program that copies between two map values: as bpfincr
# compiles it, as bpf-linker does, and as LLVM's own programs do, which is clang's way.
#
#   BENCH_BPF_LINKER=... BENCH_AYA_LOADER=... bench/copies.sh
#
# The loader is that of bench/real/run.sh. Where a tool makes no object that loads, there is a dash.
set -euo pipefail
here=$(cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")" && pwd)
: "${BENCH_BPF_LINKER:?names bpf-linker}" "${BENCH_AYA_LOADER:?names a program that loads objects}"
llvm=/usr/lib/llvm-$(/usr/bin/rustc -vV | sed -n 's/^LLVM version: \([0-9]*\).*/\1/p')/bin
program=$here/../bpfincr
"$program" --version >/dev/null
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export BPFINCR_CACHE_DIR=$work/cache
ln -s "$(readlink -f "$program")" "$work/bpf-linker"
cd "$work"

write_program() { # write_program ALIGNMENT BYTES
  local map='global { i32, i32, i32, i32, i32, i32, i32 } { i32 2, i32 4, i32 2048, i32 1, i32 0, i32 0, i32 0 }, section "maps"'
  cat >program.ll <<IR
target datalayout = "e-m:e-p:64:64-i64:64-i128:128-n32:64-S128"
target triple = "bpfel"
@TO = $map
@FROM = $map
@LICENSE = constant [4 x i8] c"GPL\00", section "license"
declare void @llvm.memcpy.p0.p0.i64(ptr, ptr, i64, i1)
define i32 @prog(ptr %context) section "socket/prog" {
  %key = alloca i32
  store i32 0, ptr %key
  %to = call ptr inttoptr (i64 1 to ptr)(ptr @TO, ptr %key)
  %from = call ptr inttoptr (i64 1 to ptr)(ptr @FROM, ptr %key)
  %no.to = icmp eq ptr %to, null
  br i1 %no.to, label %end, label %found
found:
  %no.from = icmp eq ptr %from, null
  br i1 %no.from, label %end, label %both
both:
  call void @llvm.memcpy.p0.p0.i64(ptr align $1 %to, ptr align $1 %from, i64 $2, i1 false)
  br label %end
end:
  ret i32 0
}
IR
}

exports="--export prog,TO,FROM,LICENSE --cpu v3"
count() { # count OBJECT: verified instructions
  "$BENCH_AYA_LOADER" "$1" 2>/dev/null | awk -F'\t' 'NR == 1 { print $4 == "ok" ? $5 : "–" }'
}

echo "| alignment | bytes | bpfincr | bpf-linker | LLVM |"
echo "| --- | --- | --- | --- | --- |"
for alignment in 1 2 4 8; do
  for bytes in 1 8 16 17 32 64 128 129 256 512 1024; do
    [ "$bytes" -ge "$alignment" ] || continue
    write_program "$alignment" "$bytes"
    rm -f ./*.o
    ./bpf-linker $exports -o ours.o program.ll >/dev/null 2>&1 || true
    "$llvm/llvm-as" program.ll -o program.bc
    "$BENCH_BPF_LINKER" $exports -O 2 -o theirs.o program.bc >/dev/null 2>&1 || true
    "$llvm/opt" -O2 program.bc -o optimized.bc
    "$llvm/llc" -march=bpfel -mcpu=v3 -filetype=obj -o llvm.o optimized.bc 2>/dev/null || true
    for tool in ours theirs llvm; do
      [ -e $tool.o ] && count $tool.o || echo "–"
    done | paste -sd ' ' | sed "s/^/| $alignment | $bytes | /; s/ \([0-9–]*\) \([0-9–]*\)$/ | \1 | \2 |/"
  done
done
