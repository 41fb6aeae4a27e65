target datalayout = "e-m:e-p:64:64-i64:64-i128:128-n32:64-S128"
target triple = "bpfel"

@map = global [16 x i8] zeroinitializer, section ".maps"

declare void @llvm.memcpy.p0.p0.i64(ptr, ptr, i64, i1)
declare void @llvm.memmove.p0.p0.i64(ptr, ptr, i64, i1)
declare void @llvm.memset.p0.i64(ptr, i8, i64, i1)

define i32 @prog(ptr %context, ptr %other) section "kprobe" {
  %key = alloca [9 x i8], align 1
  %saved = alloca [45 x i8], align 1
  call void @llvm.memset.p0.i64(ptr %key, i8 0, i64 9, i1 false)
  %value = call ptr inttoptr (i64 1 to ptr)(ptr @map, ptr %key)
  call void @llvm.memcpy.p0.p0.i64(ptr %saved, ptr %context, i64 45, i1 false)
  %part = getelementptr i8, ptr %saved, i64 8
  call void @llvm.memmove.p0.p0.i64(ptr %part, ptr %saved, i64 37, i1 false)
  call void @llvm.memcpy.p0.p0.i64(ptr %value, ptr %other, i64 12, i1 false)
  ret i32 0
}
