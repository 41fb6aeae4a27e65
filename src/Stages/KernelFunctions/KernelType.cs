using System.Collections.Immutable;

namespace BpfIncr.Stages.KernelFunctions;

/// <summary>What a type in a prototype is.</summary>
internal enum KernelTypeKind
{
    Void,
    Bool,
    Signed,
    Unsigned,
    Struct,
    Union,
    Enum,
    Pointer,
    Function,
}

/// <summary>A type in the prototype of a kernel's function, as the table writes it: <c>*struct task_struct</c>, <c>u32</c>, <c>fn(*void) -> i32</c>.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Name">The name of a structure, union or enumeration; else empty.</param>
/// <param name="Bits">The size of an integer; else 0.</param>
/// <param name="Target">What a pointer points to, or a function returns; else null.</param>
/// <param name="Parameters">The parameters of a function; else empty.</param>
internal sealed record KernelType(KernelTypeKind Kind, string Name, int Bits, KernelType? Target, ImmutableArray<KernelType> Parameters)
{
    private const string Function = "fn(", Result = " -> ";

    /// <summary>Reads a type.</summary>
    /// <exception cref="FormatException">The text is not a type.</exception>
    public static KernelType Parse(string text)
    {
        int at = 0;
        KernelType type = Read(text, ref at);
        return at == text.Length ? type : throw new FormatException($"{text} is not a type");
    }

    private static KernelType Read(string text, ref int at)
    {
        if (text.AsSpan(at).StartsWith("*"))
        {
            at++;
            return new KernelType(KernelTypeKind.Pointer, "", 0, Read(text, ref at), []);
        }

        return text.AsSpan(at).StartsWith(Function) ? ReadFunction(text, ref at) : ReadNamed(text, ref at);
    }

    private static KernelType ReadFunction(string text, ref int at)
    {
        at += Function.Length;
        var parameters = ImmutableArray.CreateBuilder<KernelType>();
        while (!text.AsSpan(at).StartsWith(")"))
        {
            if (parameters.Count > 0) at += ", ".Length;
            parameters.Add(Read(text, ref at));
        }

        at += ")".Length;
        if (!text.AsSpan(at).StartsWith(Result)) throw new FormatException($"{text} is not a type");
        at += Result.Length;
        return new KernelType(KernelTypeKind.Function, "", 0, Read(text, ref at), parameters.ToImmutable());
    }

    private static KernelType ReadNamed(string text, ref int at)
    {
        int end = text.AsSpan(at).IndexOfAny(',', ')') is var length && length < 0 ? text.Length : at + length;
        string[] words = text[at..end].Split(' ');
        at = end;
        return words switch
        {
            ["void"] => Simple(KernelTypeKind.Void),
            ["bool"] => Simple(KernelTypeKind.Bool, bits: 8),
            [['i', .. string bits]] when int.TryParse(bits, out int size) => Simple(KernelTypeKind.Signed, bits: size),
            [['u', .. string bits]] when int.TryParse(bits, out int size) => Simple(KernelTypeKind.Unsigned, bits: size),
            ["struct", string name] => Simple(KernelTypeKind.Struct, name),
            ["union", string name] => Simple(KernelTypeKind.Union, name),
            ["enum", string name] => Simple(KernelTypeKind.Enum, name, bits: 32),
            _ => throw new FormatException($"{text} is not a type"),
        };
    }

    private static KernelType Simple(KernelTypeKind kind, string name = "", int bits = 0) => new(kind, name, bits, null, []);
}
