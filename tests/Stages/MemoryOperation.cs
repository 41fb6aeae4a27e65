namespace BpfIncr.Stages.Tests;

/// <summary>One operation of a <see cref="MemoryProgram"/>, as text and as what it does.</summary>
/// <param name="Name">What follows <c>llvm.</c> in the name of the intrinsic, or the name of the function in C.</param>
/// <param name="IsIntrinsic">Whether it is the intrinsic.</param>
/// <param name="IsVolatile">Whether the intrinsic is volatile.</param>
/// <param name="Alignment">Which alignment the intrinsic is promised of both places.</param>
/// <param name="To">The place that changes, or is compared.</param>
/// <param name="From">The other place, if there is one.</param>
/// <param name="Byte">What memory is filled with.</param>
/// <param name="Bound">The number of bytes, or the most that it can be.</param>
/// <param name="Input">Which number of the input says how many bytes; null when that is known.</param>
internal sealed record MemoryOperation(
    string Name, bool IsIntrinsic, bool IsVolatile, int Alignment, (int Area, int Offset) To, (int Area, int Offset) From, byte Byte, int Bound, int? Input)
{
    private bool Fills => Name.StartsWith("memset", StringComparison.Ordinal);

    private bool Compares => Name is "memcmp" or "bcmp";

    /// <summary>The operation; its results become part of the hash.</summary>
    /// <param name="number">Which one of the program it is: <c>%hashN</c> is there, <c>%hashN+1</c> is to be.</param>
    public string Text(int number)
    {
        string places = $"""
              %to{number} = getelementptr i8, ptr {MemoryProgram.NameOf(To.Area)}, i64 {To.Offset}
              %from{number} = getelementptr i8, ptr {MemoryProgram.NameOf(From.Area)}, i64 {From.Offset}

            """;
        string size = Input is null ? "" : $"""
              %input{number} = getelementptr i16, ptr %data, i64 {Input}
              %asked{number} = load i16, ptr %input{number}, align 2
              %wide{number} = zext i16 %asked{number} to i64
              %size{number} = call i64 @llvm.umin.i64(i64 %wide{number}, i64 {Bound})

            """;
        return $"{places}{size}  {Call(number)}\n{Hash(number)}";
    }

    /// <summary>Does the same, and gives the hash.</summary>
    public ulong Do(byte[][] areas, ReadOnlySpan<ushort> input, ulong hash)
    {
        int size = Input is { } number ? Math.Min((int)input[number], Bound) : Bound;
        Span<byte> to = areas[To.Area].AsSpan(To.Offset, size), from = areas[From.Area].AsSpan(From.Offset, size);
        if (Fills) to.Fill(Byte);
        else if (!Compares) from.CopyTo(to);
        int order = Math.Sign(((ReadOnlySpan<byte>)to).SequenceCompareTo(from));
        return Name switch
        {
            "memcmp" => unchecked((hash * 31) + (ulong)order),
            "bcmp" => unchecked((hash * 31) + (ulong)(order * order)),
            _ => hash,
        };
    }

    private string Call(int number)
    {
        string size = Input is null ? $"{Bound}" : $"%size{number}";
        string from = Fills ? $"i8 {Byte}" : $"ptr %from{number}";
        if (Compares) return $"%result{number} = call i32 @{Name}(ptr %to{number}, {from}, i64 {size})";
        if (!IsIntrinsic) return Fills ? $"call ptr @{Name}(ptr %to{number}, i32 {Byte}, i64 {size})" : $"call ptr @{Name}(ptr %to{number}, {from}, i64 {size})";
        string aligned = Fills ? from : $"ptr align {Alignment} %from{number}";
        string types = Fills ? "p0.i64" : "p0.p0.i64";
        return $"call void @llvm.{Name}.{types}(ptr align {Alignment} %to{number}, {aligned}, i64 {size}, i1 {(IsVolatile ? "true" : "false")})";
    }

    // What memcmp returns has a sign, and what bcmp returns is zero or not; nothing else is promised.
    private string Hash(int number) => !Compares ? $"  %hash{number + 1} = add i64 %hash{number}, 0\n" : $"""
          %above{number} = icmp sgt i32 %result{number}, 0
          %below{number} = icmp slt i32 %result{number}, 0
          %differs{number} = icmp ne i32 %result{number}, 0
          %plus{number} = zext i1 %above{number} to i64
          %minus{number} = sext i1 %below{number} to i64
          %sign{number} = add i64 %plus{number}, %minus{number}
          %any{number} = zext i1 %differs{number} to i64
          %times{number} = mul i64 %hash{number}, 31
          %hash{number + 1} = add i64 %times{number}, %{(Name == "memcmp" ? "sign" : "any")}{number}

        """;
}
