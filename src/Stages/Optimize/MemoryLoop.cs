using System.Globalization;
using System.Text;
using BpfIncr.Stages.Llvm;

namespace BpfIncr.Stages.Optimize;

/// <summary>
/// A function that does a memory operation with a loop the kernel's verifier can follow. Those of compiler_builtins find the first
/// whole word by masking the pointer, which the verifier forbids. Here an index counts, and each round goes over a block of
/// words: the verifier walks through every round, so the fewer there are, the less it costs.
/// </summary>
/// <param name="Operation">What C calls it: memcpy, memmove, memset, memcmp or strlen.</param>
/// <param name="Size">The number of bytes; null where it is known only when the program runs.</param>
/// <param name="Word">The bytes of one access; 1 where the size is not known.</param>
/// <param name="IsVolatile">Whether LLVM has to leave each access as it is.</param>
internal sealed record MemoryLoop(string Operation, ulong? Size, ulong Word, bool IsVolatile)
{
    private const ulong WordsInBlock = 8;

    // A word of equal bytes. Truncated from more bits than any word has, it is written in one way for all of them.
    private const string Pattern = """
          %wide = zext i8 %byte to i64
          %word = mul i64 %wide, 72340172838076673
          %pattern = zext i64 %word to i128

        """;

    /// <summary>The function's name.</summary>
    public string Name => string.Create(
        CultureInfo.InvariantCulture,
        $"{OperationReplacer.Prefix}{Operation}.{(Size is { } size ? $"{size}" : "unknown")}.{Word}{(IsVolatile ? ".volatile" : "")}");

    /// <summary>The function's definition.</summary>
    public string Text => Operation switch
    {
        "memcpy" when Size is { } size => Known("ptr %to, ptr %from, i64 %count", "", size),
        "memset" when Size is { } size => Known("ptr %to, i8 %byte, i64 %count", Pattern, size),
        "memcpy" => Bytes("ptr %to, ptr %from, i64 %count"),
        "memset" => Bytes("ptr %to, i8 %byte, i64 %count"),
        "memmove" => EitherWay(),
        "memcmp" => Comparison(),
        "strlen" => Length(),
        _ => throw new InvalidOperationException($"no loop does what {Operation} does"),
    };

    private string Access => IsVolatile ? "volatile " : "";

    private string Type => TypeOf(Word);

    private static string TypeOf(ulong bytes) => string.Create(CultureInfo.InvariantCulture, $"i{bytes * 8}");

    // An empty asm hides index and limit from LLVM. It would move an access before its comparison, or write "limit > index" the other
    // way round: kernel 6.1 does not see that "23 < r1" is false for an r1 of at most 15, and goes on beyond the end. Where the
    // number is known, LLVM has to see the index, or it could not unroll the loop.
    private string Value(string name) => Size is null ? $"call i64 asm \"\", \"=r,0\"(i64 {name})" : $"add i64 {name}, 0";

    // Blocks of words, and straight code for what no block holds.
    private string Known(string parameters, string prologue, ulong size)
    {
        ulong block = WordsInBlock * Word, end = size / block * block;
        var text = new StringBuilder($"define void @{Name}({parameters}) alwaysinline nounwind {{\nstart:\n{prologue}");
        if (end > 0) AppendBlocks(text, block, end);
        for (ulong at = end, word = Word; at < size; at += word)
        {
            while (word > size - at) word /= 2;
            AppendWord(text, $"r{at}", word, $"{at}");
        }

        return text.Append("  ret void\n}\n").ToString();
    }

    private void AppendBlocks(StringBuilder text, ulong block, ulong end)
    {
        text.Append("""
              br label %loop
            loop:
              %i = phi i64 [ 0, %start ], [ %next, %loop ]

            """);
        for (ulong at = 0; at < block; at += Word)
        {
            text.Append(CultureInfo.InvariantCulture, $"  %b{at} = add i64 %i, {at}\n");
            AppendWord(text, $"b{at}", Word, $"%b{at}");
        }

        text.Append(CultureInfo.InvariantCulture, $$"""
              %next = add nuw i64 %i, {{block}}
              %more = icmp ult i64 %next, {{end}}
              br i1 %more, label %loop, label %rest
            rest:

            """);
    }

