target datalayout = "e-m:e-p270:32:32-p271:32:32-p272:64:64-i64:64-i128:128-f80:128-n8:16:32:64-S128"
target triple = "x86_64-unknown-linux-gnu"

module asm ".globl __rust_probestack"

define i32 @prog(ptr %context) unnamed_addr #0 section "xdp" personality ptr @rust_eh_personality {
  ret i32 2
}

declare i32 @rust_eh_personality(...)

attributes #0 = { mustprogress nofree nonlazybind uwtable "probe-stack"="inline-asm" "target-cpu"="x86-64" "target-features"="+sse2" }
