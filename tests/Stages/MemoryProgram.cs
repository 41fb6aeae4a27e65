using System.Buffers.Binary;

namespace BpfIncr.Stages.Tests;

/// <summary>
/// A random XDP program of operations on two variables and an array on the stack, which returns a hash of what is in them then;
/// and the same on this machine.
/// </summary>
internal sealed class MemoryProgram
{
    /// <summary>How many numbers an input has.</summary>
    public const int Inputs = 32;

    private const int Variable = 1024, Stack = 128, StackArea = 2, LargestSize = 600;
    private const byte StackByte = 0x5a;
    private const ulong Multiplier = 0x9e3779b97f4a7c15;

    // Where codegen, or the lowering, changes its mind, and around it.
    private static readonly int[] Sizes = [0, 1, 2, 3, 7, 8, 9, 15, 16, 17, 31, 32, 33, 64, 127, 128, 129, 136, 255, 256, 512, LargestSize];
    private static readonly string[] Names = ["memcpy", "memmove", "memset", "memcmp", "bcmp", "memcpy.inline", "memset.inline"];

    private readonly Random random;
    private readonly byte[][] areas = new byte[StackArea + 1][];
    private readonly MemoryOperation[] operations;

    public MemoryProgram(Random random)
    {
        this.random = random;
        random.NextBytes(areas[0] = new byte[Variable]);
        // Two that are almost the same: otherwise every comparison would end with the first byte.
        areas[1] = [.. areas[0]];
        for (int i = 0; i < 3; i++) areas[1][random.Next(Variable)]++;
        operations = [.. Enumerable.Range(0, random.Next(1, 5)).Select(Operation)];
        Text = MakeText();
    }

    /// <summary>The program, before anything is done with it.</summary>
    public string Text { get; }

    /// <summary>The name of an area in the text.</summary>
    public static string NameOf(int area) => area == StackArea ? "%stack" : $"@area{area}";

    /// <summary>An input as the program reads it.</summary>
    public static byte[] Packet(ReadOnlySpan<ushort> input)
    {
        var packet = new byte[Inputs * sizeof(ushort)];
        for (int i = 0; i < Inputs; i++) BinaryPrimitives.WriteUInt16LittleEndian(packet.AsSpan(i * sizeof(ushort)), input[i]);
        return packet;
    }

    /// <summary>What the program returns. The variables stay as they are for the next run.</summary>
    public uint Run(ReadOnlySpan<ushort> input)
    {
        areas[StackArea] = Enumerable.Repeat(StackByte, Stack).ToArray();
        ulong hash = 1;
        foreach (MemoryOperation operation in operations) hash = operation.Do(areas, input, hash);
        foreach (byte[] area in areas)
            for (int i = 0; i < area.Length; i += sizeof(ulong))
                hash = unchecked((hash ^ BinaryPrimitives.ReadUInt64LittleEndian(area.AsSpan(i))) * Multiplier);
        return (uint)(hash ^ (hash >> 32));
    }

    private MemoryOperation Operation(int number)
    {
        string name = Names[random.Next(Names.Length)];
        int to = random.Next(StackArea + 1);
        int from = name == "memmove" ? random.Next(StackArea + 1) : (to + random.Next(1, StackArea + 1)) % (StackArea + 1);
        int largest = to == StackArea || from == StackArea ? Stack : LargestSize;
        int size = Math.Min(largest, random.Next(2) == 0 ? Sizes[random.Next(Sizes.Length)] : random.Next(LargestSize + 1));
        int alignment = 1 << random.Next(4);
        int offset = Offset(to, size, alignment);
        bool same = random.Next(2) == 0 && from != StackArea && to != StackArea && name != "memmove";
        return new MemoryOperation(
            name, name.Contains('.', StringComparison.Ordinal) || random.Next(3) > 0, random.Next(4) == 0, alignment,
            (to, offset), (from, same ? offset : Offset(from, size, alignment)), (byte)random.Next(256), size, random.Next(2) == 0 ? number : null);
    }

