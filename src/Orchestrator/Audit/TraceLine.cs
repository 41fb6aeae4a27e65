using System.Collections.Immutable;
using System.Globalization;
using System.Text;

namespace BpfIncr.Orchestrator.Audit;

/// <summary>One system call in a log of strace's, which was told to print times and the paths of open files.</summary>
/// <param name="Time">When it was made, in microseconds.</param>
/// <param name="Call">Its name.</param>
/// <param name="Arguments">Its arguments as they are printed.</param>
/// <param name="Result">What it returned, as it is printed.</param>
internal sealed record TraceLine(long Time, string Call, ImmutableArray<string> Arguments, string Result)
{
    private const string Opening = "([{", Closing = ")]}";

    /// <summary>Whether the call did what it was asked for.</summary>
    public bool Succeeded => !Result.StartsWith('-') && !Result.StartsWith('?');

    /// <summary>Whether it found no file of that name.</summary>
    public bool FoundNothing => Result.StartsWith("-1 ENOENT", StringComparison.Ordinal);

    /// <summary>Reads a line; null for one that is no finished call.</summary>
    public static TraceLine? Parse(string line)
    {
        var blank = line.IndexOf(' ', StringComparison.Ordinal);
        var parenthesis = line.IndexOf('(', StringComparison.Ordinal);
        if (blank < 0 || parenthesis < blank || !decimal.TryParse(line.AsSpan(0, blank), CultureInfo.InvariantCulture, out var seconds))
            return null;
        var (arguments, end) = Split(line, parenthesis + 1);
        var equals = end < line.Length ? line.IndexOf('=', end) : -1;
        return equals < 0 ? null : new TraceLine((long)(seconds * 1_000_000), line[(blank + 1)..parenthesis], arguments, line[(equals + 1)..].Trim());
    }

    /// <summary>The path behind a descriptor, <c>3&lt;/etc/hosts&gt;</c>; null when it has none.</summary>
    public static string? PathOf(string descriptor)
    {
        var start = descriptor.IndexOf("</", StringComparison.Ordinal);
        var end = descriptor.LastIndexOf('>');
        return start < 0 || end < start || descriptor[0] == '"' ? null : Unescape(descriptor[(start + 1)..end]);
    }

    /// <summary>The text of a quoted argument; null when it is none.</summary>
    public static string? TextOf(string argument) => argument.Length >= 2 && argument[0] == '"' ? Unescape(argument[1..argument.LastIndexOf('"')]) : null;

    /// <summary>The texts of a list of quoted arguments.</summary>
    public static ImmutableArray<string> ListOf(string argument) =>
        argument.StartsWith('[') ? [.. Split(argument, 1).Parts.Select(TextOf).OfType<string>()] : [];

    // What commas part from a place on until the bracket closes that was open there, and where that is.
    private static (ImmutableArray<string> Parts, int End) Split(string text, int start)
    {
        var parts = ImmutableArray.CreateBuilder<string>();
        var (depth, from, at) = (0, start, start);
        for (; at < text.Length && (depth > 0 || !Closing.Contains(text[at], StringComparison.Ordinal)); at++)
        {
            if (text[at] == '"')
                at = EndOfText(text, at);
            else if (IsPath(text, at))
                at = text.IndexOf('>', at) is >= 0 and var end ? end : text.Length;
            else if (Opening.Contains(text[at], StringComparison.Ordinal))
                depth++;
            else if (Closing.Contains(text[at], StringComparison.Ordinal))
                depth--;
            else if (text[at] == ',' && depth == 0)
            {
                parts.Add(text[from..at].Trim());
                from = at + 1;
            }
        }
        if (at > from && at <= text.Length)
            parts.Add(text[from..at].Trim());
        return (parts.ToImmutable(), at);
    }

    // Behind a descriptor; it has no ">" of its own, and any other bracket.
    private static bool IsPath(string text, int at) => text[at] == '<' && at + 1 < text.Length && (text[at + 1] == '/' || char.IsAsciiLetter(text[at + 1]));

    private static int EndOfText(string text, int start)
    {
        var at = start + 1;
        while (at < text.Length && text[at] != '"')
            at += text[at] == '\\' ? 2 : 1;
        return at;
    }

    // Bytes that are no printable characters are octal numbers, or one of C's letters.
    private static string Unescape(string text)
    {
        if (!text.Contains('\\', StringComparison.Ordinal))
            return text;
        var bytes = new List<byte>();
        for (var at = 0; at < text.Length; at++)
        {
            if (text[at] != '\\' || at + 1 >= text.Length)
            {
                bytes.AddRange(Encoding.UTF8.GetBytes(text, at, 1));
                continue;
            }
            var digits = text.Skip(at + 1).Take(3).TakeWhile(c => c is >= '0' and <= '7').Count();
            bytes.Add(digits > 0 ? (byte)Convert.ToInt32(text.Substring(at + 1, digits), 8) : Escaped(text[at + 1]));
            at += Math.Max(digits, 1);
        }
        return Encoding.UTF8.GetString([.. bytes]);
    }

    private static byte Escaped(char letter) => letter switch
    {
        'n' => (byte)'\n',
        't' => (byte)'\t',
        'r' => (byte)'\r',
        'f' => (byte)'\f',
        'v' => (byte)'\v',
        _ => (byte)letter,
    };
}
