target datalayout = "e-m:e-p:64:64-i64:64-i128:128-n32:64-S128"
target triple = "bpfel"

define i32 @prog(ptr %context) section "xdp" {
  %length = load i32, ptr %context, align 4
  %bad = icmp ugt i32 %length, 1500
  br i1 %bad, label %panic, label %end

panic:
  call void @_RNvNtCs1_4core9panicking9panic_fmt(ptr null) #1
  unreachable

end:
  ret i32 %length
}

define internal void @_RNvNtCs1_4core9panicking9panic_fmt(ptr %message) #0 {
  call void @_RNvCsabc_7___rustc17rust_begin_unwind(ptr %message) #1
  unreachable
}

define internal void @_RNvCsabc_7___rustc17rust_begin_unwind(ptr %message) #0 {
  br label %forever

forever:
  br label %forever
}

attributes #0 = { cold noinline noreturn }
attributes #1 = { cold noinline }
