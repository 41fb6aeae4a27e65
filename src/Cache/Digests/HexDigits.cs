using System.Buffers;

namespace BpfIncr.Cache.Digests;

internal static class HexDigits
{
    private static readonly SearchValues<char> Lower = SearchValues.Create("0123456789abcdef");

    /// <summary>Whether the text has no other characters than lowercase hexadecimal digits.</summary>
    public static bool IsLowerHex(this ReadOnlySpan<char> text) => !text.ContainsAnyExcept(Lower);
}
