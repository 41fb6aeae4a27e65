target datalayout = "e-m:e-p:64:64-i64:64-i128:128-n32:64-S128"
target triple = "bpfel"

define i32 @prog(ptr %count) section "xdp" {
  %old = load atomic i64, ptr %count monotonic, align 8
  store atomic i64 %old, ptr %count monotonic, align 8
  ret i32 0
}
