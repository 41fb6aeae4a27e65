target triple = "bpfel"

; Function Attrs: alwaysinline
define i32 @prog(ptr %context) #0 section "xdp" {
  ret i32 2
}

attributes #0 = { alwaysinline }

!llvm.module.flags = !{!0}

!0 = !{i32 2, !"Debug Info Version", i32 3}
