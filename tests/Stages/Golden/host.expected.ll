target datalayout = "e-m:e-p:64:64-i64:64-i128:128-n32:64-S128"
target triple = "bpfel"

; Function Attrs: alwaysinline mustprogress nofree
define i32 @prog(ptr %context) unnamed_addr #0 section "xdp" {
  ret i32 2
}

attributes #0 = { alwaysinline mustprogress nofree }
