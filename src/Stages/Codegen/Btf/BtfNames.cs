using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace BpfIncr.Stages.Codegen.Btf;

/// <summary>Makes C identifiers of Rust names: the kernel takes no other.</summary>
internal static class BtfNames
{
    /// <summary>KSYM_NAME_LEN of the oldest kernels, without the terminator.</summary>
    private const int MaximumLength = 127;
    private const int HashLength = 16;

    /// <summary>Writes every other byte as <c>_HEX_</c>; a name that gets too long ends with a hash of the whole.</summary>
    public static string ToIdentifier(string name)
    {
        if (IsIdentifier(name)) return name;
        var text = new StringBuilder();
        foreach (byte b in Encoding.UTF8.GetBytes(name))
        {
            if (IsAllowed((char)b, first: text.Length == 0)) text.Append((char)b);
            else text.Append(CultureInfo.InvariantCulture, $"_{b:X2}_");
        }

        if (text.Length <= MaximumLength) return text.ToString();
        string hash = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(name)))[..HashLength];
        text.Length = MaximumLength - HashLength - 1;
        return $"{text}_{hash}";
    }

    private static bool IsIdentifier(string name)
    {
        if (name.Length > MaximumLength) return false;
        for (int i = 0; i < name.Length; i++)
        {
            if (!IsAllowed(name[i], first: i == 0)) return false;
        }

        return true;
    }

    private static bool IsAllowed(char c, bool first) => char.IsAsciiLetter(c) || c == '_' || (!first && char.IsAsciiDigit(c));
}