    private int Offset(int area, int size, int alignment) => random.Next(((area == StackArea ? Stack : Variable) - size) / alignment + 1) * alignment;

    private string MakeText() => $$"""
        target datalayout = "e-m:e-p:64:64-i64:64-i128:128-n32:64-S128"
        target triple = "bpfel"
        @LICENSE = constant [4 x i8] c"GPL\00", section "license"
        @area0 = global [{{Variable}} x i8] c"{{Escaped(areas[0])}}", section ".data", align 8
        @area1 = global [{{Variable}} x i8] c"{{Escaped(areas[1])}}", section ".data", align 8
        declare i64 @llvm.umin.i64(i64, i64)
        declare void @llvm.memcpy.p0.p0.i64(ptr, ptr, i64, i1)
        declare void @llvm.memcpy.inline.p0.p0.i64(ptr, ptr, i64, i1)
        declare void @llvm.memmove.p0.p0.i64(ptr, ptr, i64, i1)
        declare void @llvm.memset.p0.i64(ptr, i8, i64, i1)
        declare void @llvm.memset.inline.p0.i64(ptr, i8, i64, i1)
        declare ptr @memcpy(ptr, ptr, i64)
        declare ptr @memmove(ptr, ptr, i64)
        declare ptr @memset(ptr, i32, i64)
        declare i32 @memcmp(ptr, ptr, i64)
        declare i32 @bcmp(ptr, ptr, i64)
        define i32 @prog(ptr %context) section "xdp" {
          %stack = alloca [{{Stack}} x i8], align 8
          %data.short = load i32, ptr %context
          %end.at = getelementptr i8, ptr %context, i64 4
          %end.short = load i32, ptr %end.at
          %data.wide = zext i32 %data.short to i64
          %end.wide = zext i32 %end.short to i64
          %data = inttoptr i64 %data.wide to ptr
          %end = inttoptr i64 %end.wide to ptr
          %last = getelementptr i8, ptr %data, i64 {{Inputs * sizeof(ushort)}}
          %short = icmp ugt ptr %last, %end
          br i1 %short, label %none, label %some
        none:
          ret i32 0
        some:
          call void @llvm.memset.p0.i64(ptr align 8 %stack, i8 {{StackByte}}, i64 {{Stack}}, i1 false)
          %hash0 = add i64 1, 0
        {{string.Concat(operations.Select(static (operation, number) => operation.Text(number)))}}
          br label %area0
        {{Hash(0, "some", $"%hash{operations.Length}")}}
        {{Hash(1, "area0", "%sum0")}}
        {{Hash(StackArea, "area1", "%sum1")}}
        area{{StackArea + 1}}:
          %high = lshr i64 %sum{{StackArea}}, 32
          %both = xor i64 %sum{{StackArea}}, %high
          %result = trunc i64 %both to i32
          ret i32 %result
        }
        """;

    private static string Hash(int area, string before, string hash) => $"""
        area{area}:
          %i{area} = phi i64 [ 0, %{before} ], [ %next{area}, %area{area} ]
          %so.far{area} = phi i64 [ {hash}, %{before} ], [ %sum{area}, %area{area} ]
          %word.at{area} = getelementptr i64, ptr {NameOf(area)}, i64 %i{area}
          %word{area} = load volatile i64, ptr %word.at{area}, align 8
          %mixed{area} = xor i64 %so.far{area}, %word{area}
          %sum{area} = mul i64 %mixed{area}, {unchecked((long)Multiplier)}
          %next{area} = add i64 %i{area}, 1
          %more{area} = icmp ult i64 %next{area}, {(area == StackArea ? Stack : Variable) / sizeof(ulong)}
          br i1 %more{area}, label %area{area}, label %area{area + 1}
        """;

    private static string Escaped(byte[] bytes) => string.Concat(bytes.Select(static value => $"\\{value:X2}"));
}
