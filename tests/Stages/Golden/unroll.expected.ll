target datalayout = "e-m:e-p:64:64-i64:64-i128:128-n32:64-S128"
target triple = "bpfel"

; Function Attrs: nofree norecurse nounwind memory(argmem: readwrite, inaccessiblemem: readwrite)
define noundef i32 @prog(ptr %context) local_unnamed_addr #0 section "xdp" {
entry:
  store volatile i8 0, ptr %context, align 1
  %at.1 = getelementptr i8, ptr %context, i64 1
  store volatile i8 0, ptr %at.1, align 1
  %at.2 = getelementptr i8, ptr %context, i64 2
  store volatile i8 0, ptr %at.2, align 1
  ret i32 0
}

attributes #0 = { nofree norecurse nounwind memory(argmem: readwrite, inaccessiblemem: readwrite) }
