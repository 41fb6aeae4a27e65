target datalayout = "e-m:e-p:64:64-i64:64-i128:128-n32:64-S128"
target triple = "bpfel"

; Function Attrs: alwaysinline
define i32 @prog(ptr %context) #0 section "xdp" {
  %length = load i32, ptr %context, align 4
  %bad = icmp ugt i32 %length, 1500
  br i1 %bad, label %panic, label %end

panic:                                            ; preds = %0
  call void @_RNvNtCs1_4core9panicking9panic_fmt(ptr null)
  unreachable

end:                                              ; preds = %0
  ret i32 %length
}

; Function Attrs: alwaysinline noreturn
define internal void @_RNvNtCs1_4core9panicking9panic_fmt(ptr %message) #1 {
  call void @_RNvCsabc_7___rustc17rust_begin_unwind(ptr %message)
  unreachable
}

; Function Attrs: alwaysinline noreturn
define internal void @_RNvCsabc_7___rustc17rust_begin_unwind(ptr %message) #1 {
  br label %forever

forever:                                          ; preds = %forever, %0
  br label %forever
}

attributes #0 = { alwaysinline }
attributes #1 = { alwaysinline noreturn }
