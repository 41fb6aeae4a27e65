target datalayout = "e-m:e-p:64:64-i64:64-i128:128-n32:64-S128"
target triple = "bpfel"

; Function Attrs: mustprogress nofree norecurse nounwind willreturn memory(argmem: readwrite)
define noundef i32 @prog(ptr captures(none) %count) local_unnamed_addr #0 section "xdp" {
  %old = load volatile i64, ptr %count, align 8
  store volatile i64 %old, ptr %count, align 8
  ret i32 0
}

attributes #0 = { mustprogress nofree norecurse nounwind willreturn memory(argmem: readwrite) }
