using System.Text;

namespace BpfIncr.Stages.Optimize;

/// <summary>
/// Memory functions for BPF. Those of compiler_builtins work on whole words and find the first one by masking the
/// pointer, which the kernel's verifier forbids; these go byte by byte, with an index the verifier can follow. Where the
/// number of bytes is unknown, an empty <c>asm</c> hides index and limit from LLVM. It would move an access before its
/// comparison, or write <c>limit &gt; index</c> the other way round: kernel 6.1 does not see that <c>23 &lt; r1</c>
/// is false for an <c>r1</c> of at most 15, and go on beyond the end. Where the number is known, LLVM has to see the index,
/// or it could not unroll the loop. The end of a string is known to neither.
/// </summary>
internal static class MemoryFunctions
{
    public const string Prefix = "bpfincr.";

    /// <summary>Follows the name of a function that copies, fills or compares an unknown number of bytes.</summary>
    public const string Unknown = ".unknown";

    /// <summary>Follows that, in the name of a function each of whose accesses LLVM has to leave as it is.</summary>
    public const string Volatile = ".volatile";

    public static byte[] Text { get; } = Encoding.UTF8.GetBytes(
        Length + Functions("", Seen, "") + Functions(Unknown, Hidden, "") + Functions(Volatile, Seen, "volatile ") + Functions(Unknown + Volatile, Hidden, "volatile "));

    private const string Length = $$"""
        define i64 @{{Prefix}}strlen(ptr %string) alwaysinline nounwind {
        start:
          br label %loop
        loop:
          %i = phi i64 [ 0, %start ], [ %next, %loop ]
          %at = getelementptr i8, ptr %string, i64 %i
          %byte = load i8, ptr %at, align 1
          %next = add nuw i64 %i, 1
          %found = icmp eq i8 %byte, 0
          br i1 %found, label %end, label %loop
        end:
          ret i64 %i
        }

        """;

    private static string Seen(string name) => $"add i64 {name}, 0";

    private static string Hidden(string name) => $"call i64 asm \"\", \"=r,0\"(i64 {name})";

    private static string Functions(string suffix, Func<string, string> value, string access) => $$"""
        define void @{{Prefix}}memcpy{{suffix}}(ptr %to, ptr %from, i64 %count) alwaysinline nounwind {
        start:
          %any = icmp ne i64 %count, 0
          br i1 %any, label %loop, label %end
        loop:
          %i = phi i64 [ 0, %start ], [ %next, %loop ]
          %source = getelementptr i8, ptr %from, i64 %i
          %byte = load {{access}}i8, ptr %source, align 1
          %target = getelementptr i8, ptr %to, i64 %i
          store {{access}}i8 %byte, ptr %target, align 1
          %next.i = add nuw i64 %i, 1
          %next = {{value("%next.i")}}
          %limit = {{value("%count")}}
          %more = icmp ugt i64 %limit, %next
          br i1 %more, label %loop, label %end
        end:
          ret void
        }

        define void @{{Prefix}}memmove{{suffix}}(ptr %to, ptr %from, i64 %count) alwaysinline nounwind {
        start:
          %any = icmp ne i64 %count, 0
          br i1 %any, label %direction, label %end
        direction:
          %ascending = icmp ult ptr %to, %from
          br i1 %ascending, label %up, label %down
        up:
          %i = phi i64 [ 0, %direction ], [ %next, %up ]
          %source = getelementptr i8, ptr %from, i64 %i
          %byte = load {{access}}i8, ptr %source, align 1
          %target = getelementptr i8, ptr %to, i64 %i
          store {{access}}i8 %byte, ptr %target, align 1
          %next.i = add nuw i64 %i, 1
          %next = {{value("%next.i")}}
          %limit = {{value("%count")}}
          %more = icmp ugt i64 %limit, %next
          br i1 %more, label %up, label %end
        down:
          %last = add i64 %count, -1
          br label %down.check
        down.check:
          %any.j = phi i64 [ %last, %down ], [ %before, %down.loop ]
          %j = {{value("%any.j")}}
          %more.down = icmp sgt i64 %j, -1
          br i1 %more.down, label %down.loop, label %end
        down.loop:
          %source.down = getelementptr i8, ptr %from, i64 %j
          %byte.down = load {{access}}i8, ptr %source.down, align 1
          %target.down = getelementptr i8, ptr %to, i64 %j
          store {{access}}i8 %byte.down, ptr %target.down, align 1
          %before = add nsw i64 %j, -1
          br label %down.check
        end:
          ret void
        }

        define void @{{Prefix}}memset{{suffix}}(ptr %to, i8 %byte, i64 %count) alwaysinline nounwind {
        start:
          %any = icmp ne i64 %count, 0
          br i1 %any, label %loop, label %end
        loop:
          %i = phi i64 [ 0, %start ], [ %next, %loop ]
          %target = getelementptr i8, ptr %to, i64 %i
          store {{access}}i8 %byte, ptr %target, align 1
          %next.i = add nuw i64 %i, 1
          %next = {{value("%next.i")}}
          %limit = {{value("%count")}}
          %more = icmp ugt i64 %limit, %next
          br i1 %more, label %loop, label %end
        end:
          ret void
        }

        define i32 @{{Prefix}}memcmp{{suffix}}(ptr %a, ptr %b, i64 %count) alwaysinline nounwind {
        start:
          %any = icmp ne i64 %count, 0
          br i1 %any, label %loop, label %equal
        loop:
          %i = phi i64 [ 0, %start ], [ %next, %same ]
          %a.at = getelementptr i8, ptr %a, i64 %i
          %a.byte = load {{access}}i8, ptr %a.at, align 1
          %b.at = getelementptr i8, ptr %b, i64 %i
          %b.byte = load {{access}}i8, ptr %b.at, align 1
          %differs = icmp ne i8 %a.byte, %b.byte
          br i1 %differs, label %different, label %same
        same:
          %next.i = add nuw i64 %i, 1
          %next = {{value("%next.i")}}
          %limit = {{value("%count")}}
          %more = icmp ugt i64 %limit, %next
          br i1 %more, label %loop, label %equal
        different:
          %a.wide = zext i8 %a.byte to i32
          %b.wide = zext i8 %b.byte to i32
          %difference = sub nsw i32 %a.wide, %b.wide
          ret i32 %difference
        equal:
          ret i32 0
        }
        
        """;
}
