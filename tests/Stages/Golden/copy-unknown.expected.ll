target datalayout = "e-m:e-p:64:64-i64:64-i128:128-n32:64-S128"
target triple = "bpfel"

; Function Attrs: mustprogress nofree norecurse nosync nounwind willreturn memory(argmem: readwrite)
define noundef i32 @prog(ptr writeonly captures(none) %to, ptr readonly captures(none) %from, i64 %count) local_unnamed_addr #0 section "xdp" {
  %any.i.not = icmp eq i64 %count, 0
  br i1 %any.i.not, label %bpfincr.memcpy.unknown.1.exit, label %loop.i

loop.i:                                           ; preds = %loop.i, %0
  %i.i = phi i64 [ %next.i, %loop.i ], [ 0, %0 ]
  %source.i = getelementptr i8, ptr %from, i64 %i.i
  %byte.i = load i8, ptr %source.i, align 1
  %target.i = getelementptr i8, ptr %to, i64 %i.i
  store i8 %byte.i, ptr %target.i, align 1
  %next.i.i = add nuw i64 %i.i, 1
  %next.i = tail call i64 asm "", "=r,0"(i64 %next.i.i) #1
  %limit.i = tail call i64 asm "", "=r,0"(i64 %count) #1
  %more.i = icmp ugt i64 %limit.i, %next.i
  br i1 %more.i, label %loop.i, label %bpfincr.memcpy.unknown.1.exit

bpfincr.memcpy.unknown.1.exit:                    ; preds = %loop.i, %0
  ret i32 0
}

attributes #0 = { mustprogress nofree norecurse nosync nounwind willreturn memory(argmem: readwrite) }
attributes #1 = { nounwind }
