target datalayout = "e-m:e-p:64:64-i64:64-i128:128-n32:64-S128"
target triple = "bpfel"

; Function Attrs: nounwind memory(argmem: readwrite, inaccessiblemem: readwrite)
define noundef i32 @prog(ptr %context) local_unnamed_addr #0 section "xdp" {
  %length = load volatile i32, ptr %context, align 4
  switch i32 %length, label %never [
    i32 0, label %zero
    i32 1, label %one
  ]

zero:                                             ; preds = %0
  ret i32 0

one:                                              ; preds = %0
  call void asm sideeffect "r0 = 0\0A\09exit", "~{r0}"()
  unreachable

never:                                            ; preds = %0
  store volatile i32 7, ptr %context, align 4
  call void asm sideeffect "r0 = 0\0A\09exit", "~{r0}"()
  unreachable
}

; Function Attrs: cold noreturn nounwind memory(inaccessiblemem: write)
declare void @llvm.trap() #1

attributes #0 = { nounwind memory(argmem: readwrite, inaccessiblemem: readwrite) }
attributes #1 = { cold noreturn nounwind memory(inaccessiblemem: write) }
