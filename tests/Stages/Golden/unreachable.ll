target datalayout = "e-m:e-p:64:64-i64:64-i128:128-n32:64-S128"
target triple = "bpfel"

define i32 @prog(ptr %context) section "xdp" {
  %length = load volatile i32, ptr %context, align 4
  switch i32 %length, label %never [
    i32 0, label %zero
    i32 1, label %one
  ]

zero:
  ret i32 0

one:
  call void @llvm.trap()
  unreachable

never:
  store volatile i32 7, ptr %context, align 4
  unreachable
}

declare void @llvm.trap()
