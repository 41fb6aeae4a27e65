target datalayout = "e-m:e-p:64:64-i64:64-i128:128-n32:64-S128"
target triple = "bpfel"

; As rustc declares them: without a type.
declare ptr @bpf_task_from_pid(i32)
declare void @bpf_task_release(ptr)
; As rustc makes it of #[linkage = "extern_weak"].
@bpf_rcu_read_lock = extern_weak global i8
@_rust_extern_with_linkage_bpf_rcu_read_lock = internal global ptr @bpf_rcu_read_lock
; As clang declares it, with a type.
declare !dbg !20 void @function_of_a_module() section ".ksyms"
; What no kernel has.
declare void @nowhere()

define i32 @prog(ptr %context) section "tp_btf/sys_enter" !dbg !4 {
  %task = call ptr @bpf_task_from_pid(i32 1), !dbg !6
  call void @bpf_task_release(ptr %task), !dbg !6
  %lock = load ptr, ptr @_rust_extern_with_linkage_bpf_rcu_read_lock, !dbg !6
  call void %lock(), !dbg !6
  call void @function_of_a_module(), !dbg !6
  call void @nowhere(), !dbg !6
  ret i32 0, !dbg !6
}

!llvm.dbg.cu = !{!0}
!llvm.module.flags = !{!2}
!0 = distinct !DICompileUnit(language: DW_LANG_Rust, file: !1, emissionKind: FullDebug)
!1 = !DIFile(filename: "src/main.rs", directory: "/workspace")
!2 = !{i32 2, !"Debug Info Version", i32 3}
!4 = distinct !DISubprogram(name: "prog", file: !1, line: 40, type: !5, unit: !0, spFlags: DISPFlagDefinition)
!5 = !DISubroutineType(types: !{null})
!6 = !DILocation(line: 42, scope: !4)
!20 = !DISubprogram(name: "function_of_a_module", scope: !1, file: !1, line: 1, type: !5, spFlags: DISPFlagOptimized)