    private void AppendWord(StringBuilder text, string name, ulong word, string at)
    {
        string type = TypeOf(word);
        string value = Operation == "memset"
            ? $"trunc i128 %pattern to {type}"
            : $"load {Access}{type}, ptr %{name}.from, align {word}";
        if (Operation != "memset") text.Append(CultureInfo.InvariantCulture, $"  %{name}.from = getelementptr i8, ptr %from, i64 {at}\n");
        text.Append(CultureInfo.InvariantCulture, $"""
              %{name}.value = {value}
              %{name}.to = getelementptr i8, ptr %to, i64 {at}
              store {Access}{type} %{name}.value, ptr %{name}.to, align {word}

            """);
    }

    // One byte a round, as many as there are.
    private string Bytes(string parameters) => $$"""
        define void @{{Name}}({{parameters}}) alwaysinline nounwind {
        start:
          %any = icmp ne i64 %count, 0
          br i1 %any, label %loop, label %end
        loop:
          %i = phi i64 [ 0, %start ], [ %next, %loop ]
        {{(Operation == "memset" ? "" : $"""
          %source = getelementptr i8, ptr %from, i64 %i
          %byte = load {Access}i8, ptr %source, align 1
        """)}}
          %target = getelementptr i8, ptr %to, i64 %i
          store {{Access}}i8 %byte, ptr %target, align 1
          %next.i = add nuw i64 %i, 1
          %next = {{Value("%next.i")}}
          %limit = {{Value("%count")}}
          %more = icmp ugt i64 %limit, %next
          br i1 %more, label %loop, label %end
        end:
          ret void
        }
        """;

    // What may overlap is copied from the end that is not overwritten.
    private string EitherWay() => $$"""
        define void @{{Name}}(ptr %to, ptr %from, i64 %count) alwaysinline nounwind {
        start:
          %any = icmp ne i64 %count, 0
          br i1 %any, label %direction, label %end
        direction:
          %ascending = icmp ult ptr %to, %from
          br i1 %ascending, label %up, label %down
        up:
          %i = phi i64 [ 0, %direction ], [ %next, %up ]
          %source = getelementptr i8, ptr %from, i64 %i
          %word = load {{Access}}{{Type}}, ptr %source, align {{Word}}
          %target = getelementptr i8, ptr %to, i64 %i
          store {{Access}}{{Type}} %word, ptr %target, align {{Word}}
          %next.i = add nuw i64 %i, {{Word}}
          %next = {{Value("%next.i")}}
          %limit = {{Value("%count")}}
          %more = icmp ugt i64 %limit, %next
          br i1 %more, label %up, label %end
        down:
          %last = sub i64 %count, {{Word}}
          br label %down.check
        down.check:
          %any.j = phi i64 [ %last, %down ], [ %before, %down.loop ]
          %j = {{Value("%any.j")}}
          %more.down = icmp sgt i64 %j, -1
          br i1 %more.down, label %down.loop, label %end
        down.loop:
          %source.down = getelementptr i8, ptr %from, i64 %j
          %word.down = load {{Access}}{{Type}}, ptr %source.down, align {{Word}}
          %target.down = getelementptr i8, ptr %to, i64 %j
          store {{Access}}{{Type}} %word.down, ptr %target.down, align {{Word}}
          %before = sub nsw i64 %j, {{Word}}
          br label %down.check
        end:
          ret void
        }
        """;

    private string Comparison() => $$"""
        define i32 @{{Name}}(ptr %a, ptr %b, i64 %count) alwaysinline nounwind {
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
          %next.i = add nuw i64 %i, 1
          %next = {{Value("%next.i")}}
          %limit = {{Value("%count")}}
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

    // The end of a string is known to none.
    private string Length() => $$"""
        define i64 @{{Name}}(ptr %string) alwaysinline nounwind {
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
}
