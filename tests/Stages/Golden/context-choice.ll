target datalayout = "e-m:e-p:64:64-i64:64-i128:128-n32:64-S128"
target triple = "bpfel"

; if x { ctx.len } else { ctx.mark }, as rustc hands it over: the offset is chosen.
define i32 @of_two(ptr %context) section "classifier" {
  %x = call i32 inttoptr (i64 7 to ptr)()
  %large = icmp ugt i32 %x, 5
  %offset = select i1 %large, i64 0, i64 8
  %at = getelementptr i8, ptr %context, i64 %offset
  %value = load i32, ptr %at, align 4
  ret i32 %value
}

; match x { 0 => ctx.len, 7 => ctx.mark, 11 => ctx.protocol, _ => return 1 }: the address is.
define i32 @of_three(ptr %context) section "classifier" {
  %x = call i32 inttoptr (i64 7 to ptr)()
  switch i32 %x, label %end [
    i32 0, label %read
    i32 7, label %mark
    i32 11, label %protocol
  ]
mark:
  %at.mark = getelementptr i8, ptr %context, i64 8
  br label %read
protocol:
  %at.protocol = getelementptr i8, ptr %context, i64 16
  br label %read
read:
  %at = phi ptr [ %context, %0 ], [ %at.mark, %mark ], [ %at.protocol, %protocol ]
  %value = load i32, ptr %at, align 4
  br label %end
end:
  %result = phi i32 [ 1, %0 ], [ %value, %read ]
  ret i32 %result
}

; if x { ctx.mark = y } else { ctx.priority = y }
define i32 @written(ptr %context) section "classifier" {
  %x = call i32 inttoptr (i64 7 to ptr)()
  %y = call i32 inttoptr (i64 7 to ptr)()
  %large = icmp ugt i32 %x, 5
  %offset = select i1 %large, i64 8, i64 32
  %at = getelementptr i8, ptr %context, i64 %offset
  store i32 %y, ptr %at, align 4
  ret i32 0
}
