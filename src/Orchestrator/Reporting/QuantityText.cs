using System.Globalization;

namespace BpfIncr.Orchestrator.Reporting;

/// <summary>Quantities as a person reads them.</summary>
internal static class QuantityText
{
    private static readonly string[] Units = ["B", "KiB", "MiB", "GiB", "TiB"];

    /// <summary><c>1.2 GiB</c>.</summary>
    public static string Size(long bytes)
    {
        var (value, unit) = ((double)bytes, 0);
        // What would be rounded to 1024 of a unit is 1 of the next.
        for (; value >= 1023.95 && unit < Units.Length - 1; unit++)
            value /= 1024;
        return unit == 0 ? $"{bytes} B" : string.Create(CultureInfo.InvariantCulture, $"{value:0.0} {Units[unit]}");
    }

    /// <summary>A moment, to the minute.</summary>
    public static string Moment(DateTime utc) => utc.ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture);

    /// <summary>A number and what it counts.</summary>
    public static string Count(int number, string noun) => number == 1 ? $"1 {noun}" : string.Create(CultureInfo.InvariantCulture, $"{number} {noun}s");
}
