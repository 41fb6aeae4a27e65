target datalayout = "e-m:e-p:64:64-i64:64-i128:128-n32:64-S128"
target triple = "bpfel"

@map = global [16 x i8] zeroinitializer, section ".maps"

; Function Attrs: nocallback nofree nounwind willreturn memory(argmem: write)
declare void @llvm.memset.p0.i64(ptr writeonly captures(none), i8, i64, i1 immarg) #0

define i32 @prog(ptr %context, ptr %other) section "kprobe" {
  %key = alloca [9 x i8], align 8
  %saved = alloca [45 x i8], align 8
  call void @llvm.memset.p0.i64(ptr align 8 %key, i8 0, i64 9, i1 false)
  %value = call ptr inttoptr (i64 1 to ptr)(ptr @map, ptr %key)
  %1 = load volatile i64, ptr %context, align 8
  store volatile i64 %1, ptr %saved, align 8
  %2 = getelementptr i8, ptr %context, i64 8
  %3 = load volatile i64, ptr %2, align 8
  %4 = getelementptr i8, ptr %saved, i64 8
  store volatile i64 %3, ptr %4, align 8
  %5 = getelementptr i8, ptr %context, i64 16
  %6 = load volatile i64, ptr %5, align 8
  %7 = getelementptr i8, ptr %saved, i64 16
  store volatile i64 %6, ptr %7, align 8
  %8 = getelementptr i8, ptr %context, i64 24
  %9 = load volatile i64, ptr %8, align 8
  %10 = getelementptr i8, ptr %saved, i64 24
  store volatile i64 %9, ptr %10, align 8
  %11 = getelementptr i8, ptr %context, i64 32
  %12 = load volatile i64, ptr %11, align 8
  %13 = getelementptr i8, ptr %saved, i64 32
  store volatile i64 %12, ptr %13, align 8
  %14 = getelementptr i8, ptr %context, i64 40
  %15 = load volatile i32, ptr %14, align 4
  %16 = getelementptr i8, ptr %saved, i64 40
  store volatile i32 %15, ptr %16, align 4
  %17 = getelementptr i8, ptr %context, i64 44
  %18 = load volatile i8, ptr %17, align 1
  %19 = getelementptr i8, ptr %saved, i64 44
  store volatile i8 %18, ptr %19, align 1
  %20 = getelementptr i8, ptr %saved, i64 36
  %21 = load volatile i8, ptr %20, align 1
  %22 = getelementptr i8, ptr %saved, i64 44
  store volatile i8 %21, ptr %22, align 1
  %23 = getelementptr i8, ptr %saved, i64 32
  %24 = load volatile i32, ptr %23, align 4
  %25 = getelementptr i8, ptr %saved, i64 40
  store volatile i32 %24, ptr %25, align 4
  %26 = getelementptr i8, ptr %saved, i64 24
  %27 = load volatile i64, ptr %26, align 8
  %28 = getelementptr i8, ptr %saved, i64 32
  store volatile i64 %27, ptr %28, align 8
  %29 = getelementptr i8, ptr %saved, i64 16
  %30 = load volatile i64, ptr %29, align 8
  %31 = getelementptr i8, ptr %saved, i64 24
  store volatile i64 %30, ptr %31, align 8
  %32 = getelementptr i8, ptr %saved, i64 8
  %33 = load volatile i64, ptr %32, align 8
  %34 = getelementptr i8, ptr %saved, i64 16
  store volatile i64 %33, ptr %34, align 8
  %35 = load volatile i64, ptr %saved, align 8
  %36 = getelementptr i8, ptr %saved, i64 8
  store volatile i64 %35, ptr %36, align 8
  %37 = load volatile i8, ptr %other, align 1
  store volatile i8 %37, ptr %value, align 1
  %38 = getelementptr i8, ptr %other, i64 1
  %39 = load volatile i8, ptr %38, align 1
  %40 = getelementptr i8, ptr %value, i64 1
  store volatile i8 %39, ptr %40, align 1
  %41 = getelementptr i8, ptr %other, i64 2
  %42 = load volatile i8, ptr %41, align 1
  %43 = getelementptr i8, ptr %value, i64 2
  store volatile i8 %42, ptr %43, align 1
  %44 = getelementptr i8, ptr %other, i64 3
  %45 = load volatile i8, ptr %44, align 1
  %46 = getelementptr i8, ptr %value, i64 3
  store volatile i8 %45, ptr %46, align 1
  %47 = getelementptr i8, ptr %other, i64 4
  %48 = load volatile i8, ptr %47, align 1
  %49 = getelementptr i8, ptr %value, i64 4
  store volatile i8 %48, ptr %49, align 1
  %50 = getelementptr i8, ptr %other, i64 5
  %51 = load volatile i8, ptr %50, align 1
  %52 = getelementptr i8, ptr %value, i64 5
  store volatile i8 %51, ptr %52, align 1
  %53 = getelementptr i8, ptr %other, i64 6
  %54 = load volatile i8, ptr %53, align 1
  %55 = getelementptr i8, ptr %value, i64 6
  store volatile i8 %54, ptr %55, align 1
  %56 = getelementptr i8, ptr %other, i64 7
  %57 = load volatile i8, ptr %56, align 1
  %58 = getelementptr i8, ptr %value, i64 7
  store volatile i8 %57, ptr %58, align 1
  %59 = getelementptr i8, ptr %other, i64 8
  %60 = load volatile i8, ptr %59, align 1
  %61 = getelementptr i8, ptr %value, i64 8
  store volatile i8 %60, ptr %61, align 1
  %62 = getelementptr i8, ptr %other, i64 9
  %63 = load volatile i8, ptr %62, align 1
  %64 = getelementptr i8, ptr %value, i64 9
  store volatile i8 %63, ptr %64, align 1
  %65 = getelementptr i8, ptr %other, i64 10
  %66 = load volatile i8, ptr %65, align 1
  %67 = getelementptr i8, ptr %value, i64 10
  store volatile i8 %66, ptr %67, align 1
  %68 = getelementptr i8, ptr %other, i64 11
  %69 = load volatile i8, ptr %68, align 1
  %70 = getelementptr i8, ptr %value, i64 11
  store volatile i8 %69, ptr %70, align 1
  ret i32 0
}

attributes #0 = { nocallback nofree nounwind willreturn memory(argmem: write) }
