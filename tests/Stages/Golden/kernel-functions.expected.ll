target datalayout = "e-m:e-p:64:64-i64:64-i128:128-n32:64-S128"
target triple = "bpfel"

@_rust_extern_with_linkage_bpf_rcu_read_lock = internal global ptr @bpf_rcu_read_lock

declare !dbg !3 ptr @bpf_task_from_pid(i32) section ".ksyms"

declare !dbg !11 void @bpf_task_release(ptr) section ".ksyms"

declare !dbg !14 void @function_of_a_module() section ".ksyms"

declare void @nowhere()

; Function Attrs: alwaysinline
define i32 @prog(ptr %context) #0 section "tp_btf/sys_enter" !dbg !17 {
  %task = call ptr @bpf_task_from_pid(i32 1), !dbg !18
  call void @bpf_task_release(ptr %task), !dbg !18
  %lock = load ptr, ptr @_rust_extern_with_linkage_bpf_rcu_read_lock, align 8, !dbg !18
  call void %lock(), !dbg !18
  call void @function_of_a_module(), !dbg !18
  call void @nowhere(), !dbg !18
  ret i32 0, !dbg !18
}

declare !dbg !19 extern_weak void @bpf_rcu_read_lock() section ".ksyms"

attributes #0 = { alwaysinline }

!llvm.dbg.cu = !{!0}
!llvm.module.flags = !{!2}

!0 = distinct !DICompileUnit(language: DW_LANG_Rust, file: !1, isOptimized: false, runtimeVersion: 0, emissionKind: FullDebug)
!1 = !DIFile(filename: "src/main.rs", directory: "/workspace")
!2 = !{i32 2, !"Debug Info Version", i32 3}
!3 = !DISubprogram(name: "bpf_task_from_pid", linkageName: "bpf_task_from_pid", scope: !4, file: !4, type: !5, spFlags: 0)
!4 = !DIFile(filename: "kernel", directory: "")
!5 = !DISubroutineType(types: !6)
!6 = !{!7, !10}
!7 = !DIDerivedType(tag: DW_TAG_pointer_type, baseType: !8, size: 64, dwarfAddressSpace: 0)
!8 = !DICompositeType(tag: DW_TAG_structure_type, name: "task_struct", scope: !4, file: !4, elements: !9)
!9 = !{}
!10 = !DIBasicType(name: "i32", size: 32, encoding: DW_ATE_signed)
!11 = !DISubprogram(name: "bpf_task_release", linkageName: "bpf_task_release", scope: !4, file: !4, type: !12, spFlags: 0)
!12 = !DISubroutineType(types: !13)
!13 = !{null, !7}
!14 = !DISubprogram(name: "function_of_a_module", scope: !1, file: !1, line: 1, type: !15, spFlags: DISPFlagOptimized)
!15 = !DISubroutineType(types: !16)
!16 = !{null}
!17 = distinct !DISubprogram(name: "prog", scope: null, file: !1, line: 40, type: !15, spFlags: DISPFlagDefinition, unit: !0)
!18 = !DILocation(line: 42, scope: !17)
!19 = !DISubprogram(name: "bpf_rcu_read_lock", linkageName: "bpf_rcu_read_lock", scope: !4, file: !4, type: !15, spFlags: 0)
