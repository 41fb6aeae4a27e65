namespace BpfIncr.Stages.Optimize;

/// <summary>
/// Memory functions for BPF. Those of compiler_builtins work on whole words and find the first one by masking the
/// pointer, which the kernel's verifier forbids; these go byte by byte, with an index the verifier can follow.
/// </summary>
internal static class MemoryFunctions
{
    public const string Prefix = "bpfincr.";

    public static ReadOnlySpan<byte> Text => """
        define void @bpfincr.memcpy(ptr %to, ptr %from, i64 %count) alwaysinline nounwind {
        start:
          %any = icmp ne i64 %count, 0
          br i1 %any, label %loop, label %end
        loop:
          %i = phi i64 [ 0, %start ], [ %next, %loop ]
          %source = getelementptr i8, ptr %from, i64 %i
          %byte = load i8, ptr %source, align 1
          %target = getelementptr i8, ptr %to, i64 %i
          store i8 %byte, ptr %target, align 1
          %next = add nuw i64 %i, 1
          %more = icmp ult i64 %next, %count
          br i1 %more, label %loop, label %end
        end:
          ret void
        }

        define void @bpfincr.memmove(ptr %to, ptr %from, i64 %count) alwaysinline nounwind {
        start:
          %any = icmp ne i64 %count, 0
          br i1 %any, label %direction, label %end
        direction:
          %ascending = icmp ult ptr %to, %from
          br i1 %ascending, label %up, label %down
        up:
          %i = phi i64 [ 0, %direction ], [ %next, %up ]
          %source = getelementptr i8, ptr %from, i64 %i
          %byte = load i8, ptr %source, align 1
          %target = getelementptr i8, ptr %to, i64 %i
          store i8 %byte, ptr %target, align 1
          %next = add nuw i64 %i, 1
          %more = icmp ult i64 %next, %count
          br i1 %more, label %up, label %end
        down:
          %left = phi i64 [ %count, %direction ], [ %j, %down ]
          %j = add nsw i64 %left, -1
          %source.down = getelementptr i8, ptr %from, i64 %j
          %byte.down = load i8, ptr %source.down, align 1
          %target.down = getelementptr i8, ptr %to, i64 %j
          store i8 %byte.down, ptr %target.down, align 1
          %more.down = icmp ne i64 %j, 0
          br i1 %more.down, label %down, label %end
        end:
          ret void
        }

        define void @bpfincr.memset(ptr %to, i8 %byte, i64 %count) alwaysinline nounwind {
        start:
          %any = icmp ne i64 %count, 0
          br i1 %any, label %loop, label %end
        loop:
          %i = phi i64 [ 0, %start ], [ %next, %loop ]
          %target = getelementptr i8, ptr %to, i64 %i
          store i8 %byte, ptr %target, align 1
          %next = add nuw i64 %i, 1
          %more = icmp ult i64 %next, %count
          br i1 %more, label %loop, label %end
        end:
          ret void
        }

        define i32 @bpfincr.memcmp(ptr %a, ptr %b, i64 %count) alwaysinline nounwind {
        start:
          %any = icmp ne i64 %count, 0
          br i1 %any, label %loop, label %equal
        loop:
          %i = phi i64 [ 0, %start ], [ %next, %same ]
          %a.at = getelementptr i8, ptr %a, i64 %i
          %a.byte = load i8, ptr %a.at, align 1
          %b.at = getelementptr i8, ptr %b, i64 %i
          %b.byte = load i8, ptr %b.at, align 1
          %differs = icmp ne i8 %a.byte, %b.byte
          br i1 %differs, label %different, label %same
        same:
          %next = add nuw i64 %i, 1
          %more = icmp ult i64 %next, %count
          br i1 %more, label %loop, label %equal
        different:
          %a.wide = zext i8 %a.byte to i32
          %b.wide = zext i8 %b.byte to i32
          %difference = sub nsw i32 %a.wide, %b.wide
          ret i32 %difference
        equal:
          ret i32 0
        }
        """u8;
}
