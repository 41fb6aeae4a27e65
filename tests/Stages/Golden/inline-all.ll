target datalayout = "e-m:e-p:64:64-i64:64-i128:128-n32:64-S128"
target triple = "bpfel"

define i32 @prog(ptr %context) section "xdp" {
  %place = alloca [24 x i8], align 8
  call void @large(ptr sret([24 x i8]) %place, ptr %context) #1
  %a = call i64 @small(i64 1) #1
  %b = call i64 @six(i64 1, i64 2, i64 3, i64 4, i64 5, i64 6) #1
  %sum = add i64 %a, %b
  %low = trunc i64 %sum to i32
  ret i32 %low
}

define internal void @large(ptr sret([24 x i8]) %result, ptr %context) #0 {
  store volatile i64 1, ptr %result, align 8
  ret void
}

define internal i64 @small(i64 %a) #0 {
  ret i64 %a
}

define internal i64 @six(i64 %a, i64 %b, i64 %c, i64 %d, i64 %e, i64 %f) #0 {
  ret i64 %f
}

attributes #0 = { cold noinline minsize optsize }
attributes #1 = { cold noinline }
