target datalayout = "e-m:e-p:64:64-i64:64-i128:128-n32:64-S128"
target triple = "bpfel"

define i32 @of_two(ptr readonly captures(none) %context) local_unnamed_addr section "classifier" {
  %x = tail call i32 inttoptr (i64 7 to ptr)()
  %large = icmp ugt i32 %x, 5
  %offset = select i1 %large, i64 0, i64 8
  %cond = icmp eq i64 %offset, 0
  br i1 %cond, label %at0.i, label %at1.i

at0.i:                                            ; preds = %0
  %value0.i = load i32, ptr %context, align 4
  br label %bpfincr.context.0.exit

at1.i:                                            ; preds = %0
  %place1.i = getelementptr i8, ptr %context, i64 8
  %value1.i = load i32, ptr %place1.i, align 4
  br label %bpfincr.context.0.exit

bpfincr.context.0.exit:                           ; preds = %at1.i, %at0.i
  %1 = phi i32 [ %value0.i, %at0.i ], [ %value1.i, %at1.i ]
  ret i32 %1
}

define i32 @of_three(ptr readonly captures(none) %context) local_unnamed_addr section "classifier" {
  %x = tail call i32 inttoptr (i64 7 to ptr)()
  switch i32 %x, label %end [
    i32 0, label %read
    i32 7, label %mark
    i32 11, label %protocol
  ]

mark:                                             ; preds = %0
  br label %read

protocol:                                         ; preds = %0
  br label %read

read:                                             ; preds = %protocol, %mark, %0
  %1 = phi i64 [ 0, %0 ], [ 8, %mark ], [ 16, %protocol ]
  switch i64 %1, label %at2.i [
    i64 0, label %at0.i
    i64 8, label %at1.i
  ]

at0.i:                                            ; preds = %read
  %value0.i = load i32, ptr %context, align 4
  br label %bpfincr.context.1.exit

at1.i:                                            ; preds = %read
  %place1.i = getelementptr i8, ptr %context, i64 8
  %value1.i = load i32, ptr %place1.i, align 4
  br label %bpfincr.context.1.exit

at2.i:                                            ; preds = %read
  %place2.i = getelementptr i8, ptr %context, i64 16
  %value2.i = load i32, ptr %place2.i, align 4
  br label %bpfincr.context.1.exit

bpfincr.context.1.exit:                           ; preds = %at2.i, %at1.i, %at0.i
  %2 = phi i32 [ %value0.i, %at0.i ], [ %value1.i, %at1.i ], [ %value2.i, %at2.i ]
  br label %end

end:                                              ; preds = %bpfincr.context.1.exit, %0
  %result = phi i32 [ 1, %0 ], [ %2, %bpfincr.context.1.exit ]
  ret i32 %result
}

define noundef i32 @written(ptr writeonly captures(none) %context) local_unnamed_addr section "classifier" {
  %x = tail call i32 inttoptr (i64 7 to ptr)()
  %y = tail call i32 inttoptr (i64 7 to ptr)()
  %large = icmp ugt i32 %x, 5
  %offset = select i1 %large, i64 8, i64 32
  %cond = icmp eq i64 %offset, 8
  br i1 %cond, label %at0.i, label %at1.i

at0.i:                                            ; preds = %0
  %place0.i = getelementptr i8, ptr %context, i64 8
  store i32 %y, ptr %place0.i, align 4
  br label %bpfincr.context.2.exit

at1.i:                                            ; preds = %0
  %place1.i = getelementptr i8, ptr %context, i64 32
  store i32 %y, ptr %place1.i, align 4
  br label %bpfincr.context.2.exit

bpfincr.context.2.exit:                           ; preds = %at1.i, %at0.i
  ret i32 0
}
