using System.Globalization;

namespace BpfIncr.Orchestrator.Configuration;

/// <summary>Sizes and times as a person writes them. <c>none</c> is no limit, and read as null.</summary>
internal static class Quantity
{
    /// <summary>How a size is written.</summary>
    public const string SizeHint = "a size is a number with K, M, G or T behind it, such as 10G, or none";

    /// <summary>How a time is written.</summary>
    public const string TimeHint = "a time is a number with s, m, h, d or w behind it, such as 30d, or none";

    private const string NoLimit = "none";

    /// <summary>Reads <c>10G</c>: powers of 1024; false for anything else.</summary>
    public static bool TryParseSize(string text, out long? bytes)
    {
        var (isSize, value) = Parse(text, unit => unit switch
        {
            'K' or 'k' => 1L << 10,
            'M' or 'm' => 1L << 20,
            'G' or 'g' => 1L << 30,
            'T' or 't' => 1L << 40,
            _ => null,
        });
        bytes = value is { } known ? (long)known : null;
        return isSize;
    }

    /// <summary>Reads <c>30d</c>; false for anything else.</summary>
    public static bool TryParseTime(string text, out TimeSpan? time)
    {
        var (isTime, seconds) = Parse(text, unit => unit switch
        {
            's' => 1,
            'm' => 60,
            'h' => 60 * 60,
            'd' => 24 * 60 * 60,
            'w' => 7 * 24 * 60 * 60,
            _ => null,
        });
        time = seconds is { } known ? TimeSpan.FromSeconds(Math.Min(known, MaxSeconds)) : null;
        return isTime;
    }

    // A thousand years: moments stay representable.
    private const double MaxSeconds = 1000d * 365 * 24 * 60 * 60;

    private static (bool IsQuantity, double? Value) Parse(string text, Func<char, long?> factorOf)
    {
        if (text == NoLimit)
            return (true, null);
        var hasUnit = text.Length > 1 && !char.IsAsciiDigit(text[^1]);
        long? factor = hasUnit ? factorOf(text[^1]) : text == "0" ? 1 : null;
        var isNumber = double.TryParse(hasUnit ? text[..^1] : text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number);
        return isNumber && factor is { } known && number * known < long.MaxValue ? (true, number * known) : (false, null);
    }
}
