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

; Function Attrs: alwaysinline noreturn nounwind
define internal void @_RNvNtCs1_4core9panicking9panic_fmt(ptr %0) #1 {
  call void @bpfincr.panic._RNvNtCs1_4core9panicking9panic_fmt() #2
  unreachable
}

declare void @bpfincr.panic._RNvNtCs1_4core9panicking9panic_fmt()

attributes #0 = { alwaysinline }
attributes #1 = { alwaysinline noreturn nounwind }
attributes #2 = { nomerge }
