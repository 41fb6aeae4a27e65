target triple = "bpfel"

; Function Attrs: alwaysinline
define i32 @prog(ptr %context) #0 section "xdp" !dbg !3 {
  ret i32 2
}

attributes #0 = { alwaysinline }

!llvm.module.flags = !{!0}
!llvm.dbg.cu = !{!1}

!0 = !{i32 2, !"Debug Info Version", i32 3}
!1 = distinct !DICompileUnit(language: DW_LANG_Rust, file: !2, producer: "bpfincr", isOptimized: true, runtimeVersion: 0, emissionKind: FullDebug)
!2 = !DIFile(filename: "bpfincr", directory: "")
!3 = distinct !DISubprogram(name: "prog", linkageName: "prog", scope: !2, file: !2, type: !4, spFlags: DISPFlagDefinition | DISPFlagOptimized, unit: !1)
!4 = !DISubroutineType(types: !5)
!5 = !{null}
