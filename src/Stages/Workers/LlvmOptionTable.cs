using System.Globalization;

namespace BpfIncr.Stages.Workers;

/// <summary>
/// The options that a libLLVM knows, from its own help text. Needed because the C API's option parser drops what it
/// does not know without a word, and a mistyped option would silently do nothing.
/// </summary>
public sealed class LlvmOptionTable
{
    /// <summary>The option that makes LLVM print its help and end the process.</summary>
    public const string HelpOption = "-help-list-hidden";

    private readonly Dictionary<string, (string Kind, HashSet<string> Values)> _options = new(StringComparer.Ordinal);

    private LlvmOptionTable()
    {
    }

    /// <summary>Every option's name.</summary>
    public IEnumerable<string> Names => _options.Keys;

    /// <summary>Reads the help text: <c>  --name=&lt;kind&gt; - meaning</c>, followed by <c>    =value - meaning</c> where values are fixed.</summary>
    public static LlvmOptionTable Parse(string help)
    {
        var table = new LlvmOptionTable();
        HashSet<string>? values = null;
        foreach (var line in help.Split('\n'))
        {
            var word = line.Trim().Split(' ')[0];
            if (line.StartsWith("    =", StringComparison.Ordinal))
                values?.Add(word[1..]);
            else if (line.StartsWith("  -", StringComparison.Ordinal))
                values = table.Add(word.TrimStart('-'));
        }
        return table;
    }

    /// <summary>What is wrong with an option such as <c>-unroll-threshold=400</c>; null when nothing is.</summary>
    public string? Check(string option)
    {
        if (!option.StartsWith('-'))
            return "an option begins with \"-\"";
        var (name, value) = Split(option.TrimStart('-'));
        if (name.StartsWith("help", StringComparison.Ordinal) || name == "version")
            return $"-{name} makes LLVM print something and end";
        if (!_options.TryGetValue(name, out var known))
            return $"this LLVM has no option -{name}";
        if (value is null)
            return known.Kind.Length > 0 && known.Values.Count == 0 ? $"-{name} needs a value: -{name}=<{known.Kind}>" : null;
        if (known.Values.Count > 0 && !known.Values.Contains(value))
            return $"-{name} cannot be \"{value}\"; it is one of {string.Join(", ", known.Values.Order(StringComparer.Ordinal))}";
        return known.Kind is "int" or "uint" or "long" or "ulong" or "number" && !IsNumber(value) ? $"-{name} needs a number, not \"{value}\"" : null;
    }

    private HashSet<string> Add(string word)
    {
        var (name, kind) = Split(word);
        var values = new HashSet<string>(StringComparer.Ordinal);
        _options.TryAdd(name, (kind?.Trim('<', '>') ?? "", values));
        return values;
    }

    private static (string Name, string? Value) Split(string word)
    {
        var parts = word.Split('=', 2);
        return (parts[0].TrimEnd('[', ']'), parts.Length > 1 ? parts[1] : null);
    }

    private static bool IsNumber(string value) =>
        long.TryParse(value, CultureInfo.InvariantCulture, out _)
        || (value.StartsWith("0x", StringComparison.Ordinal) && long.TryParse(value[2..], NumberStyles.HexNumber, CultureInfo.InvariantCulture, out _));
}
